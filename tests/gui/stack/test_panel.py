from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.gui.document import Document
from nnstudio.gui.theme import theme
from tests.gui.stack.conftest import card, check_undo, document_of, fix_button, layer, names, valid_layers

LEFT = Qt.MouseButton.LeftButton


def test_the_footer_says_valid_with_exact_totals(document, show):
    # 784·64 + 64 = 50,240 and 64·10 + 10 = 650; 50,176 + 640 multiply-adds
    assert show(document).footer.text() == ("Valid", "50,890 params, 50.8 k MAC")


def test_the_footer_counts_errors_and_totals_up_to_the_first(broken, show):
    panel = show(broken)
    assert panel.footer.text() == ("1 error", "0 params before it")
    panel.apply_first_fix()
    assert panel.footer.text()[0] == "Valid"


def test_a_mismatch_at_the_end_leaves_the_totals_whole(show):
    document = document_of(*valid_layers()[:-1], layer("Dense", units=7))
    assert show(document).footer.text() == ("1 error", "50,695 params, 50.6 k MAC")


def test_an_empty_stack_lacks_its_output_and_the_button_adds_what_is_needed(show):
    document = document_of(layer("Input"))
    panel = show(document)
    before = document.project
    assert panel.footer.text() == ("No output layer yet", "0 params")
    assert panel.empty.isVisible()
    assert not panel.view.cards.report(panel.view.cards.index(0, 0)).problems
    QTest.mouseClick(panel.empty.findChild(QPushButton), LEFT)
    assert names(document) == ["input", "flatten", "dense"]
    assert document.network.layer("dense").units == 10
    assert document.network.layer("dense").activation == "softmax"
    assert document.report.ok
    assert panel.empty.isHidden()
    assert document.selection == "dense"
    check_undo(document, before)


def test_a_flat_input_needs_no_flatten(show):
    document = document_of(layer("Input", shape=(2,)))
    document.expect((2,), 3)
    panel = show(document)
    QTest.mouseClick(panel.empty.findChild(QPushButton), LEFT)
    assert names(document) == ["input", "dense"]
    assert document.report.ok


def test_a_stack_without_input_gets_one_of_the_datas_shape(show):
    document = Document(ProjectSpec())
    document.expect((28, 28, 1), 10)
    panel = show(document)
    before = document.project
    QTest.mouseClick(panel.empty.findChild(QPushButton), LEFT)
    assert names(document) == ["input", "flatten", "dense"]
    assert document.report.ok
    check_undo(document, before)


def test_the_empty_card_lies_below_the_input_and_takes_drops_for_the_view(show):
    panel = show(document_of(layer("Input")))
    assert panel.empty.geometry().top() >= card(panel.view, 0).bottom()
    assert not panel.empty.acceptDrops()
    assert panel.empty.parentWidget() is panel.view.viewport()


def test_the_header_buttons_edit_the_selected_layer(document, show):
    panel = show(document)
    before = document.project
    document.select("input")
    assert not panel.header.delete.isEnabled()
    assert not panel.header.duplicate.isEnabled()
    document.select("dropout")
    QTest.mouseClick(panel.header.duplicate, LEFT)
    assert names(document) == ["input", "flatten", "dense", "dropout", "dropout_1", "dense_1"]
    check_undo(document, before)
    document.select("dropout_1")
    QTest.mouseClick(panel.header.delete, LEFT)
    assert document.project == before


