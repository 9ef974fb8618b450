"""HDF5 files: which arrays are found, what is read, and what is refused.

Files are parsed in this process here; ``test_hdf5_child`` sees to the child that does it otherwise.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.sources import BadSamples, detect, import_dataset, preview
from nnstudio.data.sources import importing as importing_module
from nnstudio.errors import DataError

from .pictures import random_images

X, Y = random_images(10, (4, 3)), np.arange(10) % 2


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each of the hundreds of files would take minutes."""
    monkeypatch.setitem(detect._HOMES, "hdf5", ("hdf5_source", "Hdf5Source"))


def write(path: Path, **arrays: Any) -> Path:
    """An HDF5 file; "/" in a name is written as "__"."""
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name.replace("__", "/"), data=array)
    return path


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"),
        ("x_train", "y_train"),
        ("images", "labels"),
        ("train__data", "train__target"),
        ("Train_Set_X", "Train_Set_Y"),
    ],
)
def test_arrays_are_found_by_their_usual_names(tmp_path: Path, x: str, y: str) -> None:
    dataset = import_dataset(write(tmp_path / "d.h5", **{x: X, y: Y, "other": np.zeros(3)})).dataset
    np.testing.assert_array_equal(dataset.train.x[..., 0], X)
    np.testing.assert_array_equal(dataset.train.y, Y)
    assert (dataset.classes, len(dataset.test)) == (("0", "1"), 0)


def test_test_samples_and_class_names_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "d.h5",
        x_train=X,
        y_train=Y,
        x_test=X[:3],
        y_test=Y[:3],
        classes=np.array([b"cat", b"dog"]),
    )
    dataset = import_dataset(path).dataset
    assert (len(dataset.train), len(dataset.test), dataset.classes) == (10, 3, ("cat", "dog"))
    seen = preview(path)
    assert [(one.name, one.train, one.test) for one in seen.classes] == [("cat", 5, 2), ("dog", 5, 1)]
    assert seen.steps[0] == "train: 'x_train' with labels 'y_train'; test: 'x_test' with labels 'y_test'"
    assert (seen.shape, seen.dtype, seen.train, seen.test) == ((4, 3, 1), "uint8", 10, 3)
    assert seen.labels == ("cat", "dog") * 5


def test_arrays_may_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "d.h5", a__train=X, a__test=X[:2], b__train=Y, b__test=Y[:2])
    with pytest.raises(DataError, match=r"samples and labels that are recognised.*a/test, a/train"):
        import_dataset(path)
    dataset = import_dataset(path, ImportOptions(samples="a/train", label="/b/train")).dataset
    assert (len(dataset.train), len(dataset.test)) == (10, 2)
    with pytest.raises(DataError, match="has no data set 'c'"):
        import_dataset(path, ImportOptions(samples="c", label="b/train"))


@pytest.mark.parametrize("y", [Y.astype("f4"), Y[:, None], np.eye(2)[Y], np.array([b"n", b"y"])[Y]])
def test_labels_may_be_written_in_several_ways(tmp_path: Path, y: Any) -> None:
    dataset = import_dataset(write(tmp_path / "d.h5", x=X, y=y)).dataset
    np.testing.assert_array_equal(dataset.train.y, Y)
    assert len(dataset.classes) == 2


def test_text_of_any_length_may_be_labels(tmp_path: Path) -> None:
    path = write(tmp_path / "d.h5", x=X[:3], y=["süß", "herb", "süß"])
    assert import_dataset(path).dataset.classes == ("herb", "süß")


def test_channels_first_are_moved(tmp_path: Path) -> None:
    x = random_images(5, (3, 8, 6))
    path = write(tmp_path / "d.h5", x=x, y=np.zeros(5, int))
    np.testing.assert_array_equal(import_dataset(path).dataset.train.x, np.moveaxis(x, 1, -1))
    assert "the channels are moved behind height and width" in preview(path).steps


def test_samples_that_are_not_finite_are_named_and_may_be_skipped(tmp_path: Path) -> None:
    x = np.ones((6, 2))
    x[1, 0], x[4, 1] = np.nan, 1e300
    path = write(tmp_path / "d.h5", x_train=x, y_train=Y[:6], x_test=x[:3], y_test=Y[:3])
    with pytest.raises(BadSamples, match=r"3 samples.*sample 1: NaN.*sample 4.*test sample 1"):
        import_dataset(path)
    dataset = import_dataset(path, ImportOptions(skip_bad=True)).dataset
    assert (len(dataset.train), len(dataset.test)) == (4, 2)
    assert len(preview(path).problems) == 2


def test_a_large_file_is_mapped_after_one_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_module, "SMALL", 0)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset(
            "x", data=np.tile(X, (400, 1, 1)), chunks=(64, 4, 3), compression="gzip", shuffle=True
        )
        file["y"] = np.tile(Y, 400)
    told: list[str] = []
    for _ in range(2):
        dataset = import_dataset(
            tmp_path / "d.h5", progress=lambda message, done: told.append(message)
        ).dataset
        np.testing.assert_array_equal(dataset.train.x[-10:, ..., 0], X)
    assert told == ["Reading samples of d.h5: 0 of 4,000"]


