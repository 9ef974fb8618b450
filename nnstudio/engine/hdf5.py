"""Arrays and text in HDF5 files, read as from files that somebody else may have made.

HDF5 can point outside the file (soft and external links, external storage, virtual sets) and can
declare sizes that are not stored. Everything here walks one hard link at a time and compares shape,
type, size and filters before a single value is read. What is written carries a checksum.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import FormatError

if TYPE_CHECKING:
    import h5py

MAX_FILE = 4 * 2**30
MAX_JSON = 64 * 2**20
MAX_RATIO = 20
"""Bytes of an array per byte of its compressed form; more is a trick to fill the memory."""
_FREE_BYTES = 2**20
_FILTERS = {1, 2, 3}  # deflate, shuffle, fletcher32
_CHECKSUM = "crc32"


@contextmanager
def open_for_reading(path: Path) -> Iterator[h5py.File]:
    """The file, open for reading.

    Raises:
        FormatError: It is missing, too large, or no HDF5.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        raise FormatError(
            f"{path} {'is a folder' if path.is_dir() else 'does not exist'}",
            allowed="an HDF5 file (.h5)",
            fix="check the path",
        )
    if path.stat().st_size > MAX_FILE:
        raise FormatError(
            f"{path.name} is too large", allowed=f"{MAX_FILE:,} bytes", received=f"{path.stat().st_size:,}"
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        with path.open("rb") as handle:
            start = handle.read(8)
        found = "an empty file" if not start else f"a file that begins with {start!r}"
        raise FormatError(
            f"{path.name} is not a readable HDF5 file",
            allowed="an HDF5 file (.h5) that is complete",
            received=found if start != b"\x89HDF\r\n\x1a\n" else "an HDF5 file that is cut short or damaged",
            fix="choose another file, or export it again",
        ) from error
    with file:
        yield file


def child(group: h5py.Group, path: str) -> Any:
    """The object at a path below a group, reached over hard links only.

    Raises:
        FormatError: A component is missing or is a soft or external link.
    """
    import h5py

    here: Any = group
    for part in path.split("/"):
        if not isinstance(here, h5py.Group) or here.get(part, getlink=True) is None:
            raise FormatError(f"{path!r} is missing in {group.name!r}", fix="use a complete file")
        if type(here.get(part, getlink=True)) is not h5py.HardLink:
            raise FormatError(
                f"{path!r} points outside the file", allowed="plain data sets", fix="don't open it"
            )
        here = here[part]
    return here


def read_array(
    group: h5py.Group, path: str, shape: tuple[int, ...], where: Callable[[int], str] | None = None
) -> NDArray[np.float32]:
    """A float array whose shape is known beforehand, as float32.

    Args:
        group: Where the path starts.
        path: Path of the data set.
        shape: The shape it must have.
        where: Says what lies at a position of the flattened array; the path by default.

    Raises:
        FormatError: It is missing, damaged, of another shape or type, stored elsewhere, or holds NaN or Inf.
    """
    data = _plain_dataset(group, path)
    if data.shape != shape:
        raise FormatError(
            f"{path} has another shape than the network needs", allowed=str(shape), received=str(data.shape)
        )
    if data.dtype.kind != "f" or data.dtype.itemsize not in (2, 4, 8):
        raise FormatError(f"{path} has another type", allowed="float16, 32 or 64", received=str(data.dtype))
    array = np.asarray(_checked_values(data, path), dtype=np.float32)
    finite = np.isfinite(array)
    if not finite.all():
        what = path if where is None else where(int(finite.argmin()))
        raise FormatError(f"{what} holds NaN or Inf", allowed="finite numbers", fix="use another file")
    return array


def read_text(group: h5py.Group, path: str) -> str:
    """Text that is stored as a vector of bytes.

    Raises:
        FormatError: It is missing, damaged, too long, or no text.
    """
    data = _plain_dataset(group, path)
    if data.ndim != 1 or data.dtype != np.uint8 or data.size > MAX_JSON:
        raise FormatError(f"{path} is no text", allowed=f"up to {MAX_JSON:,} bytes", received=str(data))
    try:
        return bytes(_checked_values(data, path)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is no text", received=str(error)) from error


def write_array(group: h5py.Group, path: str, array: NDArray[Any]) -> None:
    """Writes an array and its checksum."""
    data = group.create_dataset(path, data=array)
    data.attrs[_CHECKSUM] = _checksum(array)


def write_text(group: h5py.Group, path: str, text: str) -> None:
    """Writes text as a vector of bytes, which may be longer than an attribute.

    Raises:
        FormatError: It is too long.
    """
    data = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    if data.size > MAX_JSON:
        raise FormatError(f"{path} is too long to be saved", allowed=f"{MAX_JSON:,} bytes")
    write_array(group, path, data)


def _plain_dataset(group: h5py.Group, path: str) -> Any:
    import h5py

    data = child(group, path)
    if not isinstance(data, h5py.Dataset) or data.shape is None:
        raise FormatError(f"{path} is not a data set")
    properties = data.id.get_create_plist()
    if data.is_virtual or properties.get_external_count() > 0:
        raise FormatError(f"{path} is stored outside the file", fix="don't open it")
    used = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if not used <= _FILTERS:
        raise FormatError(
            f"{path} is compressed in a way that isn't read", allowed="gzip, shuffle, fletcher32"
        )
    if data.nbytes > MAX_RATIO * data.id.get_storage_size() + _FREE_BYTES:
        raise FormatError(f"{path} declares more values than the file holds", fix="don't open it")
    return data


def _checked_values(data: h5py.Dataset, path: str) -> NDArray[Any]:
    """The values, if they are what the checksum says; files of others have none."""
    values: NDArray[Any] = data[()]
    if _CHECKSUM in data.attrs and int(data.attrs[_CHECKSUM]) != _checksum(values):
        raise FormatError(f"{path} is damaged: its checksum is another", fix="use another file")
    return values


def _checksum(array: NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array).data)
