"""What stands above the curves, from a refused network to the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.stepper import NumpyStepper
from nnstudio.gui.document import Document
from nnstudio.gui.run.recording import RunKeeper
from tests.gui.runs import Watched, small_project


@pytest.fixture
def watched(qtbot: QtBot) -> Iterator[Watched]:
    made = Watched(qtbot, Document(small_project()), lambda name, folder: None)
    yield made
    assert made.live.shutdown()


def test_a_network_with_a_problem_is_refused_with_its_fix(qtbot: QtBot) -> None:
    project = small_project()
    document = Document(project.replace(network=project.network.remove("dense", "dense_1")))
    document.expect((2,), 2)
    watched = Watched(qtbot, document, lambda name, folder: None)
    assert not watched.live.train()
    notice = watched.notices[-1]
    assert notice is not None
    assert notice.kind == "error"
    assert notice.action == "Add Dense 2"
    assert notice.edit is not None
    document.apply(notice.action, notice.edit(document.project))
    assert watched.notices[-1] is None  # what is mended is no longer complained about
    document.undo()
    assert watched.notices[-1] is None  # and is complained about again when somebody wants to train
    document.redo()
    assert watched.live.train()
    watched.to_end()
    assert watched.live.shutdown()


def test_an_error_in_the_worker_is_told_with_its_trace(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NumpyStepper, "_step", lambda *_: 1 / 0)
    watched.live.train()
    assert watched.to_end().state == "failed"
    notice = watched.notices[-1]
    assert notice is not None
    assert "unexpected error" in notice.detail
    assert "ZeroDivisionError" in notice.trace


def test_a_missing_file_is_told_with_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    missing = tmp_path / "missing.npz"
    watched = Watched(qtbot, Document(small_project(source=str(missing))), lambda name, folder: None)
    watched.live.train()
    assert watched.to_end().state == "failed"
    notice = watched.notices[-1]
    assert notice is not None
    assert "missing.npz" in notice.detail
    assert watched.live.shutdown()


def test_a_run_that_cannot_be_written_goes_on_and_says_so(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "file"))
    watched = Watched(qtbot, Document(small_project()), RunKeeper)
    watched.live.train()
    assert watched.to_end().state == "finished"
    told = [notice for notice in watched.notices if notice is not None]
    assert [notice.title for notice in told] == ["This run is not being saved"]
    assert watched.live.shutdown()
