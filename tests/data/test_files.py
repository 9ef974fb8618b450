from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nnstudio.data.files import file_size, remove_leftovers, replacing
from nnstudio.errors import Cancelled, DataError


def test_a_finished_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    for content in (b"first", b"second"):
        with replacing(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["file"]


def test_anything_that_goes_wrong_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write() -> None:
        with replacing(path) as file:
            file.write(b"new")
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        write()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_is_reported_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(DataError, match=r"file can't be written; received: No space.*fix"), replacing(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    with pytest.raises(DataError, match="can't be written"), replacing(tmp_path / "file" / "below"):
        pytest.fail("there is nothing to write to")


def test_leftovers_of_a_killed_program_are_removed_but_not_a_file_being_written(tmp_path: Path) -> None:
    for name in ("old.part", "new.part", "old"):
        (tmp_path / name).touch()
    for name in ("old.part", "old"):
        os.utime(tmp_path / name, (0, 0))
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["new.part", "old"]
    remove_leftovers(tmp_path / "missing")


def test_names_that_no_file_can_have_are_refused() -> None:
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(DataError, match="can't be read"):
            file_size(Path(name))
