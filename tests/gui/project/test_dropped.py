"""What of several files and folders dropped at once is opened, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnstudio.data.idx_sets import FILES
from nnstudio.gui.project.dropped import Dropped, Kind, sort_out
from tests.data.sample_data import byte_set, write_idx_set


def touched(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.touch()
    return paths


@pytest.mark.parametrize("order", [1, -1])
def test_images_and_labels_belong_together(tmp_path: Path, order: int) -> None:
    images, labels = touched(tmp_path, "birds-images-idx3-ubyte.gz", "birds-labels-idx1-ubyte")
    dropped = sort_out([images, labels][::order])
    assert dropped == Dropped(Kind.DATA, (images,), (), "Images and labels belong together.")


def test_the_four_files_of_a_data_set_are_its_folder(tmp_path: Path) -> None:
    write_idx_set(tmp_path, byte_set(train=30, test=9))
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == len(FILES)
    dropped = sort_out(paths)
    assert (dropped.paths, dropped.left) == ((tmp_path,), ())
    assert sort_out(paths[:2]).paths == (paths[0],), "a pair by itself stays a pair"


def test_one_half_of_a_pair_brings_the_other_and_a_stranger_is_left(tmp_path: Path) -> None:
    images, _labels, table = touched(tmp_path, "a-images-idx3-ubyte", "a-labels-idx1-ubyte", "a.csv")
    dropped = sort_out([images, table])
    assert (dropped.paths, dropped.left) == ((images,), (table,))
    assert "One data set is imported at a time" in dropped.why
    (alone,) = touched(tmp_path, "b-images-idx3-ubyte")
    assert sort_out([alone, table]).paths == (alone,), "the preview says what is missing"


def test_of_several_tables_the_first_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    tables = touched(tmp_path, "a.csv", "b.csv", "c.csv")
    dropped = sort_out(tables)
    assert (dropped.paths, dropped.left) == (tuple(tables[:1]), tuple(tables[1:]))
    assert "join them in one file" in dropped.why


def test_the_folders_of_all_classes_are_the_folder_that_holds_them(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("cat", "dog")]
    for folder in folders:
        folder.mkdir()
    assert sort_out(folders).paths == (tmp_path,)
    assert "a class each" in sort_out(folders).why
    (tmp_path / "owl").mkdir()
    dropped = sort_out(folders)
    assert (dropped.paths, dropped.left) == (tuple(folders[:1]), tuple(folders[1:])), "some classes only"


def test_images_open_together_and_projects_one_at_a_time(tmp_path: Path) -> None:
    one, table, other = touched(tmp_path, "a.png", "b.csv", "c.jpg")
    dropped = sort_out([one, table, other])
    assert (dropped.paths, dropped.left) == ((one, other), (table,))
    projects = touched(tmp_path, "a.nnstudio", "b.nnstudio")
    dropped = sort_out(projects)
    assert (dropped.kind, dropped.paths, dropped.left) == (Kind.PROJECT, (projects[0],), (projects[1],))
