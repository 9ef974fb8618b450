"""A project that another window holds, or that a newer version made, is only read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import PROJECT_VERSION
from nnstudio.errors import FormatError
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.project import recovery_files
from nnstudio.gui.project.guard import Guard
from tests.gui.crashing import process
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "spiral.nnstudio"
    path.write_text(spiral_project().dumps(), encoding="utf-8")
    return path


def opened(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        window.files.open_path(path)


def edit(window: MainWindow) -> None:
    window.document.apply("Rename", window.document.project.replace(name="edited"))


def answer_save_dialog(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def test_a_project_open_in_another_process_is_only_read_until_that_ends(
    window: MainWindow, qtbot: QtBot, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = recovery_files.recovery_dir().parent
    before = file.read_text(encoding="utf-8")
    with process("hold", home, str(file)) as other:
        opened(window, qtbot, file)
        assert f"spiral.nnstudio is open in another window (process {other.pid})." in window.messages.title
        assert window.project_label.state == "Read-only"
        edit(window)
        answer_save_dialog(monkeypatch, file)
        assert not window.files.save()
        assert "open in another window" in window.messages.title
        assert file.read_text(encoding="utf-8") == before
        answer_save_dialog(monkeypatch, file.with_name("mine.nnstudio"))
        assert window.files.save()
        assert window.project_label.state.startswith("Saved")
        other.kill()
    opened(window, qtbot, file)
    assert not window.messages.title, "the lock of a killed process is free at once"
    edit(window)
    assert window.files.save()
    assert file.read_text(encoding="utf-8") != before


def test_a_newer_project_opens_read_only_and_is_never_overwritten(
    window: MainWindow, qtbot: QtBot, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = spiral_project().to_json() | {"version": PROJECT_VERSION + 1}
    value["train"]["warmth"] = 3
    file.write_text(json.dumps(value), encoding="utf-8")
    opened(window, qtbot, file)
    assert window.document.project == spiral_project()
    assert window.messages.title == "spiral.nnstudio was made by a newer NNStudio."
    assert "This one leaves out train.warmth." in window.messages.text
    assert window.project_label.state == "Read-only"
    edit(window)
    answer_save_dialog(monkeypatch, file)
    assert not window.files.save()
    assert "settings would be lost" in window.messages.title
    assert json.loads(file.read_text(encoding="utf-8")) == value
    answer_save_dialog(monkeypatch, file.with_name("older.nnstudio"))
    assert window.files.save()
    assert window.files.save(), "the copy is a project of this version"


def test_a_project_dropped_on_the_window_opens(window: MainWindow, qtbot: QtBot, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(400, 400), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(400, 400), copy, data, left, none)
    with qtbot.waitSignal(window.files.opened, timeout=10_000):
        QApplication.sendEvent(window, drop)
    assert window.document.path == file
    assert window.document.project == spiral_project()


def test_one_window_holds_a_file_however_it_is_named(file: Path) -> None:
    first, second = Guard(), Guard()
    first.enter(file)
    second.enter(file.parent / "." / ".." / file.parent.name / file.name)
    assert not first.reason
    assert "open in another window" in second.reason
    with pytest.raises(FormatError, match="another window"):
        second.check(file)
    first.check(file)
    first.leave()
    second.check(file)
    assert not second.reason
    second.leave()


def test_saving_under_another_name_lets_the_first_file_go(file: Path) -> None:
    first, second = Guard(), Guard()
    first.enter(file)
    first.check(file.with_name("other.nnstudio"))
    second.enter(file)
    assert not second.reason
    first.leave()
    second.leave()


def test_where_no_lock_can_be_written_everybody_may_work(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_HOME", str(file))  # no folder
    guard = Guard()
    guard.enter(file)
    assert not guard.reason
    guard.check(file)
    guard.leave()
