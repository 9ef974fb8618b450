"""A project that another window holds, or that a newer version made, is only read."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import PROJECT_VERSION
from nnstudio.errors import FormatError
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.project import recovery_files
from nnstudio.gui.project.claim import Holder
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


def elsewhere(file: Path, **said: object) -> Path:
    """The claim that another window has left beside a file."""
    claim = file.with_name(f".{file.name}.lock")
    holder = {"host": "lab-3", "process": 7, "started": 0.0, "user": "anna", "token": "x"} | said
    claim.write_text(json.dumps(holder), encoding="utf-8")
    return claim


def test_a_file_open_on_another_machine_is_only_read_while_that_shows_signs_of_life(file: Path) -> None:
    claim, guard = elsewhere(file), Guard()
    guard.enter(file)
    assert guard.reason == "spiral.nnstudio is open in another window (anna on lab-3)."
    with pytest.raises(FormatError, match="anna on lab-3"):
        guard.check(file)
    guard.leave()
    assert "lab-3" in claim.read_text(encoding="utf-8"), "the claim of another is left alone"
    hour_ago = time.time() - 3600
    os.utime(claim, (hour_ago, hour_ago))
    guard.enter(file)
    assert not guard.reason
    assert Holder(**json.loads(claim.read_text(encoding="utf-8"))).host == socket.gethostname()
    os.utime(claim, (hour_ago, hour_ago))
    assert not guard.beat()
    assert time.time() - claim.stat().st_mtime < 60
    guard.leave()
    assert not claim.exists()


def test_a_claim_of_a_dead_process_here_does_not_count_and_one_of_another_user_does(file: Path) -> None:
    host = socket.gethostname()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        started = psutil.Process(other.pid).create_time()
        claim = elsewhere(file, host=host, process=other.pid, started=started)
        guard = Guard()
        guard.enter(file)
        assert "anna on" in guard.reason
        elsewhere(file, host=host, process=other.pid, started=started - 1000)
        guard.enter(file)
        assert not guard.reason, "the number of the process is used again"
        guard.leave()
        elsewhere(file, host=host, process=other.pid, started=started)
        other.kill()
    guard.enter(file)
    assert not guard.reason
    guard.leave()
    assert not claim.exists()


def test_a_window_that_slept_notices_that_another_machine_has_the_file(
    window: MainWindow, qtbot: QtBot, file: Path
) -> None:
    opened(window, qtbot, file)
    before = file.read_text(encoding="utf-8")
    elsewhere(file)
    window.files.show_alive()
    qtbot.waitUntil(lambda: "meanwhile (anna on lab-3)" in window.messages.title)
    assert window.project_label.state == "Read-only"
    edit(window)
    with pytest.raises(FormatError, match="meanwhile"):
        window.files.guard.check(file)
    assert file.read_text(encoding="utf-8") == before


def test_in_a_folder_that_is_read_only_a_project_opens_as_everywhere(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "read-only")

    monkeypatch.setattr(Path, "write_text", refuse)
    guard = Guard()
    guard.enter(file)
    assert not guard.reason
    assert not guard.beat()
    guard.leave()
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == [file.name]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"host": 1}', "[" * 9_000])
def test_a_damaged_claim_is_replaced(file: Path, damage: str) -> None:
    claim = elsewhere(file)
    claim.write_text(damage, encoding="utf-8")
    guard = Guard()
    guard.enter(file)
    assert not guard.reason
    assert "host" in claim.read_text(encoding="utf-8")
    guard.leave()
