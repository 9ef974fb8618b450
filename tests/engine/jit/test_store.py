"""The cache on disk: broken, foreign and shared ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnstudio.engine.ops.jit import build, store
from nnstudio.engine.ops.jit.kernels import interpreter
from nnstudio.engine.ops.jit.machine import NoFastPath, require_target
from nnstudio.engine.trainer import Trainer
from tests.helpers import small_data, small_project


@pytest.fixture
def folder(kernels, tmp_path: Path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "kernels" / "key")
    (tmp_path / "kernels" / "key").mkdir(parents=True)
    return store.folder()


pytestmark = pytest.mark.timeout(900)


def filled(folder: Path) -> Path:
    file = store.object_file(require_target())
    store.write_whole(file, b"machine code")
    store.mark_complete()
    return file


def test_an_empty_or_half_filled_folder_is_not_intact(folder: Path):
    assert not store.intact()
    store.write_whole(folder / "some.o", b"code")
    assert not store.intact()


@pytest.mark.parametrize("damage", [b"", b"machine cod\0", b"machine code, and more"])
def test_a_damaged_file_is_noticed(folder: Path, damage: bytes):
    file = filled(folder)
    assert store.intact()
    file.write_bytes(damage)
    assert not store.intact()


@pytest.mark.parametrize("marker", [b"", b"[]", b"{}", b"\xff\xfe", b'{"files": []}'])
def test_a_damaged_marker_is_noticed(folder: Path, marker: bytes):
    filled(folder)
    (folder / "complete.json").write_bytes(marker)
    assert not store.intact()


def test_code_that_cant_be_loaded_is_thrown_away(folder: Path, monkeypatch):
    filled(folder).unlink()
    monkeypatch.setattr(store, "intact", lambda: True)
    build._loaded.cache_clear()
    with pytest.raises(NoFastPath, match="can't be loaded"):
        build.load(wait=False)
    assert not folder.exists()
    build._loaded.cache_clear()


def test_folders_of_other_versions_go_after_a_while(folder: Path):
    filled(folder)
    for name, age in (("old", 100), ("recent", 10)):
        other = folder.parent / name
        other.mkdir()
        os.utime(other, (time.time() - age * 86_400,) * 2)
    store.tidy()
    assert {path.name for path in folder.parent.iterdir()} == {"key", "recent"}


def test_another_process_waits_for_the_lock(folder: Path):
    code = (
        "import sys; from pathlib import Path; from nnstudio.engine.ops.jit import store\n"
        f"store.folder = lambda: Path({str(folder)!r})\n"
        "with store.lock(): print('inside')\n"
    )
    with store.lock():
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(2)
    assert other.communicate(timeout=60)[0] == "inside\n"


def test_a_changed_family_is_compiled_again_and_the_rest_kept(folder: Path, monkeypatch):
    filled(folder)
    monkeypatch.setattr(store, "_families", lambda: ["dense.py 1 2"])
    assert not store.intact()
    assert store.undamaged()
    store.mark_complete()
    assert store.intact()


def test_nothing_is_compiled_while_a_run_goes_on(kernels, monkeypatch):
    """Whatever the arrays are like: a second version of a function would change the files of the cache."""
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")
    project = small_project(epochs=1, clip_norm=1.0)
    project = project.replace(data=project.data.replace(fraction=0.5))
    trainer = Trainer(project, small_data(project))
    assert len(list(trainer.run())) > 1
    part = trainer.data.train
    assert not part.x.flags.writeable
    trainer.model.evaluate(part.x, part.y)
    assert len(interpreter.run.signatures) == 1
    assert store.intact()
