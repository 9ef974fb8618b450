"""IDX files, the format of MNIST: read with every claim of the header checked, and written.

An IDX file is two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
uint32, then the values in C order, big-endian. Source: http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.files import file_size, replacing, unreadable
from nnstudio.errors import DataError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES = 2 << 30
MAX_DIMENSIONS = 8
_DEFLATE_RATIO = 1040  # deflate can't shrink anything further than about 1032 times
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_FIX = "get the file again, or choose another one"


def read_idx(path: str | Path, *, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """Reads an IDX file, plain or gzipped (told apart by content, not by name).

    No more memory is taken than the file can fill: sizes are compared before anything is
    allocated, and decompression stops one byte behind the declared end.

    Args:
        path: The file.
        max_bytes: Most bytes of values to accept.

    Returns:
        The values in native byte order, shaped as the header says.

    Raises:
        DataError: The file is missing, empty, no IDX file, cut short, too long, damaged or too large.
    """
    path = Path(path)
    size = file_size(path)
    with _opened(path) as (stream, packed):
        dtype, shape = _read_header(stream, path)
        length = math.prod(shape) * dtype.itemsize
        # an empty array may still claim dimensions that numpy can't hold
        if math.prod(max(1, d) for d in shape) * dtype.itemsize > max_bytes:
            raise _bad(
                path, "declares more data than is accepted", f"at most {max_bytes:,} bytes", f"{length:,}"
            )
        if packed and length > size * _DEFLATE_RATIO:
            least = f"more than {size:,} bytes of gzip data for {length:,} bytes of values"
            raise _bad(path, "is a gzip file that was cut short", least, f"{size:,}")
        if not packed and length != size - 4 - 4 * len(shape):
            raise _wrong_length(path, shape, length, size - 4 - 4 * len(shape))
        values = _read_values(stream, path, length, shape)
    array = values.view(dtype)
    if not dtype.isnative:
        array.byteswap(inplace=True)
    return array.view(dtype.newbyteorder("=")).reshape(shape)


def read_idx_pair(images: str | Path, labels: str | Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Reads samples and the labels that belong to them.

    Raises:
        DataError: A file can't be read, the labels aren't one whole number per sample, or the two
            files hold different counts.
    """
    y = read_idx(labels)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise _bad(Path(labels), "holds no labels", "one dimension of whole numbers", f"{y.shape} {y.dtype}")
    x = read_idx(images)
    if x.ndim < 2:
        raise _bad(Path(images), "holds no samples", "two to four dimensions", f"{x.shape} {x.dtype}")
    if len(x) != len(y):
        raise DataError(
            f"{images} and {labels} don't belong together",
            allowed="as many labels as samples",
            received=f"{len(x):,} samples and {len(y):,} labels",
            fix="choose the labels that came with these samples",
        )
    return x, y


def write_idx(path: str | Path, array: NDArray[Any]) -> None:
    """Writes an array as an IDX file, gzipped when the name ends in ``.gz``; all or nothing.

    Raises:
        DataError: IDX has no such type or so many dimensions, or the file can't be written.
    """
    path = Path(path)
    wanted = array.dtype.newbyteorder(">")
    codes = {np.dtype(name): code for code, name in TYPES.items()}
    if wanted not in codes or not 1 <= array.ndim <= MAX_DIMENSIONS:
        raise DataError(
            "this array can't be written as IDX",
            allowed=f"1 to {MAX_DIMENSIONS} dimensions of uint8, int8, int16, int32, float32 or float64",
            received=f"{array.ndim} dimensions of {array.dtype}",
            fix="convert the array first",
        )
    head = bytes([0, 0, codes[wanted], array.ndim]) + np.array(array.shape, ">u4").tobytes()
    body = np.ascontiguousarray(array, wanted).tobytes()
    with replacing(path) as file:
        # no time and no name in the header, so that equal arrays give equal files
        file.write(gzip.compress(head + body, mtime=0) if path.suffix == ".gz" else head + body)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, bool]]:
    """The plain bytes of a file and whether they come out of gzip; its failures as DataErrors."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                    yield cast(BinaryIO, stream), True
            else:
                yield raw, False
    except EOFError:
        raise _bad(path, "is a gzip file that was cut short", "a whole file", "an early end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _bad(path, "is a damaged gzip file", "intact gzip data", str(error)) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _read_header(stream: BinaryIO, path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise _bad(path, "is no IDX file", "a start of two zero bytes", magic.hex(" ") or "nothing")
    code, dimensions = magic[2], magic[3]
    if code not in TYPES:
        known = ", ".join(f"0x{code:02x}" for code in TYPES)
        raise _bad(path, "has a type code that IDX doesn't know", known, f"0x{code:02x}")
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise _bad(
            path, "has a number of dimensions that isn't read", f"1 to {MAX_DIMENSIONS}", str(dimensions)
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise _bad(path, "ends within its header", f"{4 + 4 * dimensions} bytes", str(4 + len(sizes)))
    return np.dtype(TYPES[code]), tuple(np.frombuffer(sizes, ">u4").tolist())


def _read_values(stream: BinaryIO, path: Path, length: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    try:
        values = np.empty(length, np.uint8)
    except MemoryError:
        raise _bad(path, "doesn't fit into memory", "as much as is free", f"{length:,} bytes") from None
    view = values.data
    done = 0
    while done < length:
        chunk = stream.read(min(_CHUNK, length - done))
        if not chunk:
            raise _wrong_length(path, shape, length, done)
        view[done : done + len(chunk)] = chunk
        done += len(chunk)
    if stream.read(1):  # at the end of gzip data this also compares the checksum
        raise _wrong_length(path, shape, length, length + 1)
    return values


def _wrong_length(path: Path, shape: tuple[int, ...], length: int, found: int) -> DataError:
    kind = "is longer than its header says" if found > length else "is cut short"
    sizes = "×".join(map(str, shape))
    received = f"more than {length:,} bytes" if found > length else f"{found:,} bytes"
    return _bad(path, kind, f"{length:,} bytes of values for {sizes}", received)


def _bad(path: Path, what: str, allowed: str, received: str) -> DataError:
    return DataError(f"{path} {what}", allowed=allowed, received=received, fix=_FIX)