@pytest.mark.parametrize(
    ("wrong", "pattern"),
    [
        ({"y": Y[:5]}, "don't belong together"),
        ({"y": Y + 0.5}, "no classes.*0.5"),
        ({"y": Y - 1}, "no classes.*-1"),
        ({"y": np.full((10, 2), 0.5)}, "single 1 in every one-hot row"),
        ({"x": X.astype("c8")}, "can't be samples"),
        ({"x": np.zeros(10)}, "can't be samples"),
        ({"x": np.zeros((10, 0))}, "can't be samples"),
        ({"y": np.zeros((10, 2, 2))}, "can't be labels"),
        ({"classes": np.array([b"one"])}, "that many classes are named"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, wrong: dict[str, Any], pattern: str) -> None:
    with pytest.raises(DataError, match=pattern):
        import_dataset(write(tmp_path / "d.h5", **{"x": X, "y": Y, **wrong}))


def hostile(path: Path, kind: str) -> None:
    secret = path.with_name("secret.h5")
    write(secret, x=X)
    secret.with_suffix(".bin").write_bytes(X.tobytes())
    with h5py.File(path, "w") as file:
        file["y"] = Y
        if kind == "external link":
            file["x"] = h5py.ExternalLink(secret.name, "/x")
        elif kind == "soft link":
            file["other"] = X
            file["x"] = h5py.SoftLink("/other")
        elif kind == "external storage":
            file.create_dataset("x", X.shape, "u1", external=[(str(secret.with_suffix(".bin")), 0, X.size)])
        elif kind == "virtual set":
            layout = h5py.VirtualLayout(X.shape, "u1")
            layout[...] = h5py.VirtualSource(secret.name, "x", X.shape)
            file.create_virtual_dataset("x", layout)
        elif kind == "petabytes":
            file.create_dataset("x", (10, 2**40), "u1", chunks=(1, 1024))
        elif kind == "huge sample count":
            del file["y"]
            file.create_dataset("y", (2**45,), "u1", chunks=(1024,))
            file.create_dataset("x", (2**45, 2), "u1", chunks=(1024, 2))
        elif kind == "huge chunk":
            file.create_dataset("x", (10, 2**29), "u1", chunks=(1, 2**29), compression="gzip")
        elif kind == "other packing":
            file.create_dataset("x", data=X, compression="lzf")
        elif kind == "group":
            file.create_group("x")
        elif kind == "nothing":
            file["x"] = h5py.Empty("f4")


@pytest.mark.parametrize(
    "kind",
    [
        "external link", "soft link", "external storage", "virtual set", "petabytes",
        "huge sample count", "huge chunk", "other packing", "group", "nothing",
    ],
)  # fmt: skip
@pytest.mark.parametrize("named", [False, True])
def test_what_leads_elsewhere_or_lies_is_refused(tmp_path: Path, kind: str, named: bool) -> None:
    hostile(tmp_path / "d.h5", kind)
    options = ImportOptions(samples="x", label="y") if named else ImportOptions()
    for look in (preview, import_dataset):
        with pytest.raises(
            DataError,
            match=r"d\.h5 (leads elsewhere|stores|declares|packs|holds no|has huge)|can't be samples",
        ):
            look(tmp_path / "d.h5", options)


def test_a_link_is_named_and_not_followed(tmp_path: Path) -> None:
    hostile(tmp_path / "d.h5", "external link")
    with pytest.raises(DataError, match=r"received: y, x \(a link to elsewhere, which isn't followed\)"):
        preview(tmp_path / "d.h5", ImportOptions())


def test_groups_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    path = write(tmp_path / "d.h5", train__x=X, train__y=Y)
    with h5py.File(path, "a") as file:
        file["train/round"] = file["/"]
        file["again"] = file["/"]
    assert len(import_dataset(path).dataset.train) == 10


@pytest.mark.parametrize(
    "content", [b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(2000), b"no HDF5 at all"]
)
def test_what_is_no_hdf5_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.h5").write_bytes(content)
    with pytest.raises(DataError, match="no HDF5 file, or a damaged one"):
        import_dataset(tmp_path / "d.h5")


SHAPES = arrays_of.array_shapes(min_dims=2, max_dims=4, min_side=2, max_side=6).filter(
    lambda shape: len(shape) < 4 or shape[1] > 4
)


KINDS = st.sampled_from([np.uint8, np.float32, np.float16, np.int16, np.float64])


@settings(deadline=None, derandomize=True, max_examples=25)
@given(KINDS.flatmap(lambda kind: arrays_of.arrays(kind, SHAPES, elements=st.integers(0, 100))))
def test_any_arrays_come_back_exactly(x: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        got = import_dataset(write(Path(folder, "d.h5"), x=x, y=np.zeros(len(x), int))).dataset.train.x
    assert got.dtype == (np.uint8 if x.dtype == np.uint8 else np.float32)
    np.testing.assert_array_equal(got.reshape(x.shape), x.astype(got.dtype))


def test_no_damage_crashes_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "d.h5"
    with h5py.File(path, "w") as file:
        for name, array in (("x", X), ("y", Y)):
            file.create_dataset(name, data=array, chunks=array.shape, fletcher32=True)
    intact = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in range(0, len(intact), max(1, len(intact) // 150)):
        flipped = intact[:place] + bytes([intact[place] ^ int(rng.integers(1, 256))]) + intact[place + 1 :]
        for damaged in (flipped, intact[:place]):
            path.write_bytes(damaged)
            try:
                dataset = import_dataset(path, ImportOptions(skip_bad=True)).dataset
            except DataError:
                continue
            assert len(dataset.train) <= 10
