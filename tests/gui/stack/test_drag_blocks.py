"""Dragging into, inside and out of blocks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from nnstudio.gui.stack import mime
from nnstudio.gui.stack.hover_open import HOLD_MS
from tests.gui.stack.conftest import (
    Dragging,
    above,
    card,
    check_undo,
    document_of,
    layer,
    middle,
    tree,
)

CONTROL = Qt.KeyboardModifier.ControlModifier


def lifted(view, *names):
    """A drag of cards of the view itself."""
    return Dragging(view, view.cards.mimeData([view.cards.find(name) for name in names]))


def below(view, name):
    """A point in the lower half of a card."""
    found = card(view, name)
    return QPoint(round(found.center().x()), round(found.bottom() - 4))


def foot(view, name):
    """A point on "Add skip, then ReLU"."""
    geometry = view.geometry_
    feet = geometry.feet(geometry.last_inside(view.cards.find(name)))
    area = next(area for block, area in feet if block == view.cards.find(name))
    return QPoint(round(area.center().x()), round(area.top() + 8))


def drop(view, drag, at, keys=Qt.KeyboardModifier.NoModifier):
    hints = []
    view.status_hint.connect(hints.append)
    assert drag.enter(at).isAccepted()
    drag.move(at, keys)
    drag.drop(at, keys)
    return hints[-2]


def test_a_layer_from_the_list_lands_between_the_rows_of_a_block(blocks, show):
    view = show(blocks).view
    before = blocks.project
    hint = drop(view, Dragging(view, mime.pack((layer("Dropout"),))), above(view, "batch_norm"))
    assert hint == "Drop to insert Dropout after conv2d_1 in Residual block. Esc cancels."
    assert tree(blocks)[3] == ["conv2d_1", "dropout", "batch_norm", "relu"]
    assert blocks.selection == "dropout"
    check_undo(blocks, before)


@pytest.mark.parametrize(
    ("where", "inside"),
    [
        (lambda view: below(view, "residual"), ["dropout", "conv2d_1", "batch_norm", "relu"]),
        (lambda view: below(view, "relu"), ["conv2d_1", "batch_norm", "relu", "dropout"]),
        (lambda view: foot(view, "residual"), ["conv2d_1", "batch_norm", "relu", "dropout"]),
    ],
)
def test_the_head_takes_a_layer_to_the_beginning_and_the_foot_to_the_end(blocks, show, where, inside):
    view = show(blocks).view
    drop(view, Dragging(view, mime.pack((layer("Dropout"),))), where(view))
    assert tree(blocks)[3] == inside


def test_above_the_head_and_behind_the_foot_is_outside(blocks, show):
    view = show(blocks).view
    drop(view, Dragging(view, mime.pack((layer("Dropout"),))), above(view, "residual"))
    assert tree(blocks)[2:4] == ["dropout", "residual"]
    drop(view, Dragging(view, mime.pack((layer("Dropout"),))), above(view, "flatten"))
    assert tree(blocks)[5:7] == ["dropout_1", "flatten"]


def test_a_row_moves_inside_its_block_out_of_it_and_back(blocks, show):
    view = show(blocks).view
    before = blocks.project
    drop(view, lifted(view, "relu"), above(view, "conv2d_1"))
    assert tree(blocks)[3] == ["relu", "conv2d_1", "batch_norm"]
    check_undo(blocks, before)
    drop(view, lifted(view, "relu"), above(view, "flatten"))
    assert tree(blocks)[3:5] == [["conv2d_1", "batch_norm"], "relu"]
    drop(view, lifted(view, "relu"), foot(view, "residual"))
    assert blocks.project == before
    assert blocks.selection == "relu"


def test_a_whole_block_moves_with_what_it_holds(blocks, show):
    view = show(blocks).view
    before = blocks.project
    hint = drop(view, lifted(view, "residual"), above(view, "conv2d"))
    assert hint == "Drop to move Residual block after Input. Esc cancels."
    assert tree(blocks)[:3] == ["input", "residual", ["conv2d_1", "batch_norm", "relu"]]
    check_undo(blocks, before)


@pytest.mark.parametrize("name", ["conv2d_1", "relu"])
def test_a_block_cannot_be_dropped_into_itself(blocks, show, name):
    view = show(blocks).view
    before = blocks.project
    hint = drop(view, lifted(view, "residual"), middle(view, name))
    assert hint == "Residual block can't go into itself. Esc cancels."
    assert blocks.project == before
    assert blocks.undo_label is None


def test_several_cards_move_together_in_their_order(blocks, show):
    view = show(blocks).view
    before = blocks.project
    hint = drop(view, lifted(view, "conv2d", "flatten"), above(view, "batch_norm"))
    assert hint == "Drop to move 2 layers after conv2d_1 in Residual block. Esc cancels."
    assert tree(blocks)[:3] == ["input", "residual", ["conv2d_1", "conv2d", "flatten", "batch_norm", "relu"]]
    assert blocks.selected == ("conv2d", "flatten")
    check_undo(blocks, before)


def test_with_ctrl_a_row_is_copied_out_of_its_block(blocks, show):
    view = show(blocks).view
    drop(view, lifted(view, "batch_norm"), above(view, "residual"), CONTROL)
    assert tree(blocks)[2:5] == ["batch_norm_1", "residual", ["conv2d_1", "batch_norm", "relu"]]


def test_a_closed_block_takes_a_layer_in_its_middle_and_is_marked(blocks, show):
    view = show(blocks).view
    view.set_open("residual", False)
    QApplication.processEvents()
    drag = Dragging(view, mime.pack((layer("Dropout"),)))
    drag.enter(card(view, "residual").center().toPoint())
    assert view.drop_target == "residual"
    drag.move(above(view, "residual"))
    assert view.drop_target == ""
    drag.drop(card(view, "residual").center().toPoint())
    assert tree(blocks)[3] == ["conv2d_1", "batch_norm", "relu", "dropout"]
    assert view.is_open("residual"), "what was dropped is shown"


def test_an_empty_block_takes_a_layer(show):
    document = document_of(layer("Input"), layer("Residual"), layer("Flatten"), layer("Dense", units=10))
    view = show(document).view
    drop(view, Dragging(view, mime.pack((layer("BatchNorm"),))), middle(view, "residual"))
    assert tree(document)[:3] == ["input", "residual", ["batch_norm"]]


def test_a_block_from_the_list_can_be_dropped_into_a_block(blocks, show):
    view = show(blocks).view
    inner = layer("Residual", layers=(layer("BatchNorm"),))
    drop(view, Dragging(view, mime.pack((inner,))), foot(view, "residual"))
    assert tree(blocks)[3] == ["conv2d_1", "batch_norm", "relu", "residual_1", ["batch_norm_1"]]
    QApplication.processEvents()
    outer, nested = (view.geometry_.whole(view.cards.find(name)) for name in ("residual", "residual_1"))
    assert outer.contains(nested)
    assert nested.contains(card(view, "batch_norm_1"))
    drop(view, lifted(view, "batch_norm_1"), foot(view, "residual"))
    assert tree(blocks)[3][-1] == "batch_norm_1"


def test_the_drop_line_lies_between_the_rows_it_stands_for(blocks, show):
    view = show(blocks).view
    drag = Dragging(view, mime.pack((layer("Dropout"),)))
    drag.enter(above(view, "batch_norm"))
    start, end = view.geometry_.line(view._drag._drop.place)
    first, second = card(view, "conv2d_1"), card(view, "batch_norm")
    assert first.bottom() <= start.y() <= second.top()
    assert (start.x(), end.x()) == (second.left(), second.right())
    drag.leave()


def held_over_closed(show, document, qtbot):
    """A drag that waited over a closed block until it opened."""
    view = show(document).view
    view.set_open("residual", False)
    QApplication.processEvents()
    drag = Dragging(view, mime.pack((layer("Dropout"),)))
    drag.enter(card(view, "residual").center().toPoint())
    assert not view.is_open("residual")
    qtbot.waitUntil(lambda: view.is_open("residual"), timeout=5_000)
    return view, drag


def test_a_closed_block_opens_under_a_drag_that_waits_and_takes_it_between_its_layers(blocks, show, qtbot):
    view, drag = held_over_closed(show, blocks, qtbot)
    drag.move(above(view, "batch_norm"))
    drag.drop(above(view, "batch_norm"))
    assert tree(blocks)[3] == ["conv2d_1", "dropout", "batch_norm", "relu"]
    assert view.is_open("residual")


@pytest.mark.parametrize("end", ["leave", "drop elsewhere"])
def test_a_block_that_got_nothing_closes_again(blocks, show, qtbot, end):
    view, drag = held_over_closed(show, blocks, qtbot)
    if end == "leave":
        drag.leave()
    else:
        drag.move(below(view, "dense"))
        drag.drop(below(view, "dense"))
        assert tree(blocks)[-1] == "dropout"
    assert not view.is_open("residual")


def test_a_drag_that_passes_opens_no_block(blocks, show, qtbot):
    view = show(blocks).view
    view.set_open("residual", False)
    QApplication.processEvents()
    drag = Dragging(view, mime.pack((layer("Dropout"),)))
    drag.enter(card(view, "residual").center().toPoint())
    drag.move(above(view, "flatten"))
    qtbot.wait(HOLD_MS + 100)
    assert not view.is_open("residual")
    drag.leave()
