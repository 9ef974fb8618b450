"""Locks between processes, with processes that are killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.engine.locks import FileLock

HOLDER = """
import sys
from pathlib import Path
from nnstudio.engine.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.take(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "one.lock"


def holder(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_one_holder_at_a_time(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    assert first.take()
    assert first.take(), "it is held already"
    assert not second.take()
    first.release()
    assert not first.held
    assert not path.exists()
    assert second.take()
    second.release()


def test_a_living_process_keeps_it_and_a_killed_one_leaves_it_free(path: Path) -> None:
    lock = FileLock(path)
    with holder(path) as process:
        assert not lock.take()
        assert lock.owner() == str(process.pid)
        process.kill()
    assert path.exists(), "the file of a killed process stays, and means nothing"
    assert lock.take()
    lock.release()


def test_an_owner_is_known_only_from_a_number(path: Path) -> None:
    lock = FileLock(path)
    assert lock.owner() == ""
    path.parent.mkdir()
    path.write_text("someone", encoding="ascii")
    assert lock.owner() == ""


def test_a_folder_that_can_not_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(OSError, match="file"):
        FileLock(tmp_path / "file" / "one.lock").take()
