"""Previews of every kind of source: damage is refused in words, and what a preview found is what is read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.data.idx import write_idx
from nnstudio.data.sources import Preview, detect, import_dataset, preview
from nnstudio.errors import DataError

from .pictures import digits, random_images, write_tree, write_zip

X, Y = random_images(12, (6, 5)), np.arange(12) % 3


@pytest.fixture(autouse=True, scope="module")
def in_this_process() -> Any:
    """A process for each of the hundreds of HDF5 files would take minutes."""
    before = detect._HOMES["hdf5"]
    detect._HOMES["hdf5"] = ("hdf5_source", "Hdf5Source")
    yield
    detect._HOMES["hdf5"] = before


def csv(folder: Path) -> Path:
    rows = [f"{i},5;{i * i};{'abc'[i % 3]}" for i in range(12)]
    (folder / "d.csv").write_text("größe;b;kind\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return folder / "d.csv"


def pixels(folder: Path) -> Path:
    x = random_images(12, (8, 8))
    rows = [",".join(map(str, [label, *image.reshape(-1)])) for image, label in zip(x, Y, strict=True)]
    (folder / "d.csv").write_text("\n".join(rows) + "\n")
    return folder / "d.csv"


def archive(folder: Path) -> Path:
    return write_zip(folder / "d.zip", digits(X, Y))


def images(folder: Path) -> Path:
    return write_tree(folder / "images", digits(X, Y, kind="BMP"))


def hdf5(folder: Path) -> Path:
    with h5py.File(folder / "d.h5", "w") as file:
        file["x"], file["y"] = X, Y
    return folder / "d.h5"


def npz(folder: Path) -> Path:
    np.savez(folder / "d.npz", x_train=X, y_train=Y)
    return folder / "d.npz"


def idx(folder: Path) -> Path:
    write_idx(folder / "train-labels-idx1-ubyte", Y.astype(np.uint8))
    write_idx(folder / "train-images-idx3-ubyte", X)
    return folder / "train-images-idx3-ubyte"


FILES = (csv, pixels, archive, hdf5, npz, idx)
IMPORTED = (csv, pixels, archive, images, hdf5)


DAMAGES = st.tuples(
    st.sampled_from(["cut", "flip", "turn"]), st.floats(0, 1, exclude_max=True), st.integers(1, 255)
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.sampled_from(FILES), DAMAGES)
def test_any_damage_is_refused_or_read(make: Callable[[Path], Path], damage: tuple[str, float, int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder))
        path.write_bytes(damaged(path.read_bytes(), *damage))
        got = looked_at_and_read(path)
    if isinstance(got, DataError):
        assert got.what
        assert got.fix
        return
    seen, dataset = got
    assert len(seen.x) == len(seen.labels)
    assert seen.x.shape[1:] == seen.shape
    assert np.isfinite(dataset.train.x).all()
    assert 0 <= dataset.train.labels.min() <= dataset.train.labels.max() < len(dataset.classes)


def damaged(intact: bytes, kind: str, share: float, noise: int) -> bytes:
    """Content that ends too soon, has another byte, or some bytes in the wrong order."""
    place = int(share * len(intact))
    if kind == "cut":
        return intact[:place]
    if kind == "flip":
        return intact[:place] + bytes([intact[place] ^ noise]) + intact[place + 1 :]
    return intact[:place] + intact[place : place + noise][::-1] + intact[place + noise :]


def looked_at_and_read(path: Path) -> tuple[Preview, Dataset] | DataError:
    """The preview of a file and what is read of it, or why it is refused."""
    options = ImportOptions(skip_bad=True)
    try:
        return preview(path, options), load_dataset(str(path), reading=options)
    except DataError as error:
        return error


@pytest.mark.parametrize("make", IMPORTED)
def test_what_a_preview_found_is_what_is_read(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    found = preview(path)
    assert preview(path, found.options).options == found.options
    plain, chosen = import_dataset(path).dataset, import_dataset(path, found.options).dataset
    np.testing.assert_array_equal(plain.train.x, chosen.train.x)
    np.testing.assert_array_equal(plain.train.labels, chosen.train.labels)
    assert plain.classes == chosen.classes
    assert (plain.shape, str(plain.train.x.dtype)) == (found.shape, found.dtype)
    assert len(plain.train) == found.train


@pytest.mark.parametrize("make", [*IMPORTED, npz, idx])
def test_a_preview_shows_samples_as_they_are_read(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    found, dataset = preview(path), load_dataset(str(path))
    read = {(x.tobytes(), dataset.classes[y]) for x, y in zip(dataset.train.x, dataset.train.y, strict=True)}
    shown = {(x.tobytes(), label) for x, label in zip(found.x, found.labels, strict=True)}
    assert shown
    assert shown <= read


@pytest.mark.parametrize("name", [b"gr\xf6\xdfe" + b"\xc8" * 3, b"x" * 500, b"tab\x01"])
def test_a_column_with_an_odd_name_is_told_by_its_number(name: bytes, tmp_path: Path) -> None:
    rows = b"".join(b"%d,%d\n" % (i, i % 2) for i in range(8))
    (tmp_path / "d.csv").write_bytes(b"a," + name + b"\n" + rows)
    found = preview(tmp_path / "d.csv", ImportOptions(encoding="utf-8"))
    assert found.options.label == "2"
    assert import_dataset(tmp_path / "d.csv", found.options).dataset.classes == ("0", "1")


def test_an_archive_with_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "d.zip", {"a/1.png": b"x", "b": b"y"})
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02")
    nameless = content[: at + 28] + b"\0\0" + content[at + 30 : at + 46] + content[at + 47 :]
    end = nameless.rindex(b"PK\x05\x06")
    size = int.from_bytes(nameless[end + 12 : end + 16], "little") - 1
    path.write_bytes(nameless[: end + 12] + size.to_bytes(4, "little") + nameless[end + 16 :])
    with pytest.raises(DataError, match="without a name"):
        preview(path)
