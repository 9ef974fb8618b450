from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.idx import write_idx
from nnstudio.data.idx_sets import FILES, load_idx_folder, load_idx_pair, look, read_folder
from nnstudio.errors import Cancelled, DataError
from tests.data.sample_data import byte_set, write_idx_set


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_gives_back_what_was_written(tmp_path: Path, suffix: str) -> None:
    dataset = byte_set()
    write_idx_set(tmp_path / "shapes", dataset, suffix)
    again = load_idx_folder(tmp_path / "shapes")
    np.testing.assert_array_equal(again.train.x, dataset.train.x)
    np.testing.assert_array_equal(again.train.y, dataset.train.y)
    np.testing.assert_array_equal(again.test.x, dataset.test.x)
    assert again.classes == ("0", "1", "2")
    assert again.title == "shapes"


def test_the_dotted_spelling_is_found_and_plain_goes_before_packed(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    dotted = tmp_path / "train-images.idx3-ubyte"
    (tmp_path / f"{FILES[0]}.gz").rename(dotted.with_name(dotted.name + ".gz"))
    assert look(tmp_path).missing == []
    write_idx(dotted, np.zeros((1, 2, 2), np.uint8))
    assert look(tmp_path).found[0] == dotted


def test_missing_files_are_named(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    (tmp_path / f"{FILES[3]}.gz").unlink()
    with pytest.raises(DataError, match="received: no t10k-labels-idx1-ubyte; fix: add the missing"):
        read_folder(tmp_path)


def test_images_and_labels_of_different_counts_are_refused(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    write_idx(tmp_path / f"{FILES[1]}.gz", np.zeros(59, np.uint8))
    with pytest.raises(DataError, match="60 samples and 59 labels"):
        load_idx_folder(tmp_path)


def test_reading_may_be_cancelled(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())

    def stop(message: str, fraction: float | None) -> None:
        assert message == "Reading train-images-idx3-ubyte.gz"
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        load_idx_folder(tmp_path, stop)


@pytest.mark.parametrize("named", [0, 1])
def test_a_lone_pair_is_read_whole_and_has_no_test_samples(tmp_path: Path, named: int) -> None:
    write_idx_set(tmp_path, byte_set(train=60))
    dataset = load_idx_pair(tmp_path / f"{FILES[named]}.gz")
    np.testing.assert_array_equal(dataset.train.x, byte_set(train=60).train.x)
    assert dataset.train.class_counts(3) == (20, 20, 20)
    assert len(dataset.test) == 0


def test_a_pair_may_be_packed_in_part(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    write_idx(tmp_path / FILES[1], byte_set().train.y.astype(np.uint8))
    (tmp_path / f"{FILES[1]}.gz").unlink()
    assert len(load_idx_pair(tmp_path / f"{FILES[0]}.gz").train) == 60


def test_the_missing_half_of_a_pair_is_named(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    (tmp_path / f"{FILES[1]}.gz").unlink()
    with pytest.raises(DataError, match=r"allowed: train-labels-idx1-ubyte \(or .gz\)"):
        load_idx_pair(tmp_path / f"{FILES[0]}.gz")


def test_a_name_that_says_neither_images_nor_labels_is_refused(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    shutil.copy(tmp_path / f"{FILES[0]}.gz", tmp_path / "mine.gz")
    with pytest.raises(DataError, match="other half can't be found"):
        load_idx_pair(tmp_path / "mine.gz")


def test_floating_point_images_stay_floating_point(tmp_path: Path) -> None:
    write_idx(tmp_path / "my-images", np.linspace(0, 1, 40).reshape(10, 2, 2))
    write_idx(tmp_path / "my-labels", (np.arange(10) % 2).astype(np.int32))
    dataset = load_idx_pair(tmp_path / "my-images")
    assert dataset.train.x.dtype == np.float32
    assert dataset.shape == (2, 2, 1)
