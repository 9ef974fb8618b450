from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QMessageBox, QPushButton, QSlider, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.look.tokens import LIGHT
from nnstudio.gui.widgets import focus
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.spin import IntSpin


class Page(QWidget):
    """Some controls and the ring."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        self.first, self.button, self.number = QLineEdit(), QPushButton("Train"), IntSpin(1, 9)
        self.choice, self.list = Combo("x"), QListWidget()
        self.list.addItems(["a", "b"])
        for widget in (self.first, self.button, self.number, self.choice, self.list):
            layout.addWidget(widget)
        self.ring = focus.install(self)


@pytest.fixture
def page(qtbot) -> Page:
    made = Page()
    qtbot.addWidget(made)
    made.resize(300, 400)
    made.show()
    made.activateWindow()
    made.first.setFocus()
    qtbot.waitUntil(made.first.hasFocus)
    return made


def around(page: Page, widget: QWidget, margin: int) -> QRect:
    return QRect(widget.mapTo(page, QPoint()), widget.size()).adjusted(-margin, -margin, margin, margin)


def test_the_ring_follows_the_tab_key(page: Page) -> None:
    assert page.ring.isVisible()
    assert page.ring.geometry() == around(page, page.first, 3)
    QTest.keyClick(page.first, Qt.Key.Key_Tab)
    assert page.button.hasFocus()
    assert page.ring.geometry() == around(page, page.button, 3)


def test_a_dialog_has_a_ring_of_its_own(page: Page, qtbot: QtBot) -> None:
    dialog = QMessageBox(page)
    first, cancel = (dialog.addButton(text, QMessageBox.ButtonRole.ActionRole) for text in ("Save", "Cancel"))
    dialog.setDefaultButton(cancel)
    dialog.show()
    dialog.activateWindow()
    cancel.setFocus()
    qtbot.waitUntil(cancel.hasFocus)
    ring = dialog.findChild(focus.FocusRing)
    assert ring is not None
    assert ring.widget() is cancel
    assert ring.isVisible()
    QTest.keyClick(cancel, Qt.Key.Key_Backtab)
    assert ring.widget() is first
    dialog.close()


def test_the_ring_has_a_gap_of_one_pixel(page: Page) -> None:
    image = page.grab().toImage()
    field = around(page, page.first, 0)
    x = field.center().x()
    colours = [image.pixelColor(x, field.top() - distance).name().upper() for distance in (1, 2, 3, 4)]
    assert colours[1:3] == [LIGHT.accent, LIGHT.accent]
    assert colours[0] == colours[3] != LIGHT.accent


def test_a_mouse_click_rings_fields_and_lists_but_not_buttons(page: Page) -> None:
    QTest.mouseClick(page.button, Qt.MouseButton.LeftButton)
    assert page.button.hasFocus()
    assert not page.ring.isVisible()
    QTest.mouseClick(page.number, Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert page.ring.geometry() == around(page, page.number, 3)
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 12))
    assert page.ring.geometry() == around(page, page.list, 0)  # inside: lists may touch the window's edge


def test_a_slider_is_ringed_for_keys_alone(page: Page) -> None:
    slider = QSlider(Qt.Orientation.Horizontal)
    page.layout().addWidget(slider)
    slider.show()
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    assert page.ring.widget() is slider
    page.first.setFocus()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton)
    slider.setFocus(Qt.FocusReason.MouseFocusReason)
    assert page.ring.widget() is None
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton)


def test_a_widget_can_choose_its_ring(page: Page) -> None:
    page.list.setProperty("focusRing", "none")
    page.list.setFocus()
    assert not page.ring.isVisible()
    page.choice.setProperty("focusRing", "inside")
    page.choice.setFocus()
    assert page.ring.geometry() == around(page, page.choice, 0)


def test_the_ring_moves_with_its_widget(page: Page) -> None:
    before = page.ring.geometry()
    page.resize(400, 400)
    page.layout().activate()
    assert page.ring.geometry() == around(page, page.first, 3) != before


def test_the_ring_lets_the_mouse_through(page: Page) -> None:
    page.number.setFocus()
    QTest.mouseClick(page, Qt.MouseButton.LeftButton, pos=around(page, page.button, 0).center())
    assert page.childAt(page.ring.geometry().topLeft() + QPoint(1, 8)) is not page.ring


def test_the_focus_of_another_window_is_none_of_its_business(page: Page, qtbot) -> None:
    other = QLineEdit()
    qtbot.addWidget(other)
    page.ring.follow(None, other)
    assert page.ring.widget() is None


def test_what_a_click_elsewhere_hands_the_focus_to_gets_no_ring(page: Page) -> None:
    page.button.pressed.connect(lambda: page.ring.hand_on(page.list))
    QTest.mouseClick(page.button, Qt.MouseButton.LeftButton)
    assert page.list.hasFocus()
    assert not page.ring.isVisible()
    page.ring.hand_on(page.first, again=True)
    assert not page.ring.isVisible(), "the same click"
    QTest.keyClick(page.first, Qt.Key.Key_Tab)
    assert page.ring.isVisible()
    page.ring.hand_on(page.list)
    assert page.ring.isVisible(), "a key"
