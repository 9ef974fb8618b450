"""The undo history as a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.project.undo_history import UndoHistory
from nnstudio.layers import Dense
from tests.gui.windows import shown_window, spiral_project

LEFT, KEY = Qt.MouseButton.LeftButton, Qt.Key


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    """A project with an edit of each kind: layers, hyperparameters, data."""
    with shown_window(tmp_path) as made:
        made.document.open(spiral_project(), None)
        made.files.opened.emit()
        made.document.insert_layer(Dense(units=5), 1)
        change(made, "Set epochs", train={"epochs": 7})
        change(made, "Set noise", data={"fraction": 0.5})
        yield made


def change(window: MainWindow, label: str, **parts: dict[str, Any]) -> None:
    project = window.document.project
    edited = {name: getattr(project, name).replace(**fields) for name, fields in parts.items()}
    window.document.apply(label, project.replace(**edited))


def opened(window: MainWindow) -> UndoHistory:
    QTest.keyClick(window, KEY.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, UndoHistory)
    return popup


def rows(popup: UndoHistory) -> list[str]:
    return [popup.list.item(row).text() for row in range(popup.list.count())]


def click(popup: UndoHistory, row: int) -> None:
    place = popup.list.visualItemRect(popup.list.item(row)).center()
    QTest.mouseClick(popup.list.viewport(), LEFT, pos=place)


def test_every_kind_of_edit_is_a_row_and_a_click_goes_there_and_back(window: MainWindow) -> None:
    whole = window.document.project
    popup = opened(window)
    assert rows(popup) == ["As it was opened", "Insert Dense", "Set epochs", "Set noise"]
    assert popup.list.currentRow() == 3
    click(popup, 0)
    assert window.document.project == spiral_project()
    assert popup.isVisible(), "one state after the other can be looked at"
    click(popup, 3)
    assert window.document.project == whole
    popup.close()


def test_the_keyboard_goes_to_a_step_and_says_how_far_it_is(window: MainWindow) -> None:
    popup = opened(window)
    assert popup.list.hasFocus()
    QTest.keyClick(popup.list, KEY.Key_Up)
    QTest.keyClick(popup.list, KEY.Key_Up)
    assert "Undo 2 steps" in [label.text() for label in popup.findChildren(type(popup._hint))]
    QTest.keyClick(popup.list, KEY.Key_Return)
    assert window.document.undo_label == "Insert Dense"
    assert window.document.redo_label == "Set epochs"
    said = popup.list.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Insert Dense, current"
    QTest.keyClick(popup.list, KEY.Key_Escape)
    assert not popup.isVisible()


def test_a_right_click_on_undo_opens_it_below_the_button(window: MainWindow) -> None:
    button = window.toolbar.undo
    button.customContextMenuRequested.emit(button.rect().center())
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, UndoHistory)
    assert popup.pos().y() > button.mapToGlobal(button.rect().bottomLeft()).y()
    popup.close()


def test_a_new_edit_drops_the_rows_behind_it(window: MainWindow) -> None:
    window.document.go(1)
    change(window, "Set seed", data={"seed": 3})
    popup = opened(window)
    assert rows(popup) == ["As it was opened", "Insert Dense", "Set seed"]
    popup.close()


def test_without_an_edit_there_is_no_list(window: MainWindow) -> None:
    window.document.open(spiral_project(), None)
    assert not window.actions_["history"].isEnabled()
