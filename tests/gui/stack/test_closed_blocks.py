"""What is wrong inside a closed block is said, and mended, on the block's card."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.gui.stack.menu import card_menu
from nnstudio.gui.stack.problems import shown_problems
from tests.gui.stack.conftest import card, check_undo, document_of, fix_button, layer, middle

KEY, LEFT = Qt.Key, Qt.MouseButton.LeftButton
CONV = layer("Conv2D", filters=4, padding="same")
END = (layer("Flatten"), layer("Dense", units=10, activation="softmax"))


def network(*inside):
    return document_of(layer("Input"), CONV, layer("Residual", layers=inside), *END)


@pytest.fixture
def wrong():
    """A block whose pooling gets no image."""
    return network(CONV, layer("Flatten"), layer("MaxPool", name="pool"))


def box_of(view, name):
    return view.geometry_.layout(view.cards.find(name)).box


def said(view, name):
    return "".join(run.text for run in box_of(view, name).runs)


def turn(view, name):
    """Opens or closes a block with its chevron."""
    layout = view.geometry_.layout(view.cards.find(name))
    spot = layout.chevron.translated(card(view, name).topLeft()).center().toPoint()
    QTest.mouseClick(view.viewport(), LEFT, pos=spot)
    QApplication.processEvents()


def test_closing_a_block_brings_its_error_to_its_card_and_opening_takes_it_back(wrong, show):
    view = show(wrong).view
    assert said(view, "pool").startswith("Expected height")
    assert box_of(view, "residual") is None
    turn(view, "residual")
    assert said(view, "residual").startswith("1 error inside, in pool. Expected height")
    assert box_of(view, "residual").buttons[0].fix.label == "Remove Flatten"
    assert card(view, "residual").height() > 44
    turn(view, "residual")
    assert box_of(view, "residual") is None
    assert card(view, "residual").height() == 44


def test_an_error_that_comes_while_the_block_is_closed_makes_room_on_its_card(show):
    document = network(CONV, layer("Dropout", name="drop"), layer("MaxPool", name="pool"))
    view = show(document).view
    turn(view, "residual")
    before = card(view, "flatten").top()
    document.set_layer_field("pool", "pool_size", (40, 40))
    QApplication.processEvents()
    assert "1 error inside, in pool." in said(view, "residual")
    assert card(view, "flatten").top() == before + box_of(view, "residual").rect.height()


def test_errors_are_counted_and_come_before_warnings(show):
    dense = layer("Dense", units=4)  # takes no image
    view = show(network(layer("Dropout", rate=0.9), dense, layer("Flatten"), dense, CONV)).view
    turn(view, "residual")
    problems = shown_problems(view.cards.report(view.cards.find("residual")))
    errors = [problem for problem in problems if problem.severity == "error"]
    assert len(errors) == 2
    assert problems[-1].severity == "warning"
    assert said(view, "residual").startswith(f"2 errors inside, first in {errors[0].layer}. ")


def test_a_warning_inside_looks_like_one(show):
    document = network(CONV, layer("Dropout", rate=0.9, name="drop"))
    panel = show(document)
    turn(panel.view, "residual")
    assert said(panel.view, "residual").startswith("1 warning inside, in drop. Drops 90%")
    assert box_of(panel.view, "residual").problem.severity == "warning"
    assert panel.footer.text()[0] == "Valid, 1 warning"


def test_a_long_name_leaves_room_for_what_is_wrong(show):
    view = show(network(CONV, layer("Flatten"), layer("MaxPool", name="p" * 64))).view
    turn(view, "residual")
    assert f"{'p' * 20}…. Expected" in said(view, "residual")
    assert "p" * 21 not in said(view, "residual")


def test_a_click_on_the_fix_mends_the_layer_inside_and_leaves_the_block_closed(wrong, show):
    view = show(wrong).view
    turn(view, "residual")
    before = wrong.project
    QTest.mouseClick(view.viewport(), LEFT, pos=fix_button(view, "residual").center().toPoint())
    assert [one.name for one in wrong.network.layer("residual").children] == ["conv2d_1", "pool"]
    assert wrong.selected == ("residual",)
    assert not view.is_open("residual")
    check_undo(wrong, before)


def test_the_keyboard_mends_what_the_closed_block_shows_before_other_errors(show):
    document = network(CONV, layer("Flatten"), layer("MaxPool", name="pool"))
    document.expect((32, 32, 1), 10)
    view = show(document).view
    assert [problem.layer for problem in document.report.errors] == ["pool", "input"]
    assert box_of(view, "input").buttons
    turn(view, "residual")
    document.select("residual")
    menu = card_menu(view)
    assert menu.actions()[0].text() == "Remove Flatten"
    menu.deleteLater()
    QTest.keyClick(view, KEY.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert [one.name for one in document.network.layer("residual").children] == ["conv2d_1", "pool"]
    assert not view.is_open("residual")


def test_the_next_and_the_previous_error_open_the_block_and_go_there(wrong, show):
    view = show(wrong).view
    for modifier in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        turn(view, "residual")
        QTest.mouseClick(view.viewport(), LEFT, pos=middle(view, "input"))
        QTest.keyClick(view, KEY.Key_F8, modifier)
        QApplication.processEvents()
        assert view.is_open("residual")
        assert wrong.selected == ("pool",)
        assert view.viewport().rect().contains(card(view, "pool").toAlignedRect())


def test_blocks_inside_blocks_hand_the_error_up_to_the_outermost_closed_one(show):
    inner = layer("Residual", name="inner", layers=(CONV, layer("Flatten"), layer("MaxPool", name="pool")))
    view = show(network(CONV, inner)).view
    turn(view, "inner")
    assert said(view, "inner").startswith("1 error inside, in pool.")
    assert box_of(view, "residual") is None
    turn(view, "residual")
    assert said(view, "residual").startswith("1 error inside, in pool.")


def test_a_screen_reader_and_the_tooltip_tell_of_it(wrong, show):
    view = show(wrong).view
    index = view.cards.find("residual")
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "1 error inside, in pool. Expected height" in spoken
    assert "no error" not in spoken
    assert index.data(Qt.ItemDataRole.ToolTipRole).startswith("pool: MaxPool needs an image.")
