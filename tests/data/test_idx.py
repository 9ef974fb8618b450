from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from nnstudio.data.idx import read_idx, read_idx_pair, write_idx
from nnstudio.errors import DataError
from tests.realdata import real_data_dir

KINDS = ("u1", "i1", "i2", "i4", "f4", "f8")
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def arrays() -> st.SearchStrategy[NDArray[Any]]:
    kinds = st.sampled_from([np.dtype(order + kind) for kind in KINDS for order in "<>"])
    return hnp.arrays(kinds, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))


def header(*shape: int, code: int = 0x08) -> bytes:
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


def refused(path: Path, content: bytes, pattern: str) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError, match=pattern) as caught:
        read_idx(path)
    message = str(caught.value)
    assert str(path) in message
    assert caught.value.fix
    return message


@given(array=arrays(), packed=st.booleans())
@in_one_folder
def test_what_is_written_is_read_again(tmp_path: Path, array: NDArray[Any], packed: bool) -> None:
    path = tmp_path / ("array.gz" if packed else "array")
    write_idx(path, array)
    again = read_idx(path)
    assert again.shape == array.shape
    assert again.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(again, array)


@given(array=arrays(), packed=st.booleans(), share=st.floats(0, 1, exclude_max=True))
@in_one_folder
def test_every_truncation_is_refused(tmp_path: Path, array: NDArray[Any], packed: bool, share: float) -> None:
    path = tmp_path / ("array.gz" if packed else "array")
    write_idx(path, array)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataError, match=str(path)):
        read_idx(path)


def flipped(intact: bytes) -> Iterator[tuple[int, bytes]]:
    for position in range(len(intact)):
        for bits in (0x01, 0x80, 0xFF):
            yield position, intact[:position] + bytes([intact[position] ^ bits]) + intact[position + 1 :]


def test_a_flipped_byte_in_a_header_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "array"
    write_idx(path, np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    for position, content in flipped(path.read_bytes()):
        path.write_bytes(content)
        if position < 4 + 3 * 4:
            with pytest.raises(DataError):
                read_idx(path)
        else:  # nothing checks the values of a plain file
            assert read_idx(path).shape == (3, 4, 5)


def test_a_flipped_byte_in_a_gzip_file_never_changes_the_values(tmp_path: Path) -> None:
    path = tmp_path / "array.gz"
    values = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    write_idx(path, values)
    outcomes = []
    for position, content in flipped(path.read_bytes()):
        path.write_bytes(content)
        try:
            np.testing.assert_array_equal(read_idx(path), values)
            outcomes.append("same")
        except DataError:
            outcomes.append("refused")
            assert position not in range(4, 10)  # the time and the system noted there mean nothing
    assert outcomes.count("refused") > 0.8 * len(outcomes)


def test_big_endian_values_of_every_type_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(header(2, code=0x0C) + struct.pack(">2i", -2, 70_000))
    assert read_idx(path).tolist() == [-2, 70_000]
    path.write_bytes(header(2, code=0x0D) + struct.pack(">2f", 0.5, -1e30))
    np.testing.assert_array_equal(read_idx(path), np.array([0.5, -1e30], np.float32))
    path.write_bytes(header(1, code=0x09) + b"\xff")
    assert read_idx(path).tolist() == [-1]


def test_content_decides_whether_a_file_is_gzipped(tmp_path: Path) -> None:
    plain = tmp_path / "plain.gz"
    plain.write_bytes(header(3) + b"abc")
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(header(3) + b"abc"))
    np.testing.assert_array_equal(read_idx(plain), read_idx(packed))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no file .*nothing"):
        read_idx(tmp_path / "nothing")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "received: 0 bytes" in refused(tmp_path / "f", b"", "is empty")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not an ordinary file"):
        read_idx(tmp_path / "pipe")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not an ordinary file"):
        read_idx(tmp_path)


@pytest.mark.parametrize("start", [b"\x01\x00\x08\x01", b"\x89PNG", b"PK\x03\x04", b"\x00"])
def test_a_wrong_magic_number_is_shown(tmp_path: Path, start: bytes) -> None:
    message = refused(tmp_path / "f", start + b"\0" * 4 * (len(start) == 4), "is no IDX file")
    assert f"received: {start.hex(' ')}" in message


def test_a_wrong_type_code_is_shown(tmp_path: Path) -> None:
    message = refused(tmp_path / "f", header(1, code=0x0A) + b"x", "type code")
    assert "0x0a" in message
    assert "0x08, 0x09, 0x0b" in message


@pytest.mark.parametrize("dimensions", [0, 9, 255])
def test_a_wrong_number_of_dimensions_is_refused(tmp_path: Path, dimensions: int) -> None:
    content = bytes([0, 0, 8, dimensions]) + b"\0\0\0\1" * dimensions + b"x"
    assert f"received: {dimensions}" in refused(tmp_path / "f", content, "number of dimensions")


