"""Pages, their panels, and where the keyboard goes between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.main_window import MainWindow
from tests.gui.windows import shown_window, spiral_project

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def open_spiral(window: MainWindow, epochs: int = 3) -> None:
    window.document.open(spiral_project(epochs), None)
    window.files.opened.emit()


def test_hidden_panels_give_the_focus_to_the_page(window: MainWindow) -> None:
    window.activateWindow()
    window.stack.view.setFocus()
    window.actions_["page_predict"].trigger()
    page: Any = window.pages.page("predict")
    assert QApplication.focusWidget() is page.canvas, "Ctrl+V and the arrows work at once"
    assert not window.single_keys.active, "Space paints there"


def test_pages_take_the_keys_that_belong_to_them(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=2)
    window.activateWindow()
    window.live.train()
    qtbot.waitUntil(lambda: window.live.state == "finished", timeout=20_000)
    window.centre.setFocus()
    QTest.keyClick(window, Qt.Key.Key_2, CTRL)
    page: Any = window.pages.page("evaluate")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page.table, timeout=20_000)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right):
        QTest.keyClick(page.table, key)
    assert page.table.currentIndex().column() == 1
    assert window.live.state == "finished", "Right walks through the matrix; it trains no batch"


def test_the_keyboard_stays_on_the_page_when_a_message_is_answered(window: MainWindow) -> None:
    open_spiral(window)
    window.activateWindow()
    answered: list[bool] = []
    for press in (lambda button: QTest.keyClick(button, Qt.Key.Key_Space), click):
        window.messages.say("info", "A question", action=("Yes", lambda: answered.append(True)))
        button = next(b for b in window.messages.findChildren(QPushButton) if b.text() == "Yes")
        if press is not click:
            button.setFocus(Qt.FocusReason.TabFocusReason)
        press(button)
        assert QApplication.focusWidget() is window.centre, "Space trains, as before"
    assert answered == [True, True]


def test_the_keyboard_stays_on_the_page_when_training_begins_there(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=5_000)
    window.activateWindow()
    page: Any = window.pages.page("train")
    page.empty.button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.empty.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.live.state == "running", timeout=20_000)
    assert QApplication.focusWidget() is window.centre
    QTest.keyClick(window.centre, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.live.paused, timeout=20_000)


def test_f6_comes_to_the_cards_of_the_stack_before_its_buttons(window: MainWindow) -> None:
    open_spiral(window)
    window.activateWindow()
    window.actions_["previous_region"].trigger()
    assert QApplication.focusWidget() is window.stack.view
    window.stack.header.add.setFocus()
    window.actions_["next_region"].trigger()
    window.actions_["previous_region"].trigger()
    assert QApplication.focusWidget() is window.stack.header.add, "and back to where it was"


def test_pages_keep_their_panels(window: MainWindow) -> None:
    assert window.stack.isVisible()
    assert window.inspector.isVisible()
    assert abs(window.stack.width() - 316) <= 1
    assert abs(window.inspector.width() - 292) <= 1
    QTest.keyClick(window, Qt.Key.Key_BracketRight, CTRL)
    assert not window.inspector.isVisible()
    QTest.keyClick(window, Qt.Key.Key_2, CTRL)
    assert window.outline.isVisible()
    assert not window.stack.isVisible()
    assert not window.actions_["right_dock"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_1, CTRL)
    assert window.stack.isVisible()
    assert not window.inspector.isVisible(), "the Train page remembers that it was closed"


def test_panels_have_the_same_widths_after_any_walk_through_the_pages(window: MainWindow) -> None:
    open_spiral(window)
    window.stack.view.setFocus()
    for page in ("evaluate", "train", "predict", "evaluate", "train"):
        window.show_page(page)
        QTest.qWait(0)
        if page == "train":
            widths = [part.width() for part in (window.layers, window.stack, window.inspector)]
            assert widths == [172, 316, 292]
        else:
            assert window.outline.width() == 200


def drag_the_inspector_wider(window: MainWindow, by: int) -> None:
    edge = window.inspector.mapTo(window, QPoint(0, 200)) - QPoint(3, 0)
    QTest.mousePress(window, Qt.MouseButton.LeftButton, NONE, edge)
    QTest.mouseMove(window, edge - QPoint(by, 0))
    QTest.qWait(20)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, NONE, edge - QPoint(by, 0))
    QTest.qWait(20)


def test_only_widths_the_user_gave_are_remembered(window: MainWindow) -> None:
    open_spiral(window)
    drag_the_inspector_wider(window, 40)
    wide = window.inspector.width()
    assert abs(wide - 332) <= 3
    window.resize(1280, 720)
    window.resize(1440, 900)
    for zoom in ("zoom_150", "zoom_100"):
        window.actions_[zoom].trigger()
        QTest.qWait(20)
    window.show_page("evaluate")
    window.show_page("train")
    QTest.qWait(20)
    assert abs(window.inspector.width() - wide) <= 1
    assert (window.layers.width(), window.stack.width()) == (172, 316)


def test_a_narrow_window_has_a_rail(tmp_path: Path) -> None:
    with shown_window(tmp_path, 1280, 720) as window:
        assert window.layer_rail.isVisible()
        assert window.layers.width() == 44
        assert abs(window.stack.width() - 300) <= 1
        assert abs(window.inspector.width() - 280) <= 1
        assert window.centre.width() >= 600
