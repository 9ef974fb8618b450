from __future__ import annotations

import itertools
import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from nnstudio.gui.stack.keys import COMMANDS
from tests.gui.stack.conftest import (
    block_layers,
    card,
    check_undo,
    document_of,
    fix_button,
    layer,
    middle,
    tree,
)

KEY, MOD = Qt.Key, Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton
WHOLE = ["input", "conv2d", "residual", ["conv2d_1", "batch_norm", "relu"], "flatten", "dense"]


def chevron(view, name):
    layout = view.geometry_.layout(view.cards.find(name))
    return layout.chevron.translated(card(view, name).topLeft()).center().toPoint()


def whole(view, name):
    return view.geometry_.whole(view.cards.find(name))


def shown(view):
    """Names of the rows that can be seen, top to bottom."""
    index, names = view.cards.index(0, 0), []
    while index.isValid():
        names.append(view.cards.report(index).layer.name)
        index = view.indexBelow(index)
    return names


def test_a_block_is_one_card_around_the_rows_of_its_layers(blocks, show):
    view = show(blocks).view
    assert tree(blocks) == WHOLE
    around = whole(view, "residual")
    rows = [card(view, name) for name in ("conv2d_1", "batch_norm", "relu")]
    assert all(around.contains(row) for row in rows)
    assert [row.height() for row in rows] == [25, 25, 25]
    assert [second.top() - first.top() for first, second in itertools.pairwise(rows)] == [27, 27]
    assert card(view, "residual").height() == 44
    assert around.bottom() - rows[-1].bottom() == 30, "room for the end of the skip path"
    assert card(view, "flatten").top() - around.bottom() == 3
    assert around.left() == card(view, "dense").left()


def test_a_closed_block_is_a_card_with_summed_counts(blocks, show):
    view = show(blocks).view
    QTest.mouseClick(view.viewport(), LEFT, pos=chevron(view, "residual"))
    QApplication.processEvents()
    assert not view.is_open("residual")
    assert shown(view) == ["input", "conv2d", "residual", "flatten", "dense"]
    assert whole(view, "residual").height() == 44
    assert card(view, "flatten").top() - card(view, "residual").bottom() == 3
    row = view.cards.report(view.cards.find("residual"))
    assert row.parameters == 3 * 3 * 4 * 4 + 4 + 8
    QTest.mouseClick(view.viewport(), LEFT, pos=chevron(view, "residual"))
    assert view.is_open("residual")


def test_the_chevron_is_large_enough_for_a_finger(blocks, show):
    view = show(blocks).view
    size = view.geometry_.layout(view.cards.find("residual")).chevron.size()
    assert size.width() >= 24
    assert size.height() >= 24


def test_the_chevron_does_not_select(blocks, show):
    view = show(blocks).view
    blocks.select("dense")
    QTest.mouseClick(view.viewport(), LEFT, pos=chevron(view, "residual"))
    assert blocks.selection == "dense"


def test_arrows_walk_into_blocks_and_left_and_right_close_and_open(blocks, show):
    view = show(blocks).view
    blocks.select("residual")
    QTest.keyClick(view, KEY.Key_Down)
    assert blocks.selection == "conv2d_1"
    QTest.keyClick(view, KEY.Key_Left)
    assert blocks.selection == "residual"
    QTest.keyClick(view, KEY.Key_Left)
    assert not view.is_open("residual")
    QTest.keyClick(view, KEY.Key_Down)
    assert blocks.selection == "flatten"
    blocks.select("residual")
    QTest.keyClick(view, KEY.Key_Right)
    assert view.is_open("residual")
    QTest.keyClick(view, KEY.Key_Right)
    assert blocks.selection == "conv2d_1"


def test_closing_a_block_takes_the_selection_out_of_it(blocks, show):
    view = show(blocks).view
    blocks.select("batch_norm")
    view.set_open("residual", False)
    assert blocks.selection == "residual"


def test_selecting_a_hidden_layer_opens_its_block(blocks, show):
    view = show(blocks).view
    view.set_open("residual", False)
    blocks.select("relu")
    assert view.is_open("residual")


def test_blocks_start_closed_in_a_low_window(blocks, show):
    panel = show(document_of(layer("Input")), (316, 720))
    panel.view.document.open(blocks.project, None)
    assert not panel.view.is_open("residual")
    panel.resize(316, 900)
    panel.view.document.open(blocks.project, None)
    assert panel.view.is_open("residual")


