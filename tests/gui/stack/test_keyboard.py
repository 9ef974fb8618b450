from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from nnstudio.core.layer import LAYERS
from nnstudio.gui.stack import commands
from tests.gui.stack.conftest import check_undo, names

KEY, MOD = Qt.Key, Qt.KeyboardModifier


def test_arrows_home_and_end_select(document, show):
    view = show(document).view
    document.select("flatten")
    QTest.keyClick(view, KEY.Key_Down)
    assert document.selection == "dense"
    QTest.keyClick(view, KEY.Key_End)
    assert document.selection == "dense_1"
    QTest.keyClick(view, KEY.Key_Up)
    assert document.selection == "dropout"
    QTest.keyClick(view, KEY.Key_Home)
    assert document.selection == "input"


@pytest.mark.parametrize(
    ("key", "order"),
    [
        (KEY.Key_Up, ["input", "flatten", "dropout", "dense", "dense_1"]),
        (KEY.Key_Down, ["input", "flatten", "dense", "dense_1", "dropout"]),
    ],
)
def test_alt_arrow_moves_the_layer_and_keeps_it_selected(document, show, key, order):
    view = show(document).view
    before = document.project
    document.select("dropout")
    QTest.keyClick(view, key, MOD.AltModifier)
    assert names(document) == order
    assert document.selection == "dropout"
    assert document.undo_label == "Move Dropout"
    check_undo(document, before)


def test_a_layer_never_moves_above_the_input(document, show):
    view = show(document).view
    before = document.project
    document.select("flatten")
    QTest.keyClick(view, KEY.Key_Up, MOD.AltModifier)
    assert document.project == before
    assert document.undo_label is None


@pytest.mark.parametrize("key", [KEY.Key_Delete, KEY.Key_Backspace])
def test_delete_takes_the_layer_out_and_selects_the_next(document, show, key):
    view = show(document).view
    before = document.project
    document.select("dense")
    QTest.keyClick(view, key)
    assert names(document) == ["input", "flatten", "dropout", "dense_1"]
    assert document.selection == "dropout"
    check_undo(document, before)


def test_deleting_the_last_layer_selects_the_one_before(document, show):
    view = show(document).view
    document.select("dense_1")
    QTest.keyClick(view, KEY.Key_Delete)
    assert document.selection == "dropout"
    assert view.currentIndex().row() == 3


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (KEY.Key_Delete, MOD.NoModifier),
        (KEY.Key_D, MOD.ControlModifier),
        (KEY.Key_Down, MOD.AltModifier),
    ],
)
def test_the_input_stays(document, show, key, modifier):
    view = show(document).view
    before = document.project
    document.select("input")
    QTest.keyClick(view, key, modifier)
    assert document.project == before


def test_ctrl_d_inserts_a_copy_behind_and_selects_it(document, show):
    view = show(document).view
    before = document.project
    document.select("dense")
    QTest.keyClick(view, KEY.Key_D, MOD.ControlModifier)
    assert names(document) == ["input", "flatten", "dense", "dense_2", "dropout", "dense_1"]
    copy = document.network.layer("dense_2")
    assert copy.replace(name="dense") == document.network.layer("dense")
    assert document.selection == "dense_2"
    check_undo(document, before)


def test_copied_layer_is_json_that_pastes_behind_the_selection(document, show):
    view = show(document).view
    before = document.project
    document.select("dropout")
    QTest.keyClick(view, KEY.Key_C, MOD.ControlModifier)
    assert json.loads(QApplication.clipboard().text()) == {"type": "Dropout", "name": "dropout", "rate": 0.3}
    document.select("flatten")
    QTest.keyClick(view, KEY.Key_V, MOD.ControlModifier)
    assert names(document) == ["input", "flatten", "dropout_1", "dense", "dropout", "dense_1"]
    assert document.selection == "dropout_1"
    assert document.undo_label == "Paste Dropout"
    check_undo(document, before)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[1, 2]",
        '{"type": "Nonsense"}',
        '{"type": "Dense", "units": -3}',
        '{"type": "Input"}',
        "[" * 5000,
    ],
)
def test_pasting_anything_else_changes_nothing_and_says_why(document, show, qtbot, text):
    view = show(document).view
    before = document.project
    QApplication.clipboard().setText(text)
    with qtbot.waitSignal(view.status_hint) as said:
        QTest.keyClick(view, KEY.Key_V, MOD.ControlModifier)
    assert document.project == before
    assert len(said.args[0]) > 10


def test_enter_asks_for_the_inspector(document, show, qtbot):
    panel = show(document)
    document.select("dense")
    with qtbot.waitSignal(panel.inspector_requested):
        QTest.keyClick(panel.view, KEY.Key_Return)


def test_f2_renames_in_the_card(document, show, qtbot):
    panel = show(document)
    before = document.project
    document.select("dense")
    with qtbot.assertNotEmitted(panel.inspector_requested):
        QTest.keyClick(panel.view, KEY.Key_F2)
        editor = panel.view.findChild(QLineEdit)
        assert editor.text() == "dense"
        QTest.keyClicks(editor, "hidden")
        QTest.keyClick(editor, KEY.Key_Return)
        qtbot.waitUntil(lambda: "hidden" in names(document))
    assert document.selection == "hidden"
    assert panel.view.currentIndex().row() == 2
    check_undo(document, before)


def test_escape_leaves_the_name(document, show):
    panel = show(document)
    before = document.project
    document.select("dense")
    QTest.keyClick(panel.view, KEY.Key_F2)
    editor = panel.view.findChild(QLineEdit)
    QTest.keyClicks(editor, "hidden")
    QTest.keyClick(editor, KEY.Key_Escape)
    assert document.project == before


@pytest.mark.parametrize("name", ["dropout", "  "])
def test_a_taken_or_empty_name_is_refused_with_the_reason(document, show, qtbot, name):
    panel = show(document)
    before = document.project
    document.select("dense")
    QTest.keyClick(panel.view, KEY.Key_F2)
    editor = panel.view.findChild(QLineEdit)
    with qtbot.waitSignal(panel.status_hint) as said:
        QTest.keyClicks(editor, name)
        QTest.keyClick(editor, KEY.Key_Return)
    assert "name" in said.args[0].lower() or "called" in said.args[0]
    assert document.project == before
    assert document.selection == "dense"


def test_typing_into_the_name_runs_no_command(document, show):
    panel = show(document)
    document.select("dense")
    QTest.keyClick(panel.view, KEY.Key_F2)
    editor = panel.view.findChild(QLineEdit)
    QTest.keyClick(editor, KEY.Key_Delete)
    QTest.keyClick(editor, KEY.Key_Backspace)
    assert len(document.network.layers) == 5


def test_undo_of_a_delete_selects_what_came_back(document, show):
    view = show(document).view
    document.select("dense")
    QTest.keyClick(view, KEY.Key_Delete)
    document.undo()
    assert document.selection == "dense"
    assert view.currentIndex().row() == 2


def test_undo_of_an_insert_selects_the_neighbour(document, show):
    view = show(document).view
    document.select("dense")
    commands.insert(document, LAYERS.create("Dropout"))
    assert document.selection == "dropout_1"
    document.undo()
    assert document.selection == "dropout"
    assert view.currentIndex().row() == 3
