"""Data sets in NumPy's ``.npz`` files, read without pickle and without trusting a declared size."""

from __future__ import annotations

import math
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

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
CLASSES = "classes"
MAX_BYTES = 2 << 30
_MAX_HEADER = 10_000
_DEFLATE_RATIO = 1040  # deflate can't shrink anything further than about 1032 times
_CHUNK = 1 << 20


def load_npz(path: Path, progress: Progress | None = None) -> Dataset:
    """Reads a data set from an ``.npz`` file.

    It holds ``x_train``, ``y_train``, ``x_test``, ``y_test`` and may hold ``classes``, an array of
    names; nothing else. ``np.savez_compressed`` writes such a file.

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
    return from_arrays(*(arrays[name] for name in ARRAYS), classes=classes, name=str(path))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    file_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError: encrypted members; NotImplementedError: exotic compression
        raise _bad(
            path, "is a damaged .npz file", "an intact one, neither encrypted nor unusual", str(error)
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _check_members(path: Path, archive: zipfile.ZipFile) -> None:
    names = sorted(info.filename.removesuffix(".npy") for info in archive.infolist())
    if sorted({*names, CLASSES}) != sorted((*ARRAYS, CLASSES)) or len(set(names)) != len(names):
        allowed = ", ".join(ARRAYS) + f" and perhaps {CLASSES}"
        raise _bad(path, "doesn't hold the arrays of a data set", allowed, ", ".join(names[:20]) or "nothing")
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
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[
            version
        ]
        shape, fortran, dtype = read(member, max_header_size=_MAX_HEADER)
    except (ValueError, KeyError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise _bad(path, f"has no array in {name}", "an .npy array", str(error).splitlines()[0]) from error
    if dtype.kind not in ("U" if name.startswith(CLASSES) else "biuf") or not dtype.itemsize:
        allowed = "text" if name.startswith(CLASSES) else "numbers"
        raise _bad(path, f"holds something else than {allowed} in {name}", allowed, str(dtype))
    return dtype, shape, fortran


def _class_names(path: Path, names: NDArray[Any]) -> tuple[str, ...]:
    if names.ndim != 1:
        raise _bad(path, "has class names that aren't a list", "one dimension", str(names.shape))
    return tuple(names.tolist())


def _bad(path: Path, what: str, allowed: str, received: str) -> DataError:
    return DataError(
        f"{path} {what}", allowed=allowed, received=received, fix="write it with numpy.savez_compressed"
    )