def test_a_block_stays_as_the_user_left_it(blocks, show, qtbot):
    view = show(blocks).view
    view.set_open("residual", False)
    blocks.set_layer_field("conv2d", "filters", 8)
    assert not view.is_open("residual")
    blocks.select("residual")
    QTest.keyClick(view, KEY.Key_F2)
    editor = view.findChild(QLineEdit)
    QTest.keyClicks(editor, "first")
    QTest.keyClick(editor, KEY.Key_Return)
    qtbot.waitUntil(lambda: blocks.selection == "first")
    assert not view.is_open("first")


def test_a_row_inside_is_selected_by_a_click_and_renamed_in_place(blocks, show, qtbot):
    view = show(blocks).view
    before = blocks.project
    QTest.mouseClick(view.viewport(), LEFT, pos=middle(view, "batch_norm"))
    assert blocks.selection == "batch_norm"
    QTest.keyClick(view, KEY.Key_F2)
    QTest.keyClicks(view.findChild(QLineEdit), "norm")
    QTest.keyClick(view.findChild(QLineEdit), KEY.Key_Return)
    qtbot.waitUntil(lambda: blocks.selection == "norm")
    assert tree(blocks)[3] == ["conv2d_1", "norm", "relu"]
    check_undo(blocks, before)


def test_a_problem_inside_stands_at_its_row_and_is_mended_there(show):
    layers = list(block_layers())
    layers[2] = layer("Residual", layers=(layer("Dense", units=4), *layers[2].layers))
    document = document_of(*layers)
    panel = show(document)
    view = panel.view
    before = document.project
    assert not document.report.ok
    button = fix_button(view, "dense")
    assert whole(view, "residual").contains(card(view, "dense"))
    assert card(view, "dense").contains(button)
    QTest.keyClick(view, KEY.Key_F8)
    assert document.selection == "dense"
    QTest.mouseClick(view.viewport(), LEFT, pos=button.center().toPoint())
    assert tree(document)[3][:2] == ["flatten_1", "dense"]
    check_undo(document, before)


def test_an_empty_block_says_so_and_takes_a_layer_from_the_keyboard(show):
    document = document_of(layer("Input"), layer("Residual"), layer("Flatten"), layer("Dense", units=10))
    panel = show(document)
    assert panel.view.cards.report(panel.view.cards.find("residual")).problems
    document.select("residual")
    from nnstudio.gui.stack import commands

    commands.insert(document, layer("BatchNorm"))
    assert tree(document)[2] == ["batch_norm"]
    assert document.selection == "batch_norm"
    assert panel.view.is_open("residual")


@pytest.mark.parametrize(
    ("selected", "key", "result"),
    [
        ("conv2d", KEY.Key_Down, ["input", "residual", ["conv2d", "conv2d_1", "batch_norm", "relu"]]),
        (
            "flatten",
            KEY.Key_Up,
            [*WHOLE[:3], ["conv2d_1", "batch_norm", "relu", "flatten"]],
        ),
        ("conv2d_1", KEY.Key_Up, ["input", "conv2d", "conv2d_1", "residual", ["batch_norm", "relu"]]),
        ("relu", KEY.Key_Down, ["input", "conv2d", "residual", ["conv2d_1", "batch_norm"], "relu"]),
        ("batch_norm", KEY.Key_Up, ["input", "conv2d", "residual", ["batch_norm", "conv2d_1", "relu"]]),
        ("residual", KEY.Key_Up, ["input", "residual", ["conv2d_1", "batch_norm", "relu"], "conv2d"]),
    ],
)
def test_alt_arrows_move_across_the_ends_of_an_open_block(blocks, show, selected, key, result):
    view = show(blocks).view
    before = blocks.project
    blocks.select(selected)
    QTest.keyClick(view, key, MOD.AltModifier)
    assert tree(blocks)[: len(result)] == result
    assert blocks.selection == selected
    check_undo(blocks, before)


def test_a_closed_block_is_stepped_over(blocks, show):
    view = show(blocks).view
    view.set_open("residual", False)
    blocks.select("flatten")
    QTest.keyClick(view, KEY.Key_Up, MOD.AltModifier)
    assert [item.name for item in blocks.network.layers] == [
        "input",
        "conv2d",
        "flatten",
        "residual",
        "dense",
    ]


