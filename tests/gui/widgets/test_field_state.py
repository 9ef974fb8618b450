from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.field_state import is_locked, lock, set_changed, show_problem, unlock
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.spin import IntSpin
from tests.gui.acting import double_click

WHY = "Stop the run to change it."


def mark(field: QWidget) -> IconLabel:
    return field.findChild(IconLabel)


def test_a_locked_number_cannot_be_changed_but_be_read(qtbot) -> None:
    field = IntSpin(1, 4096, 128)
    qtbot.addWidget(field)
    field.show()
    field.setToolTip("Images per step")
    lock(field, WHY)
    assert is_locked(field)
    assert field.property("state") == "locked"
    assert field.toolTip() == f"Images per step\n{WHY}"
    assert field.accessibleDescription() == WHY
    assert mark(field).isVisible()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_9, Qt.Key.Key_Backspace):
        QTest.keyClick(field, key)
    assert (field.value(), field.text()) == (128, "128")
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert field.lineEdit().selectedText() == "128"


def test_unlocking_gives_everything_back(qtbot) -> None:
    field = IntSpin(1, 4096, 128)
    qtbot.addWidget(field)
    field.show()
    field.setToolTip("Images per step")
    lock(field, WHY)
    lock(field, "Another reason.")
    unlock(field)
    assert not is_locked(field)
    assert (field.toolTip(), field.accessibleDescription()) == ("Images per step", "")
    assert not mark(field).isVisible()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 129


def test_a_locked_choice_neither_opens_nor_changes(qtbot) -> None:
    field = Combo("Optimizer")
    qtbot.addWidget(field)
    field.addItems(["Adam", "SGD"])
    field.show()
    lock(field, WHY)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert not field.view().isVisible()
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_S)
    assert field.currentText() == "Adam"
    unlock(field)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.currentText() == "SGD"


def test_a_locked_text_can_be_selected_but_not_typed_in(qtbot) -> None:
    field = QLineEdit("conv1")
    qtbot.addWidget(field)
    field.show()
    lock(field, WHY)
    QTest.keyClicks(field, "x")
    double_click(field)
    assert (field.text(), field.selectedText()) == ("conv1", "conv1")


def test_the_most_important_state_wins_and_the_others_return(qtbot) -> None:
    field = IntSpin(1, 9, 3)
    qtbot.addWidget(field)
    states = []
    set_changed(field, True)
    states.append(field.property("state"))
    show_problem(field, "Use a whole number from 1 to 9.")
    states.append(field.property("state"))
    lock(field, WHY)
    states.append(field.property("state"))
    unlock(field)
    states.append(field.property("state"))
    show_problem(field, "")
    states.append(field.property("state"))
    set_changed(field, False)
    states.append(field.property("state"))
    assert states == ["changed", "invalid", "locked", "invalid", "changed", ""]


def test_the_mark_stays_at_the_right_end(qtbot) -> None:
    field = IntSpin(1, 9, 3)
    qtbot.addWidget(field)
    field.show()
    lock(field, WHY)
    field.resize(200, 26)
    assert 200 - 24 < mark(field).geometry().center().x() < 200 - 6
    theme().zoom = 1.5
    assert mark(field).geometry().right() < 200


def test_a_locked_field_looks_sunken(qtbot) -> None:
    field = IntSpin(1, 9, 3)
    qtbot.addWidget(field)
    field.resize(120, 26)
    field.show()
    before = field.grab().toImage().pixelColor(60, 13).name().upper()
    lock(field, WHY)
    after = field.grab().toImage().pixelColor(60, 13).name().upper()
    assert (before, after) == (theme().tokens.panel, theme().tokens.sunken)


def test_unlocking_a_field_never_locked_does_nothing(qtbot) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    unlock(field)
    show_problem(field, "")
    assert field.property("state") is None


def test_the_padlock_of_a_check_box_covers_no_word(qtbot) -> None:
    box = QCheckBox("Damped form")
    qtbot.addWidget(box)
    lock(box, WHY)
    box.resize(148, 26)
    box.show()
    assert box.sizeHint().width() <= mark(box).x() <= box.width() - mark(box).width()
