from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nnstudio.data.npz import load_npz
from nnstudio.errors import Cancelled, DataError

ARRAYS: dict[str, Any] = {
    "x_train": np.arange(48, dtype=np.uint8).reshape(4, 3, 4),
    "y_train": np.array([0, 1, 0, 1]),
    "x_test": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "y_test": np.array([1, 0], np.uint8),
}


def npy(array: NDArray[Any], **header: Any) -> bytes:
    """An .npy file whose header may lie."""
    file = io.BytesIO()
    fields = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape, **header}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue() + array.tobytes()


def write(path: Path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> Path:
    """A data set whose members may be replaced by bytes."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in {**{name: npy(array) for name, array in ARRAYS.items()}, **members}.items():
            archive.writestr(f"{name}.npy", content)
    return path


def refused(path: Path, pattern: str) -> None:
    with pytest.raises(DataError, match=pattern) as caught:
        load_npz(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_is_read(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "d.npz", **ARRAYS)
    dataset = load_npz(tmp_path / "d.npz")
    np.testing.assert_array_equal(dataset.train.x[..., 0], ARRAYS["x_train"])
    assert dataset.test.y.tolist() == [1, 0]
    assert dataset.classes == ("0", "1")


def test_class_names_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", **ARRAYS, classes=np.array(["chat", "Hündin"]))
    assert load_npz(tmp_path / "d.npz").classes == ("chat", "Hündin")


def test_arrays_in_fortran_order_and_foreign_byte_order_are_read(tmp_path: Path) -> None:
    x = np.asfortranarray(np.linspace(0, 1, 12).reshape(4, 3).astype(">f8"))
    np.savez(tmp_path / "d.npz", **{**ARRAYS, "x_train": x, "x_test": x[:2]})
    np.testing.assert_array_equal(load_npz(tmp_path / "d.npz").train.x, x.astype(np.float32))


def test_reading_may_be_cancelled(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", **ARRAYS)

    def stop(message: str, fraction: float | None) -> None:
        assert message == "Reading x_train.npy of d.npz"
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        load_npz(tmp_path / "d.npz", stop)


def test_missing_and_unexpected_members_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", x=np.zeros(3))
    refused(
        tmp_path / "few.npz", "x_train, y_train, perhaps x_test, y_test, and perhaps classes; received: x;"
    )
    np.savez(tmp_path / "more.npz", **ARRAYS, extra=np.zeros(3))
    refused(tmp_path / "more.npz", "doesn't hold the arrays")
    np.savez(tmp_path / "half.npz", **{name: array for name, array in ARRAYS.items() if name != "y_test"})
    refused(tmp_path / "half.npz", "doesn't hold the arrays")


def test_a_file_may_lack_test_samples(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=ARRAYS["x_train"], y_train=ARRAYS["y_train"])
    dataset = load_npz(tmp_path / "d.npz")
    assert (len(dataset.train), len(dataset.test)) == (len(ARRAYS["x_train"]), 0)


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "d.npz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train", npy(ARRAYS["x_train"]))
    refused(path, "doesn't hold the arrays")


def test_pickled_objects_are_refused_unread(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return pytest.fail, ("the pickle was loaded",)

    objects = np.array([Trap(), Trap()], object)
    np.savez(tmp_path / "d.npz", **{**ARRAYS, "y_test": objects})
    refused(
        tmp_path / "d.npz", "holds something else than numbers in y_test.npy.*objects, which can run code"
    )


@pytest.mark.parametrize("kind", ["complex128", "S3", "datetime64[s]", "V4"])
def test_other_kinds_of_values_are_refused(tmp_path: Path, kind: str) -> None:
    refused(write(tmp_path / "d.npz", y_test=npy(np.zeros(2, kind))), "something else than numbers")


def test_numbers_for_class_names_are_refused(tmp_path: Path) -> None:
    refused(write(tmp_path / "d.npz", classes=npy(np.zeros(2))), "something else than text")


def test_class_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    garbage = npy(np.array(["ab"]))[:-8] + b"\xff" * 8
    refused(write(tmp_path / "d.npz", classes=garbage), "class names that are no text")


@pytest.mark.parametrize("shape", [(3, 3, 4), (5, 3, 4), (), (-4, -3, 4), (0, 2**40, 2**40), (2**62, 2**62)])
def test_a_shape_that_lies_is_refused_without_taking_memory(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = write(tmp_path / "d.npz", x_train=npy(ARRAYS["x_train"], shape=shape))
    tracemalloc.start()
    try:
        refused(path, "wrong size|impossible shape")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_member_that_declares_too_much_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "d.npz")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 2**31 + 2**30)  # uncompressed size in the directory
    path.write_bytes(content)
    refused(path, "declares more data than is accepted")


def test_a_member_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "d.npz")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 9] |= 0x08  # the flag for names in UTF-8
    content[entry + 46] = 0xFF
    path.write_bytes(content)
    refused(path, "is a damaged .npz file")


def test_a_member_that_unpacks_to_more_than_it_declares_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "d.npz", x_train=npy(ARRAYS["x_train"]) + bytes(1000))
    refused(path, "wrong size in x_train.npy")


@pytest.mark.parametrize(
    "content", [b"", b"no array", b"\x93NUMPY\x01\x00\x10\x00" + b"{" * 16, b"\x93NUMPY\x09\x00\x00\x00"]
)
def test_a_member_that_is_no_array_is_refused(tmp_path: Path, content: bytes) -> None:
    refused(write(tmp_path / "d.npz", y_train=content), "has no array in y_train.npy")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(tmp_path: Path, method: int) -> None:
    refused(write(tmp_path / "d.npz", method), "packs x_train.npy unusually")


@pytest.mark.parametrize("content", [b"PK", b"garbage" * 100, b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.npz").write_bytes(content)
    refused(tmp_path / "d.npz", "damaged .npz file")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.npz").touch()
    refused(tmp_path / "d.npz", "is empty")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_truncation_is_refused(tmp_path: Path, method: int) -> None:
    path = write(tmp_path / "d.npz", method)
    intact = path.read_bytes()
    for length in range(1, len(intact), 7):
        path.write_bytes(intact[:length])
        refused(path, "d.npz")


def test_a_flipped_byte_never_changes_the_values(tmp_path: Path) -> None:
    path = write(tmp_path / "d.npz")
    intact, outcomes = path.read_bytes(), []
    for position in range(0, len(intact), 3):
        for bits in (0x01, 0x80):
            path.write_bytes(intact[:position] + bytes([intact[position] ^ bits]) + intact[position + 1 :])
            try:
                np.testing.assert_array_equal(load_npz(path).train.x[..., 0], ARRAYS["x_train"])
                outcomes.append("same")
            except DataError:
                outcomes.append("refused")
    assert outcomes.count("refused") > 0.6 * len(outcomes)
