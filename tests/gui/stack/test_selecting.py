"""Several layers at once, and the states frozen and skipped."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.stack.conftest import broken_layers, card, check_undo, document_of, layer, middle, names, tree

KEY, MOD = Qt.Key, Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton


def click(view, which, keys=MOD.NoModifier):
    QTest.mouseClick(view.viewport(), LEFT, keys, middle(view, which))


def test_shift_click_takes_all_between_and_ctrl_click_one_more_or_less(document, show):
    view = show(document).view
    click(view, "flatten")
    click(view, "dropout", MOD.ShiftModifier)
    assert document.selected == ("flatten", "dense", "dropout")
    assert document.selection == "dropout"
    click(view, "dense", MOD.ControlModifier)
    assert document.selected == ("flatten", "dropout")
    click(view, "dense_1", MOD.ControlModifier)
    assert document.selected == ("flatten", "dropout", "dense_1")
    assert document.selection == "dense_1"
    click(view, "dense")
    assert document.selected == ("dense",)


def test_shift_arrow_extends_the_selection(document, show):
    view = show(document).view
    document.select("flatten")
    QTest.keyClick(view, KEY.Key_Down, MOD.ShiftModifier)
    QTest.keyClick(view, KEY.Key_Down, MOD.ShiftModifier)
    assert document.selected == ("flatten", "dense", "dropout")
    QTest.keyClick(view, KEY.Key_Up, MOD.ShiftModifier)
    assert document.selected == ("flatten", "dense")


def test_ctrl_a_and_delete_leave_the_input(blocks, show):
    view = show(blocks).view
    before = blocks.project
    QTest.keyClick(view, KEY.Key_A, MOD.ControlModifier)
    assert len(blocks.selected) == 8
    QTest.keyClick(view, KEY.Key_Delete)
    assert names(blocks) == ["input"]
    assert blocks.undo_label == "Delete 4 layers"
    check_undo(blocks, before)


def test_what_was_deleted_together_comes_back_selected(document, show):
    view = show(document).view
    document.select_many(["flatten", "dropout"], "dropout")
    QTest.keyClick(view, KEY.Key_Delete)
    assert document.selection == "dense_1"
    document.undo()
    assert document.selected == ("flatten", "dropout")


def test_several_layers_are_duplicated_behind_the_last(document, show):
    view = show(document).view
    before = document.project
    document.select_many(["dense", "dropout"], "dense")
    QTest.keyClick(view, KEY.Key_D, MOD.ControlModifier)
    assert names(document) == ["input", "flatten", "dense", "dropout", "dense_2", "dropout_1", "dense_1"]
    assert document.selected == ("dense_2", "dropout_1")
    assert document.undo_label == "Duplicate 2 layers"
    check_undo(document, before)


def test_several_layers_are_cut_and_pasted(document, show):
    view = show(document).view
    document.select_many(["dense", "dropout"], "dense")
    QTest.keyClick(view, KEY.Key_X, MOD.ControlModifier)
    assert names(document) == ["input", "flatten", "dense_1"]
    QTest.keyClick(view, KEY.Key_V, MOD.ControlModifier)
    assert names(document) == ["input", "flatten", "dense_1", "dense", "dropout"]


def test_several_layers_move_together(blocks, show):
    view = show(blocks).view
    before = blocks.project
    blocks.select_many(["conv2d_1", "batch_norm"], "batch_norm")
    QTest.keyClick(view, KEY.Key_Up, MOD.AltModifier)
    assert tree(blocks)[:5] == ["input", "conv2d", "conv2d_1", "batch_norm", "residual"]
    assert blocks.selected == ("conv2d_1", "batch_norm")
    check_undo(blocks, before)


def test_ctrl_slash_skips_the_layers_and_takes_them_back(blocks, show):
    view = show(blocks).view
    before = blocks.project
    blocks.select_many(["batch_norm", "relu"], "relu")
    QTest.keyClick(view, KEY.Key_Slash, MOD.ControlModifier)
    assert [blocks.network.layer(name).disabled for name in ("conv2d_1", "batch_norm", "relu")] == [
        False,
        True,
        True,
    ]
    assert blocks.undo_label == "Disable 2 layers"
    assert blocks.report.ok
    spoken = view.cards.find("relu").data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "ReLU relu, layer 3 of 3 in residual, skipped"
    check_undo(blocks, before)
    QTest.keyClick(view, KEY.Key_Slash, MOD.ControlModifier)
    assert blocks.project == before


def test_a_skipped_block_skips_all_inside(blocks, show):
    view = show(blocks).view
    blocks.select("residual")
    QTest.keyClick(view, KEY.Key_Slash, MOD.ControlModifier)
    assert view.cards.states(view.cards.find("conv2d_1")) == (False, True)
    assert "skipped" in view.cards.find("conv2d_1").data(Qt.ItemDataRole.AccessibleTextRole)


def test_freezing_reaches_what_has_weights(blocks, show):
    view = show(blocks).view
    before = blocks.project
    blocks.select_many(["conv2d", "flatten"], "flatten")
    view.run("freeze")
    assert blocks.network.layer("conv2d").frozen
    assert not blocks.network.layer("flatten").frozen
    assert blocks.undo_label == "Freeze Conv2D"
    assert "frozen" in view.cards.find("conv2d").data(Qt.ItemDataRole.AccessibleTextRole)
    check_undo(blocks, before)
    view.run("freeze")
    assert blocks.project == before


@pytest.mark.parametrize("flag", ["disabled", "frozen"])
def test_the_states_can_be_seen(blocks, show, flag):
    view = show(blocks).view
    plain = view.grab().toImage()
    blocks.set_layer_field("conv2d", flag, True)
    QApplication.processEvents()
    assert view.grab().toImage() != plain


def test_the_input_is_neither_skipped_nor_deleted_with_others(document, show):
    view = show(document).view
    document.select_many(["input", "flatten"], "input")
    QTest.keyClick(view, KEY.Key_Slash, MOD.ControlModifier)
    assert not document.network.layer("input").disabled
    assert document.network.layer("flatten").disabled


def test_the_selected_card_stays_in_sight_when_problems_above_it_need_more_lines(show, qtbot):
    long = document_of(*broken_layers()[:-1], *[layer("Dense", units=7) for _ in range(9)])
    panel = show(long, (316, 400))
    view = panel.view
    long.select("dense_9")
    whole = card(view, "dense_9").bottom()
    assert whole <= view.viewport().height()
    before = view.verticalScrollBar().maximum()
    panel.resize(200, 400)
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() > before)
    assert view.viewport().rect().contains(card(view, "dense_9").toRect().adjusted(0, 1, 0, -1))
