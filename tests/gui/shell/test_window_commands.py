"""What the commands of menus and keys do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.shell.actions import commands
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


def open_spiral(window: MainWindow, epochs: int = 3) -> None:
    window.document.open(spiral_project(epochs), None)
    window.files.opened.emit()


def test_space_trains_only_where_no_field_wants_it(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=5_000)
    window.stack.view.setFocus()
    assert not window.single_keys.active
    window.centre.setFocus()
    assert window.single_keys.active
    QTest.keyClick(window.centre, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.live.running, timeout=20_000)
    window.actions_["single_keys"].trigger()
    assert not window.single_keys.active


def test_undo_and_redo_name_the_step(window: MainWindow) -> None:
    assert not window.actions_["undo"].isEnabled()
    window.datasets.choose("spiral")
    title = window.datasets.title
    assert window.actions_["undo"].text() == f"Undo “Choose {title}”"
    window.actions_["undo"].trigger()
    assert window.actions_["redo"].text() == f"Redo “Choose {title}”"


def test_every_menu_entry_does_something(window: MainWindow) -> None:
    silent = [
        command.name
        for command in commands()
        if command.name != "recent" and not window.actions_[command.name].receivers("2triggered(bool)")
    ]
    assert silent == []


def test_no_two_commands_share_a_key() -> None:
    keys = [key for command in commands() for key in command.keys]
    assert len(keys) == len(set(keys))


def test_help_explains_the_focused_item(window: MainWindow) -> None:
    window.toolbar.datasets.setFocus()
    QTest.keyClick(window.toolbar.datasets, Qt.Key.Key_F1)
    popover = QApplication.activePopupWidget()
    assert popover is not None
    assert popover.accessibleName() == "Data set"
    popover.close()