def test_ctrl_g_groups_the_selected_layers_and_ctrl_shift_g_takes_them_out_again(blocks, show):
    view = show(blocks).view
    before = blocks.project
    blocks.select_many(["conv2d_1", "batch_norm"], "conv2d_1")
    QTest.keyClick(view, KEY.Key_G, MOD.ControlModifier)
    assert tree(blocks)[3] == ["residual_1", ["conv2d_1", "batch_norm"], "relu"]
    assert blocks.selection == "residual_1"
    assert blocks.undo_label == "Group 2 layers"
    grouped = blocks.project
    check_undo(blocks, before)
    blocks.select("residual_1")
    QTest.keyClick(view, KEY.Key_G, MOD.ControlModifier | MOD.ShiftModifier)
    assert blocks.project == before
    assert blocks.selected == ("conv2d_1", "batch_norm")
    check_undo(blocks, grouped)


@pytest.mark.parametrize("names", [("conv2d", "flatten"), ("input", "conv2d"), ("conv2d", "conv2d_1")])
def test_layers_that_cannot_be_grouped_stay_and_the_reason_is_said(blocks, show, qtbot, names):
    view = show(blocks).view
    before = blocks.project
    blocks.select_many(names, names[0])
    with qtbot.waitSignal(view.status_hint, check_params_cb=lambda text: "select" in text.lower()):
        QTest.keyClick(view, KEY.Key_G, MOD.ControlModifier)
    assert blocks.project == before


def test_a_block_is_copied_as_text_and_pasted_with_names_of_its_own(blocks, show):
    view = show(blocks).view
    before = blocks.project
    blocks.select("residual")
    QTest.keyClick(view, KEY.Key_C, MOD.ControlModifier)
    copied = json.loads(QApplication.clipboard().text())
    assert [inner["type"] for inner in copied["layers"]] == ["Conv2D", "BatchNorm", "Activation"]
    QTest.keyClick(view, KEY.Key_V, MOD.ControlModifier)
    assert tree(blocks)[4:6] == ["residual_1", ["conv2d_2", "batch_norm_1", "relu_1"]]
    assert blocks.selection == "residual_1"
    check_undo(blocks, before)


def test_a_duplicate_of_a_block_has_the_same_settings(blocks, show):
    view = show(blocks).view
    blocks.select("residual")
    QTest.keyClick(view, KEY.Key_D, MOD.ControlModifier)
    first, second = (blocks.network.layer(name) for name in ("residual", "residual_1"))
    assert [child.replace(name="") for child in second.children] == [
        child.replace(name="") for child in first.children
    ]
    assert blocks.report.ok


def test_deleting_inside_selects_the_neighbour_and_at_last_the_block(blocks, show):
    view = show(blocks).view
    blocks.select("batch_norm")
    for expected in ("relu", "conv2d_1", "residual"):
        QTest.keyClick(view, KEY.Key_Delete)
        assert blocks.selection == expected
    assert tree(blocks)[2:4] == ["residual", "flatten"]
    blocks.undo()
    assert blocks.selection == "conv2d_1"


def test_screen_readers_hear_where_a_row_stands(blocks, show):
    view = show(blocks).view
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert view.cards.find("batch_norm").data(spoken) == (
        "BatchNorm batch_norm, layer 2 of 3 in residual, 28x28x4 to 28x28x4, 8 parameters, no error"
    )
    assert view.cards.find("residual").data(spoken) == (
        "Residual block residual, layer 3 of 5, holds 3 layers, 28x28x4 to 28x28x4, 156 parameters, no error"
    )


@pytest.mark.parametrize(("name", "shown_as"), [("conv2d_1", ["identity"]), ("conv2d_1", ["projection"])])
def test_the_card_names_the_skip_path(blocks, show, name, shown_as):
    from nnstudio.gui.stack.texts import block_end, skip_text

    if shown_as == ["projection"]:
        blocks.set_layer_field(name, "filters", 8)
    row = blocks.report.row("residual")
    assert [skip_text(row)] == shown_as
    assert block_end(row.layer) == "Add skip, then ReLU"


def test_every_command_of_the_menu_has_a_place_in_the_view(blocks, show):
    view = show(blocks).view
    blocks.select("residual")
    QApplication.clipboard().setText(json.dumps({"type": "Dropout"}))
    for command in COMMANDS:
        if command.name != "rename":
            view.run(command.name)
