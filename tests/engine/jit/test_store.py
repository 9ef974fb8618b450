"""The cache on disk: broken, foreign and shared ones."""

from __future__ import annotations

import os
import shutil
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


def test_a_source_is_known_by_what_it_says_wherever_it_lies_and_whenever_it_was_written(tmp_path: Path):
    here, there, other = tmp_path / "a" / "dense.py", tmp_path / "b" / "dense.py", tmp_path / "c" / "dense.py"
    for file, text in ((here, "one"), (there, "one"), (other, "two")):
        file.parent.mkdir()
        file.write_text(text)
    os.utime(there, (0, 0))
    assert store._versions([here]) == store._versions([there]) != store._versions([other])


def test_a_copy_of_the_program_loads_the_functions_that_another_compiled(kernels, tmp_path: Path):
    """As after an upgrade or in another environment: no file of the cache is written anew."""
    package = Path(store.__file__).parents[3]
    shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.stat().st_mtime_ns for path in store.numba_folder().iterdir()}
    code = (
        "from nnstudio.engine.ops.jit import build, store\n"
        "from nnstudio.engine.ops.jit.kernels.operations import load_all\n"
        "load_all(); print(store.__file__, store.intact(), build.load(wait=False) is not None)"
    )
    places = {"PYTHONPATH": str(tmp_path), "NNSTUDIO_CACHE": str(store.folder().parents[1])}
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
    )
    theirs = tmp_path / Path(store.__file__).relative_to(package.parent)
    assert said.stdout.split() == [str(theirs), "True", "True"]
    assert {path: path.stat().st_mtime_ns for path in store.numba_folder().iterdir()} == before


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
