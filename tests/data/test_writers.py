from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.writers import write_dataset
from nnstudio.errors import Cancelled, DataError

from .sample_data import byte_set, float_part


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))


def by_class(part: Part) -> list[tuple[int, bytes]]:
    """Labels and values, in an order that doesn't depend on how they are stored."""
    return sorted((int(y), x.tobytes()) for x, y in zip(part.samples(slice(None)), part.labels, strict=True))


@pytest.mark.parametrize("name", ["set.npz", "set.h5", "folder"])
def test_images_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    dataset = byte_set()
    assert write_dataset(dataset, tmp_path / name) == [tmp_path / name]
    again = load_dataset(str(tmp_path / name))
    assert (again.classes, again.shape) == (dataset.classes, dataset.shape)
    assert by_class(again.train) == by_class(dataset.train)
    assert by_class(again.test) == by_class(dataset.test)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cache") == [name]


def test_images_become_idx_files(tmp_path: Path) -> None:
    dataset = byte_set()
    write_dataset(dataset, tmp_path / "idx", "idx")
    again = load_dataset(str(tmp_path / "idx"))
    np.testing.assert_array_equal(again.train.x, dataset.train.x)
    np.testing.assert_array_equal(again.test.y, dataset.test.y)


def test_a_selection_is_written_in_its_order(tmp_path: Path) -> None:
    whole = byte_set()
    part = whole.train.select(np.array([5, 1, 8, 9, 3]))
    write_dataset(Dataset("d", "D", part, part.none(), whole.classes), tmp_path / "d.npz")
    np.testing.assert_array_equal(load_dataset(str(tmp_path / "d.npz")).train.x, part.samples(slice(None)))


def test_features_go_to_tables_and_come_back_exactly(tmp_path: Path) -> None:
    dataset = Dataset("d", "D", float_part(20), float_part(6, seed=1), ("a, b", 'say "c"', "ü"))
    written = write_dataset(dataset, tmp_path / "d.csv")
    assert [path.name for path in written] == ["d.csv", "d-test.csv"]
    for path, part in zip(written, (dataset.train, dataset.test), strict=True):
        again = load_dataset(str(path))
        np.testing.assert_array_equal(again.train.x, part.x)
        np.testing.assert_array_equal(again.train.y, part.y)
        assert again.classes == dataset.classes


def test_names_that_no_folder_can_have_are_changed(tmp_path: Path) -> None:
    whole = byte_set()
    dataset = Dataset("d", "D", whole.train, whole.train.none(), ("T-shirt/top", "t-shirt:top", ".."))
    write_dataset(dataset, tmp_path / "d")
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == ["2", "T-shirt-top", "t-shirt-top 1"]


@pytest.mark.parametrize(
    ("name", "kind", "pattern"),
    [
        ("d.xyz", "", "ending that isn't known"),
        ("d", "png", "PNG files hold"),
        ("d", "idx", "IDX files hold"),
    ],
)
def test_what_can_not_be_written_is_refused(tmp_path: Path, name: str, kind: str, pattern: str) -> None:
    part = float_part(6)
    with pytest.raises(DataError, match=pattern):
        write_dataset(Dataset("d", "D", part, part.none(), ("a", "b", "c")), tmp_path / name, kind)


def test_nothing_is_written_over_and_nothing_left_behind(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "precious").touch()
    with pytest.raises(DataError, match="exists already"):
        write_dataset(byte_set(), tmp_path / "d")

    def stop(message: str, fraction: float | None) -> None:
        raise Cancelled("stopped")

    for name in ("e", "e.h5", "e.csv"):
        with pytest.raises(Cancelled):
            write_dataset(byte_set(), tmp_path / name, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
