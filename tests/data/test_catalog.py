from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import catalog
from nnstudio.data.catalog import NAMES, forget_loaded, list_datasets, load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.data.idx import write_idx
from nnstudio.data.idx_sets import FILES
from nnstudio.data.published import PublishedSet, cache_folder
from nnstudio.errors import Cancelled, DataError
from tests.data.sample_data import byte_set, write_idx_set


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty folders for cache and data, and nothing remembered from other tests."""
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NNSTUDIO_DATA", str(tmp_path / "data"))
    forget_loaded()


def info(name: str) -> catalog.DatasetInfo:
    return next(one for one in list_datasets() if one.name == name)


def test_every_name_is_listed_once_and_the_built_in_ones_are_ready() -> None:
    assert [one.name for one in list_datasets()] == list(NAMES)
    assert {one.name for one in list_datasets() if not one.ready} == {"mnist", "fashion-mnist"}
    assert info("digits").origin == info("spiral").origin == "built in"


def test_what_is_listed_is_what_is_loaded() -> None:
    for one in list_datasets():
        if one.ready:
            dataset = load_dataset(one.name)
            assert dataset.name == one.name
            assert dataset.title == one.title
            assert dataset.shape == one.shape
            assert len(dataset.classes) == one.classes
            assert (len(dataset.train), len(dataset.test)) == (one.train, one.test)


def test_a_published_set_says_where_it_is_or_would_come_from(tmp_path: Path) -> None:
    assert info("mnist").origin == "download from ossci-datasets.s3.amazonaws.com (12 MB)"
    write_idx_set(tmp_path / "cache" / "datasets" / "mnist", byte_set())
    assert info("mnist").ready
    assert info("mnist").origin == str(tmp_path / "cache" / "datasets" / "mnist")
    write_idx_set(tmp_path / "data" / "mnist", byte_set())
    assert info("mnist").origin == str(tmp_path / "data" / "mnist")


def test_the_users_folder_goes_before_the_cache(tmp_path: Path) -> None:
    write_idx_set(tmp_path / "cache" / "datasets" / "mnist", byte_set(train=30))
    assert len(load_dataset("mnist").train) == 30
    write_idx_set(tmp_path / "data" / "mnist", byte_set(train=60))
    dataset = load_dataset("mnist")
    assert len(dataset.train) == 60
    assert dataset.classes == tuple("0123456789")


def test_a_half_full_folder_of_the_users_is_passed_over(tmp_path: Path) -> None:
    write_idx_set(tmp_path / "data" / "mnist", byte_set())
    (tmp_path / "data" / "mnist" / f"{FILES[0]}.gz").unlink()
    write_idx_set(tmp_path / "cache" / "datasets" / "mnist", byte_set(train=30))
    assert len(load_dataset("mnist").train) == 30


def test_without_download_a_missing_set_is_an_error() -> None:
    with pytest.raises(DataError, match=r"MNIST is not on this machine.*nnstudio data download mnist"):
        load_dataset("mnist", download=False)


def test_a_missing_set_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(chosen: PublishedSet, progress: object) -> None:
        write_idx_set(cache_folder(chosen.name), byte_set())

    monkeypatch.setattr(catalog, "fetch", fetch)
    assert len(load_dataset("fashion-mnist").train) == 60


def test_a_damaged_download_is_fetched_again_but_not_the_users_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []

    def fetch(chosen: PublishedSet, progress: object) -> None:
        fetched.append(chosen.name)
        write_idx_set(cache_folder(chosen.name), byte_set())

    monkeypatch.setattr(catalog, "fetch", fetch)
    cache, own = tmp_path / "cache" / "datasets" / "mnist", tmp_path / "data" / "mnist"
    write_idx_set(cache, byte_set())
    damage(cache / f"{FILES[0]}.gz")
    assert len(load_dataset("mnist").train) == 60
    assert fetched == ["mnist"]
    write_idx_set(own, byte_set())
    damage(own / f"{FILES[0]}.gz")
    with pytest.raises(DataError, match="cut short"):
        load_dataset("mnist")
    assert fetched == ["mnist"]


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def test_digits_tell_their_progress_and_may_be_cancelled() -> None:
    def stop(message: str, fraction: float | None) -> None:
        assert message == "Generating digits"
        assert fraction is not None
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        load_dataset("digits", stop)


def test_reopening_gives_the_same_object_until_a_file_changes(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write_idx_set(folder, byte_set(train=30))
    first = load_dataset(str(folder))
    assert load_dataset(str(folder)) is first
    write_idx_set(folder, byte_set(train=60))
    assert len(load_dataset(str(folder)).train) == 60


def test_only_the_last_two_are_kept(tmp_path: Path) -> None:
    loaded: list[Dataset] = []
    for name in ("a", "b", "c"):
        write_idx_set(tmp_path / name, byte_set())
        loaded.append(load_dataset(str(tmp_path / name)))
    assert load_dataset(str(tmp_path / "c")) is loaded[2]
    assert load_dataset(str(tmp_path / "b")) is loaded[1]
    assert load_dataset(str(tmp_path / "a")) is not loaded[0]


def test_paths_of_every_kind_are_loaded(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set(train=60, test=30))
    np.savez(tmp_path / "set.npz", x_train=[[1.0], [2.0]], y_train=[0, 1], x_test=[[3.0]], y_test=[1])
    assert len(load_dataset(str(tmp_path)).test) == 30
    pair = load_dataset(str(tmp_path / f"{FILES[0]}.gz"))
    assert (len(pair.train), len(pair.test)) == (60, 0)
    assert load_dataset(str(tmp_path / "set.npz")).shape == (1,)


def test_idx_files_with_names_of_their_own_are_recognised_by_content(tmp_path: Path) -> None:
    write_idx(tmp_path / "images.bin", np.zeros((10, 2, 2), np.uint8))
    write_idx(tmp_path / "labels.bin", (np.arange(10) % 2).astype(np.uint8))
    assert len(load_dataset(str(tmp_path / "images.bin")).train) == 10


def test_a_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_idx_set(tmp_path / "mine", byte_set())
    assert len(load_dataset("~/mine").train) == 60


def test_a_mistyped_name_gets_a_suggestion() -> None:
    with pytest.raises(DataError, match=r"called 'fashion_mnist'.*did you mean 'fashion-mnist'\?"):
        load_dataset("fashion_mnist")
    with pytest.raises(DataError, match="use one of the names above"):
        load_dataset("qqqq")


@pytest.mark.parametrize("source", ["nowhere/mnist", "missing.npz", "missing.csv", "~nobody-of-that-name/x"])
def test_a_path_that_leads_nowhere_is_named(source: str) -> None:
    with pytest.raises(DataError, match=f"there is no file .*{Path(source).name}"):
        load_dataset(source)


@pytest.mark.parametrize("source", ["a\0b", "x" * 5000, "\ud800"])
def test_impossible_paths_are_refused(source: str) -> None:
    with pytest.raises(DataError):
        load_dataset(source)


@pytest.mark.parametrize("name", ["picture.png", "notes"])
def test_kinds_that_are_not_read_say_what_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("label,pixel\n")
    kind = name.partition(".")[2]
    with pytest.raises(DataError, match=f"no data that NNStudio can read.*npz.*a {kind and '.' + kind}"):
        load_dataset(str(tmp_path / name))


def test_a_folder_of_other_things_says_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    with pytest.raises(DataError, match=r"holds no folders of images.*received: no image"):
        load_dataset(str(tmp_path))


def test_a_broken_idx_file_is_reported_as_such(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set())
    (tmp_path / f"{FILES[0]}.gz").write_bytes(gzip.compress(b"no IDX at all"))
    with pytest.raises(DataError, match="is no IDX file"):
        load_dataset(str(tmp_path / f"{FILES[0]}.gz"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(DataError, match="not an ordinary file"):
        load_dataset(str(tmp_path / "pipe.npz"))