def test_the_plus_button_offers_every_layer(document, show):
    panel = show(document)
    document.select("dense")
    QTest.mouseClick(panel.header.add, LEFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(action for action in menu.actions() if action.text() == "Dense")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    assert names(document)[3] == "dense_2"
    assert document.selection == "dense_2"


def test_the_draft_notice_offers_to_revert(document, show, qtbot):
    panel = show(document)
    assert panel.header.notice() is None
    high = panel.header.height()
    panel.set_draft_notice("Draft. Run 14 keeps its own copy.")
    QApplication.processEvents()
    assert panel.header.notice() == "Draft. Run 14 keeps its own copy."
    assert panel.header.height() > high
    with qtbot.waitSignal(panel.revert_requested):
        QTest.mouseClick(panel.header.findChild(QPushButton), LEFT)
    panel.set_draft_notice(None)
    assert panel.header.notice() is None


def test_f8_goes_round_the_problems(show):
    document = document_of(layer("Input"), layer("Dense"), layer("Dropout"), layer("Dense", units=7))
    panel = show(document)
    assert [problem.layer for problem in document.report.problems] == ["dense", "dense_1"]
    chosen = []
    document.selection_changed.connect(chosen.append)
    for _ in range(3):
        QTest.keyClick(panel.view, Qt.Key.Key_F8)
    QTest.keyClick(panel.view, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert chosen == ["dense", "dense_1", "dense", "dense_1"]


def test_ctrl_dot_applies_the_first_fix_of_the_selected_problem(show):
    document = document_of(layer("Input"), layer("Dense"), layer("Dropout"), layer("Dense", units=7))
    panel = show(document)
    before = document.project
    document.select("dense_1")
    QTest.keyClick(panel.view, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert document.network.layer("dense_1").units == 10
    assert document.selection == "dense_1"
    check_undo(document, before)
    QTest.keyClick(panel.view, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert names(document) == ["input", "flatten", "dense", "dropout", "dense_1"]
    assert document.report.ok


def test_new_problems_are_announced_once(document, show):
    panel = show(document)
    heard = []
    panel.announced.connect(heard.append)
    document.apply_network("Delete Flatten", document.network.remove("flatten"))
    assert len(heard) == 1
    assert "expected a flat vector (N), got 28×28×1" in heard[0]
    document.set_layer_field("dropout", "rate", 0.4)
    assert len(heard) == 1


def test_another_project_replaces_everything(document, show):
    panel = show(document)
    document.select("dense")
    document.open(ProjectSpec(name="other", network=NetworkSpec(layers=(layer("Input"),))), None)
    assert panel.view.cards.rowCount() == 1
    assert not panel.view.currentIndex().isValid()
    assert panel.empty.isVisible()


@pytest.mark.parametrize("mode", ["dark", "light"])
@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_a_theme_change_repaints_and_resizes(broken, show, mode, zoom):
    panel = show(broken)
    theme().mode = "light" if mode == "dark" else "dark"
    before, high = panel.grab().toImage(), card(panel.view, 0).height()
    theme().mode, theme().zoom = mode, zoom
    QApplication.processEvents()
    assert panel.grab().toImage() != before
    assert card(panel.view, 0).height() == round(high * zoom)
    bottoms = [card(panel.view, row).bottom() for row in range(3)]
    tops = [card(panel.view, row).top() for row in range(1, 4)]
    assert all(top > bottom for top, bottom in zip(tops, bottoms, strict=True))


def test_a_warning_has_its_button_beside_the_text_and_lets_training_go_on(document, show):
    panel = show(document)
    document.set_layer_field("dense", "units", 2048)
    document.seal()
    QApplication.processEvents()
    assert document.report.ok
    assert panel.footer.text()[0] == "Valid, 1 warning"
    around, button = card(panel.view, 2), fix_button(panel.view, 2, 0)
    assert around.height() == 44 + 36
    assert button.right() == around.right() - 9
    before = document.project
    QTest.mouseClick(panel.view.viewport(), LEFT, pos=button.center().toPoint())
    assert document.network.layer("dense").units == 256
    check_undo(document, before)


def test_an_edit_elsewhere_leaves_the_place_that_was_scrolled_to(show):
    document = document_of(layer("Input"), layer("Flatten"), *[layer("Dense") for _ in range(40)])
    panel = show(document)
    document.select("flatten")
    bar = panel.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    document.apply("Set epochs", document.project.replace(train=document.project.train.replace(epochs=7)))
    assert bar.value() == bar.maximum()
    document.select("dense_1")
    assert bar.value() < bar.maximum()
