from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from tests.gui.acting import double_click
from tests.gui.stack.conftest import card, check_undo, document_of, fix_button, layer, middle, names

LEFT = Qt.MouseButton.LeftButton


def button(view, position, number=0):
    return fix_button(view, position, number).center().toPoint()


def test_a_click_selects(document, show):
    view = show(document).view
    QTest.mouseClick(view.viewport(), LEFT, pos=middle(view, 2))
    assert document.selection == "dense"


def test_a_double_click_goes_to_the_inspector(document, show, qtbot):
    panel = show(document)
    with qtbot.waitSignal(panel.inspector_requested):
        double_click(panel.view.viewport(), middle(panel.view, 2))


def test_the_fix_button_mends_the_stack_in_one_step(broken, show):
    view = show(broken).view
    before = broken.project
    QTest.mouseClick(view.viewport(), LEFT, pos=button(view, 1))
    assert names(broken) == ["input", "flatten", "dense", "dropout", "dense_1"]
    assert broken.report.ok
    assert broken.selection == "dense"
    assert broken.undo_label == "Insert Flatten"
    check_undo(broken, before)


def test_the_second_fix_button_does_the_other_thing(show):
    document = document_of(layer("Input", shape=(784,)), layer("Dense", units=7, activation="softmax"))
    document.expect((784,), 10)
    view = show(document).view
    before = document.project
    problem = document.report.problems[0]
    assert [fix.label for fix in problem.fixes] == ["Set 10 units", "Add Dense 10"]
    QTest.mouseClick(view.viewport(), LEFT, pos=button(view, 1, 1))
    assert [item.units for item in document.network.layers[1:]] == [7, 10]
    check_undo(document, before)
    document.undo()
    QTest.mouseClick(view.viewport(), LEFT, pos=button(view, 1, 0))
    assert [item.units for item in document.network.layers[1:]] == [10]


def test_a_fix_needs_press_and_release_on_its_button(broken, show):
    view = show(broken).view
    before = broken.project
    QTest.mousePress(view.viewport(), LEFT, pos=button(view, 1))
    QTest.mouseRelease(view.viewport(), LEFT, pos=middle(view, 3))
    assert broken.project == before


def test_a_fix_button_lights_up_under_the_pointer(broken, show):
    view = show(broken).view
    QTest.mouseMove(view.viewport(), middle(view, 1))
    plain = view.grab().toImage()
    QTest.mouseMove(view.viewport(), button(view, 1))
    assert view.pointer.button == 0
    assert view.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert view.grab().toImage() != plain


def test_fix_buttons_are_large_enough_and_inside_their_card(show):
    document = document_of(layer("Input", shape=(784,)), layer("Dense", units=7, activation="softmax"))
    document.expect((784,), 10)
    view = show(document).view
    around = card(view, 1)
    for number in (0, 1):
        rect = fix_button(view, 1, number)
        assert rect.height() >= 24
        assert rect.width() >= 24
        assert around.contains(rect)
    assert not fix_button(view, 1, 0).intersects(fix_button(view, 1, 1))


def open_menu(view, at: QPoint) -> QMenu:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(menu: QMenu, text: str) -> None:
    action = next(action for action in menu.actions() if action.text() == text)
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def test_the_context_menu_offers_the_fix_first(broken, show):
    view = show(broken).view
    before = broken.project
    menu = open_menu(view, middle(view, 1))
    assert menu.actions()[0].text() == "Insert Flatten"
    choose(menu, "Insert Flatten")
    assert names(broken)[1] == "flatten"
    check_undo(broken, before)


def test_the_context_menu_acts_on_the_card_under_the_pointer(document, show):
    view = show(document).view
    document.select("dense_1")
    before = document.project
    choose(open_menu(view, middle(view, 3)), "Move up")
    assert names(document) == ["input", "flatten", "dropout", "dense", "dense_1"]
    check_undo(document, before)
    choose(open_menu(view, middle(view, 2)), "Delete")
    assert "dropout" not in names(document)


def test_the_inputs_menu_can_only_look_and_rename(document, show):
    view = show(document).view
    menu = open_menu(view, middle(view, 0))
    enabled = {action.text() for action in menu.actions() if action.isEnabled() and action.text()}
    assert enabled == {"Settings", "Rename", "Copy", "Paste"}
    menu.close()
