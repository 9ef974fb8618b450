"""Opening, saving, exporting and closing: nothing is lost without having been asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.errors import FormatError
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.project import opening
from nnstudio.gui.project.project_label import saved_state
from nnstudio.gui.shell import dialogs
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


@pytest.fixture
def no_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("a question was asked")

    monkeypatch.setattr(dialogs, "ask_unsaved", asked)
    monkeypatch.setattr(dialogs, "ask_stop_training", asked)


def answer_save_dialog(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def edit(window: MainWindow) -> None:
    window.datasets.set_fraction(0.5)


def train(window: MainWindow, qtbot: QtBot, epochs: int = 2) -> None:
    window.document.open(spiral_project(epochs), None)
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.live.train()


def wait_for_message(window: MainWindow, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: bool(window.messages.title), timeout=10_000)
    return window.messages.title


def test_a_saved_project_opens_as_it_was(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, no_questions: None
) -> None:
    window.document.open(spiral_project(), None)
    answer_save_dialog(monkeypatch, tmp_path / "first")
    assert window.files.save()
    path = tmp_path / "first.nnstudio"
    saved = ProjectSpec.loads(path.read_text(encoding="utf-8"))
    assert saved == spiral_project().replace(name="first")
    assert not window.document.dirty
    assert window.project_label.state.startswith("Saved ")
    edit(window)
    assert window.project_label.state.startswith("Changed since ")
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    window.files.new()
    assert window.document.path is None
    with qtbot.waitSignal(window.files.opened, timeout=5_000):
        window.files.open_path(path)
    assert window.document.project == saved.replace(data=saved.data.replace(fraction=0.5))
    assert [project.path for project in window.settings.recent.projects()] == [path.resolve()]


def test_a_disk_that_refuses_keeps_the_old_file(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.nnstudio"
    path.write_text("old", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise FormatError(
            "kept.nnstudio can't be written", received="No space left on device", fix="free some"
        )

    monkeypatch.setattr("nnstudio.experiments.runs.write_text_atomically", refuse)
    window.document.mark_saved(path)
    edit(window)
    assert not window.files.save()
    assert window.document.dirty
    assert "Received: No space left on device" in window.messages.text
    assert path.read_text(encoding="utf-8") == "old"


def test_a_disk_that_is_full_keeps_the_old_file_and_the_edits(window: MainWindow, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
    path = tmp_path / "kept.nnstudio"
    window.document.mark_saved(path)
    edit(window)
    assert window.files.save()
    before = path.read_text(encoding="utf-8")
    window.document.undo()
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, room[1]))
    try:
        assert not window.files.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
    assert "can't be written" in window.messages.title
    assert path.read_text(encoding="utf-8") == before
    left = sorted(found.name for found in tmp_path.iterdir() if "kept" in found.name)
    assert left == [".kept.nnstudio.lock", "kept.nnstudio"]
    assert window.document.dirty
    assert window.document.redo_label
    assert window.files.save(), "there is room again"


BAD_FILES = (
    ("notes.md", b"# hello", "a project (.nnstudio or .json)"),
    ("cut.nnstudio", b'{"format": "nnstudio-project", "vers', "not valid JSON"),
    ("other.json", b'{"a": 1}', "not an NNStudio project"),
    ("list.json", b"[1, 2]", "a layer has no type"),
    ("bytes.nnstudio", b"\x80\x81", "is no text"),
    ("empty.h5", b"", "empty.h5"),
    ("text.h5", b"this is no HDF5 file at all", "text.h5"),
    (
        "layer.nnstudio",
        b'{"format": "nnstudio-project", "version": 1, "network": {"layers": [{"type": "Telepathy"}]}}',
        "Telepathy",
    ),
)


def test_a_bad_file_is_explained_and_nothing_is_lost(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    before = window.document.project
    for name, content, words in BAD_FILES:
        (tmp_path / name).write_bytes(content)
        window.messages.clear()
        window.files.open_path(tmp_path / name)
        title = wait_for_message(window, qtbot)
        assert words.lower() in f"{title}\n{window.messages.text}".lower(), name
        assert "What to do: " in window.messages.text
        assert window.document.project == before


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="can't be read"):
        opening.read(tmp_path / "gone.nnstudio")
    with pytest.raises(FormatError, match="no run"):
        opening.read(tmp_path)


def test_export_writes_the_model_and_says_where(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    train(window, qtbot)
    model = window.live.model
    assert model is not None
    path = tmp_path / "model.h5"
    window.files.export_to(path, model)
    assert wait_for_message(window, qtbot) == "The model is saved as model.h5."
    assert window.status.hint == f"Exported {path}"
    checkpoint = load_checkpoint(path)
    assert (checkpoint.weights == model.weights).all()
    assert checkpoint.project == spiral_project(2)


def test_export_without_a_model_says_what_to_do(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert window.messages.title == "There is no trained model to export yet."


def test_a_run_opens_with_its_weights_and_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    train(window, qtbot)
    folder, model = window.live.run_folder, window.live.model
    assert folder is not None
    assert model is not None
    weights = model.weights.copy()
    window.files.new()
    assert window.live.model is None
    with qtbot.waitSignal(window.files.opened, timeout=5_000):
        window.files.open_path(folder)
    assert window.live.model is not None
    assert (window.live.model.weights == weights).all()
    assert window.live.can_continue
    assert window.toolbar.training.buttons["train"].text() == "Train more"
    assert "2 epochs" in window.messages.text


def test_a_run_without_weights_opens_as_a_recipe(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "project.json").write_text(spiral_project().dumps(), encoding="utf-8")
    window.files.open_path(tmp_path)
    assert "before its weights were saved" in wait_for_message(window, qtbot)
    assert window.document.project == spiral_project()
    assert window.document.path is None, "saving must not overwrite the run's own file"


def test_unsaved_changes_are_asked_about(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(window)
    before = window.document.project
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "cancel")
    window.files.new()
    assert window.document.project == before
    assert not window.close()
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "discard")
    window.files.new()
    assert not window.document.dirty


def test_quitting_during_a_run_asks_then_stops_and_keeps_it(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.document.open(spiral_project(epochs=100_000), None)
    window.live.train()
    qtbot.waitUntil(lambda: window.live.state == "running", timeout=20_000)
    monkeypatch.setattr(dialogs, "ask_stop_training", lambda *_: False)
    assert not window.close()
    assert window.live.running
    monkeypatch.setattr(dialogs, "ask_stop_training", lambda *_: True)
    session, folder = window.live.session, window.live.run_folder
    assert session is not None
    assert window.close()
    assert not session.alive
    assert folder is not None
    assert (folder / "last.h5").is_file(), "the run is kept"


@pytest.mark.parametrize("ask", ["unsaved", "training"])
def test_cancel_has_the_focus_and_escape_cancels(window: MainWindow, ask: str) -> None:
    focused: list[str] = []

    def look_and_escape() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        button = box.focusWidget()
        focused.append(button.text())  # type: ignore[attr-defined]
        QTest.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(50, look_and_escape)
    if ask == "unsaved":
        assert dialogs.ask_unsaved(window, "<b>odd</b>") == "cancel"
    else:
        assert not dialogs.ask_stop_training(window, "quit")
    assert focused == ["Cancel"]


def test_the_save_state_in_words() -> None:
    assert saved_state(False, False, None) == "Not saved"
    assert saved_state(True, False, None) == "Saved"
    assert saved_state(True, True, None) == "Changed since saved"
    kept = datetime(2026, 1, 2, 10, 42)
    assert saved_state(False, True, None, kept) == "Autosaved 10:42"
    assert saved_state(True, False, kept, kept) == "Saved 10:42"
    assert saved_state(True, True, None, kept, read_only=True) == "Read-only, changed"