def test_a_cut_header_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "f", header(3, 4)[:10], "ends within its header")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_sizes_that_disagree_with_the_length_are_refused(tmp_path: Path, pack: Any) -> None:
    short = refused(tmp_path / "f", pack(header(2, 3) + b"12345"), "is cut short")
    assert "6 bytes of values for 2×3" in short
    assert "received: 5 bytes" in short
    refused(tmp_path / "f", pack(header(2, 3) + b"1234567"), "longer than its header says")


def test_a_gzip_file_cut_short_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(header(1000) + os.urandom(1000))
    for length in (1, 5, 15, len(whole) // 2, len(whole) - 1):
        refused(tmp_path / "f.gz", whole[:length], "cut short" if length > 1 else "is no IDX file")


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(header(1000) + os.urandom(1000)))
    whole[-6] ^= 1  # a bit of the checksum
    refused(tmp_path / "f.gz", bytes(whole), "damaged gzip")
    refused(tmp_path / "f.gz", b"\x1f\x8b" + os.urandom(50), "damaged gzip|cut short")


def test_garbage_behind_a_gzip_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "f.gz", gzip.compress(header(3) + b"abc") + b"garbage", "damaged gzip")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "shape", [(4_294_967_295,) * 3, (60_000, 200_000), (0, 4_294_967_295, 4_294_967_295)]
)
def test_a_huge_declared_size_is_refused_before_memory_is_taken(
    tmp_path: Path, shape: tuple[int, ...], pack: Any
) -> None:
    tracemalloc.start()
    try:
        refused(tmp_path / "f", pack(header(*shape) + b"x"), "declares more data")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_size_that_the_file_cannot_hold_takes_no_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        refused(tmp_path / "f", gzip.compress(header(1_000_000_000) + b"x"), "was cut short")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_gzip_bomb_is_left_behind_its_declared_end(tmp_path: Path) -> None:
    bomb = gzip.compress(header(10) + bytes(30_000_000))
    tracemalloc.start()
    try:
        refused(tmp_path / "f", bomb, "longer than its header says")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_the_cap_is_an_argument(tmp_path: Path) -> None:
    write_idx(tmp_path / "f", np.zeros(100, np.uint8))
    assert read_idx(tmp_path / "f", max_bytes=100).shape == (100,)
    with pytest.raises(DataError, match="at most 99 bytes; received: 100"):
        read_idx(tmp_path / "f", max_bytes=99)


def test_samples_and_labels_are_read_together(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", np.zeros((4, 2, 2), np.uint8))
    write_idx(tmp_path / "y", np.arange(4, dtype=np.uint8))
    x, y = read_idx_pair(tmp_path / "x", tmp_path / "y")
    assert x.shape == (4, 2, 2)
    assert y.tolist() == [0, 1, 2, 3]


def test_counts_that_differ_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", np.zeros((4, 2, 2), np.uint8))
    write_idx(tmp_path / "y", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="4 samples and 3 labels"):
        read_idx_pair(tmp_path / "x", tmp_path / "y")


def test_swapped_files_are_noticed(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", np.zeros((4, 2, 2), np.uint8))
    write_idx(tmp_path / "y", np.zeros(4, np.uint8))
    with pytest.raises(DataError, match="holds no labels"):
        read_idx_pair(tmp_path / "y", tmp_path / "x")
    with pytest.raises(DataError, match="holds no samples"):
        read_idx_pair(tmp_path / "y", tmp_path / "y")


def test_labels_must_be_whole_numbers(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", np.zeros((4, 2), np.uint8))
    write_idx(tmp_path / "y", np.zeros(4, np.float32))
    with pytest.raises(DataError, match="holds no labels"):
        read_idx_pair(tmp_path / "x", tmp_path / "y")


@pytest.mark.parametrize(
    "array", [np.zeros(3, np.int64), np.array(1, np.uint8), np.zeros((1,) * 9, np.uint8)]
)
def test_what_idx_cannot_hold_is_not_written(tmp_path: Path, array: NDArray[Any]) -> None:
    with pytest.raises(DataError, match="can't be written as IDX"):
        write_idx(tmp_path / "f", array)
    assert list(tmp_path.iterdir()) == []


def test_equal_arrays_give_equal_gzip_files(tmp_path: Path) -> None:
    for name in ("one.gz", "two.gz"):
        write_idx(tmp_path / name, np.arange(9, dtype=np.uint8))
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_real_mnist_is_read() -> None:
    folder = real_data_dir() / "mnist"
    x, y = read_idx_pair(folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz")
    assert x.shape == (10_000, 28, 28)
    assert np.bincount(y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
