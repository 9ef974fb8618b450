"""Data sets in NumPy's ``.npz`` files, read without pickle and without trusting a declared size."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.convert import from_arrays
from nnstudio.data.dataset import Dataset, Progress
from nnstudio.data.files import file_size, unreadable
from nnstudio.errors import DataError

TRAIN, TEST = ("x_train", "y_train"), ("x_test", "y_test")
CLASSES = "classes"
MAX_BYTES = 2 << 30
_MAX_HEADER = 10_000
_DEFLATE_RATIO = 1040  # deflate can't shrink anything further than about 1032 times
_CHUNK = 1 << 20
# RuntimeError: encrypted members; NotImplementedError, a kind of it: a version that zipfile doesn't know
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, UnicodeDecodeError, EOFError, RuntimeError)


def load_npz(path: Path, progress: Progress | None = None) -> Dataset:
    """Reads a data set from an ``.npz`` file.

    It holds ``x_train`` and ``y_train``, may hold ``x_test`` and ``y_test``, and may hold ``classes``, an
    array of names; nothing else. ``np.savez_compressed`` writes such a file.

    Raises:
        DataError: The file is missing, damaged, too large, holds other things, or its arrays don't
            make a data set.
        Cancelled: ``progress`` stopped it.
    """
    arrays = {}
    with _opened(path) as archive:
        _check_members(path, archive)
        for number, info in enumerate(archive.infolist()):
            if progress is not None:
                progress(f"Reading {info.filename} of {path.name}", number / len(archive.infolist()))
            arrays[info.filename.removesuffix(".npy")] = _read_array(path, archive, info)
    names = arrays.pop(CLASSES, None)
    classes = None if names is None else _class_names(path, names)
    return from_arrays(**arrays, classes=classes, name=str(path))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    file_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGED as error:
        raise _bad(
            path, "is a damaged .npz file", "an intact one, neither encrypted nor unusual", str(error)
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    names = sorted(info.filename.removesuffix(".npy") for info in archive.infolist())
    if set(names) - {CLASSES} not in (set(TRAIN), {*TRAIN, *TEST}) or len(set(names)) != len(names):
        allowed = f"{', '.join(TRAIN)}, perhaps {', '.join(TEST)}, and perhaps {CLASSES}"
        raise _bad(path, "doesn't hold the arrays of a data set", allowed, ", ".join(names[:20]) or "nothing")
    for info in archive.infolist():
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _bad(
                path, f"packs {info.filename} unusually", "stored or deflated", f"method {info.compress_type}"
            )
    total = sum(info.file_size for info in archive.infolist())
    if total > MAX_BYTES:
        raise _bad(path, "declares more data than is accepted", f"at most {MAX_BYTES:,} bytes", f"{total:,}")


def _read_array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(info) as member:
        dtype, shape, fortran = _read_header(path, info.filename, member)
        length = math.prod(shape) * dtype.itemsize
        left = info.file_size - member.tell()
        if length != left or length > info.compress_size * _DEFLATE_RATIO:
            raise _bad(path, f"has a wrong size in {info.filename}", f"{length:,} bytes", f"{left:,}")
        data = np.empty(length, np.uint8)
        view, done = data.data, 0
        while chunk := member.read(_CHUNK):  # at the end this also compares the checksum
            view[done : done + len(chunk)] = chunk
            done += len(chunk)
    if done != length:
        raise _bad(path, f"is cut short in {info.filename}", f"{length:,} bytes", f"{done:,}")
    return data.view(dtype).reshape(shape, order="F" if fortran else "C")


def _read_header(path: Path, name: str, member: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    try:
        version = np.lib.format.read_magic(member)
        formats = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        read = formats[version]
        shape, fortran, dtype = read(member, max_header_size=_MAX_HEADER)
    except Exception as error:  # numpy parses headers with ast and tokenize, which raise many kinds
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise _bad(path, f"has no array in {name}", "an .npy array", reason) from error
    if (
        not all(0 <= size <= MAX_BYTES for size in shape)
        or math.prod(max(1, size) for size in shape) > MAX_BYTES
    ):
        raise _bad(path, f"has an impossible shape in {name}", "sizes that fit into memory", str(shape)[:80])
    if dtype.kind not in ("U" if name.startswith(CLASSES) else "biuf") or not dtype.itemsize:
        allowed = "text" if name.startswith(CLASSES) else "numbers"
        if dtype.hasobject:
            received = "Python objects, which can run code when they are read"
            raise _bad(path, f"holds something else than {allowed} in {name}", allowed, received)
        raise _bad(path, f"holds something else than {allowed} in {name}", allowed, str(dtype))
    return dtype, shape, fortran


def _class_names(path: Path, names: NDArray[Any]) -> tuple[str, ...]:
    if names.ndim != 1:
        raise _bad(path, "has class names that aren't a list", "one dimension", str(names.shape))
    codes = names.view(np.dtype("u4").newbyteorder(names.dtype.byteorder))
    if codes.max(initial=0) > 0x10FFFF:  # numpy would make strings of it that Python can't hold
        raise _bad(path, "has class names that are no text", "Unicode", "numbers beyond it")
    return tuple(names.tolist())


def _bad(path: Path, what: str, allowed: str, received: str) -> DataError:
    return DataError(
        f"{path} {what}", allowed=allowed, received=received, fix="write it with numpy.savez_compressed"
    )
