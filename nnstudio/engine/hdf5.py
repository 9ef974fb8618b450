"""Reading HDF5 files that somebody else may have made.

HDF5 can point outside the file (soft and external links, external storage, virtual sets) and can
declare sizes that are not stored. Everything here walks one hard link at a time and compares shape,
type and filters before a single value is read.
"""

from __future__ import annotations

from collections.abc import Iterator
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
_FILTERS = {1, 2, 3}  # deflate, shuffle, fletcher32


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


def read_array(group: h5py.Group, path: str, shape: tuple[int, ...], what: str = "") -> NDArray[np.float32]:
    """A float array whose shape is known beforehand, as float32.

    Args:
        group: Where the path starts.
        path: Path of the data set.
        shape: The shape it must have.
        what: Name of the array for messages; the path by default.

    Raises:
        FormatError: It is missing, of another shape or type, stored elsewhere, or holds NaN or Inf.
    """
    what = what or path
    data = _plain_dataset(group, path, what)
    if data.shape != shape:
        raise FormatError(
            f"{what} has another shape than the network needs", allowed=str(shape), received=str(data.shape)
        )
    if data.dtype.kind != "f" or data.dtype.itemsize not in (2, 4, 8):
        raise FormatError(f"{what} has another type", allowed="float16, 32 or 64", received=str(data.dtype))
    array = np.asarray(data[()], dtype=np.float32)
    if not np.isfinite(array).all():
        raise FormatError(f"{what} holds NaN or Inf", allowed="finite numbers", fix="use another file")
    return array


def read_text(group: h5py.Group, path: str) -> str:
    """Text that is stored as a vector of bytes.

    Raises:
        FormatError: It is missing, too long, or no text.
    """
    data = _plain_dataset(group, path, path)
    if data.ndim != 1 or data.dtype != np.uint8 or data.size > MAX_JSON:
        raise FormatError(f"{path} is no text", allowed=f"up to {MAX_JSON:,} bytes", received=str(data))
    try:
        return bytes(data[()]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is no text", received=str(error)) from error


def _plain_dataset(group: h5py.Group, path: str, what: str) -> Any:
    import h5py

    data = child(group, path)
    if not isinstance(data, h5py.Dataset) or data.shape is None:
        raise FormatError(f"{what} is not a data set")
    properties = data.id.get_create_plist()
    if data.is_virtual or properties.get_external_count() > 0:
        raise FormatError(f"{what} is stored outside the file", fix="don't open it")
    used = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if not used <= _FILTERS:
        raise FormatError(
            f"{what} is compressed in a way that isn't read", allowed="gzip, shuffle, fletcher32"
        )
    return data
