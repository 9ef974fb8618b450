from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest

from nnstudio.gui.layer_list.panel import LayerList
from nnstudio.gui.stack import mime
from nnstudio.gui.stack.auto_scroll import ZONE
from nnstudio.gui.stack.palette_model import PaletteModel
from tests.gui.stack.conftest import (
    Dragging,
    above,
    broken_layers,
    check_undo,
    document_of,
    layer,
    middle,
    names,
)

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def from_list(qapp):
    """Mime data as the layer list makes them."""
    model = PaletteModel()
    made = []

    def take(title):
        for row in range(model.rowCount()):
            for child in range(model.rowCount(model.index(row, 0))):
                index = model.index(child, 0, model.index(row, 0))
                if index.data() == title:
                    made.append(model.mimeData([index]))
                    return made[-1]
        raise LookupError(title)

    return take


def test_a_layer_from_the_list_lands_where_it_is_dropped_and_mends_the_stack(show, from_list):
    document = document_of(*broken_layers())
    panel = show(document)
    before = document.project
    assert not document.report.ok
    drag = Dragging(panel.view, from_list("Flatten"))
    hints = []
    panel.status_hint.connect(hints.append)
    assert drag.enter(above(panel.view, 1)).isAccepted()
    assert hints[-1] == "Drop to insert Flatten after Input. Esc cancels."
    assert drag.move(above(panel.view, 2)).isAccepted()
    assert hints[-1] == "Drop to insert Flatten after dense. Esc cancels."
    drag.move(above(panel.view, 1))
    dropped = drag.drop(above(panel.view, 1))
    assert dropped.isAccepted()
    assert dropped.dropAction() == Qt.DropAction.CopyAction
    assert names(document) == ["input", "flatten", "dense", "dropout", "dense_1"]
    assert document.selection == "flatten"
    assert document.undo_label == "Insert Flatten"
    assert hints[-1] == ""
    assert document.report.ok
    check_undo(document, before)


@pytest.mark.parametrize("position", [0, 1])
def test_nothing_lands_above_the_input(document, show, from_list, position):
    panel = show(document)
    drag = Dragging(panel.view, from_list("Dropout"))
    drag.enter(above(panel.view, position))
    drag.drop(above(panel.view, position))
    assert names(document)[:2] == ["input", "dropout_1"]


def test_a_drop_below_the_last_card_goes_to_the_end(document, show, from_list):
    panel = show(document)
    below = QPoint(100, panel.view.viewport().height() - ZONE - 5)
    drag = Dragging(panel.view, from_list("Dropout"))
    drag.enter(below)
    drag.drop(below)
    assert names(document)[-1] == "dropout_1"


def test_a_card_moves_inside_the_stack(document, show):
    panel = show(document)
    view = panel.view
    before = document.project
    drag = Dragging(view, view.cards.mimeData([view.cards.index(4, 0)]))
    hints = []
    panel.status_hint.connect(hints.append)
    drag.enter(above(view, 2))
    assert hints[-1] == "Drop to move dense_1 after Flatten. Esc cancels."
    assert drag.drop(above(view, 2)).dropAction() == Qt.DropAction.MoveAction
    assert names(document) == ["input", "flatten", "dense_1", "dense", "dropout"]
    assert document.selection == "dense_1"
    assert document.undo_label == "Move Dense"
    check_undo(document, before)


def test_a_card_moves_down(document, show):
    view = show(document).view
    drag = Dragging(view, view.cards.mimeData([view.cards.index(2, 0)]))
    drag.enter(above(view, 4))
    drag.drop(above(view, 4))
    assert names(document) == ["input", "flatten", "dropout", "dense", "dense_1"]


@pytest.mark.parametrize("position", [2, 3])
def test_dropping_a_card_on_its_own_place_is_no_step(document, show, position):
    panel = show(document)
    before = document.project
    drag = Dragging(panel.view, panel.view.cards.mimeData([panel.view.cards.index(2, 0)]))
    hints = []
    panel.status_hint.connect(hints.append)
    drag.enter(above(panel.view, position))
    assert "where it is" in hints[-1]
    drag.drop(above(panel.view, position))
    assert document.project == before
    assert document.undo_label is None


def test_with_ctrl_a_copy_is_dropped(document, show):
    view = show(document).view
    before = document.project
    drag = Dragging(view, view.cards.mimeData([view.cards.index(3, 0)]))
    drag.enter(above(view, 2))
    drag.move(above(view, 2), CONTROL)
    assert drag.drop(above(view, 2), CONTROL).dropAction() == Qt.DropAction.CopyAction
    assert names(document) == ["input", "flatten", "dropout_1", "dense", "dropout", "dense_1"]
    check_undo(document, before)


def test_a_card_of_another_window_is_copied(document, show):
    other = document_of(layer("Input"), layer("Dense", name="dense", units=7))
    source, target = show(other).view, show(document).view
    drag = Dragging(target, source.cards.mimeData([source.cards.index(1, 0)]))
    drag.enter(above(target, 2))
    drag.drop(above(target, 2))
    assert names(document)[2] == "dense_2"
    assert document.network.layers[2].units == 7
    assert names(other) == ["input", "dense"]


def test_leaving_takes_mark_and_hint_away(document, show, from_list):
    panel = show(document)
    before = document.project
    drag = Dragging(panel.view, from_list("Dropout"))
    hints = []
    panel.status_hint.connect(hints.append)
    drag.enter(above(panel.view, 2))
    with_line = panel.view.grab().toImage()
    drag.leave()
    assert hints[-1] == ""
    assert panel.view.grab().toImage() != with_line
    assert document.project == before


@pytest.mark.parametrize(
    "content", [b"", b"not json", b'{"type": "Nonsense"}', b'{"type": "Input"}', b"\xff\xfe"]
)
def test_data_that_hold_no_layer_are_refused(document, show, content):
    view = show(document).view
    before = document.project
    data = QMimeData()
    data.setData(mime.LAYER, content)
    drag = Dragging(view, data)
    assert not drag.enter(above(view, 2)).isAccepted()
    drag.drop(above(view, 2))
    assert document.project == before


def test_the_input_card_offers_no_drag(document, show):
    cards = show(document).view.cards
    draggable = Qt.ItemFlag.ItemIsDragEnabled
    assert not cards.flags(cards.index(0, 0)) & draggable
    assert all(cards.flags(cards.index(row, 0)) & draggable for row in range(1, 5))


def test_near_the_end_the_stack_scrolls(show, qtbot, from_list):
    long = document_of(layer("Input"), layer("Flatten"), *[layer("Dense") for _ in range(30)])
    view = show(long, (316, 400)).view
    drag = Dragging(view, from_list("Dropout"))
    end = QPoint(100, view.viewport().height() - 4)
    drag.enter(end)
    qtbot.waitUntil(lambda: view.verticalScrollBar().value() > 60)
    drag.leave()
    still = view.verticalScrollBar().value()
    qtbot.wait(60)
    assert view.verticalScrollBar().value() == still


def test_past_the_last_card_on_show_it_scrolls_on_and_a_drop_lands_there(show, qtbot, from_list):
    long = document_of(layer("Input"), layer("Flatten"), *[layer("Dense") for _ in range(9)])
    panel = show(long, (316, 400))
    bar = panel.view.verticalScrollBar()
    drag = Dragging(panel.footer, from_list("Dropout"))
    hints = []
    panel.status_hint.connect(hints.append)
    assert drag.enter(QPoint(100, 20)).isAccepted()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    assert drag.move(QPoint(100, 20)).isAccepted()
    assert hints[-1] == "Drop to insert Dropout after dense_8. Esc cancels."
    drag.leave()
    assert hints[-1] == ""
    up = Dragging(panel.header, from_list("Flatten"))
    up.enter(QPoint(100, 10))
    qtbot.waitUntil(lambda: bar.value() == 0)
    assert up.drop(QPoint(100, 10)).isAccepted()
    assert names(long)[:2] == ["input", "flatten_1"]


def _press_and_pull(view, start: QPoint) -> None:
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 8):
        QTest.mouseMove(view.viewport(), start + QPoint(0, 5 * step))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(0, 40))


def test_pulling_a_card_starts_a_drag_with_its_picture_and_leaves_a_placeholder(document, show, monkeypatch):
    view = show(document).view
    seen = {}

    def run(drag, actions, default):
        seen["layer"] = mime.unpack(drag.mimeData(), view.cards)
        seen["size"] = drag.pixmap().deviceIndependentSize().toTuple()
        seen["moving"] = view.moving
        seen["hole"] = view.grab().toImage()
        return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", run)
    whole = view.grab().toImage()
    _press_and_pull(view, middle(view, 3))
    assert seen["layer"].moving == seen["moving"] == ("dropout",)
    assert seen["size"] == (172, 34)
    assert seen["hole"] != whole
    assert view.moving == ()


def test_pulling_the_input_starts_none(document, show, monkeypatch):
    view = show(document).view
    monkeypatch.setattr(QDrag, "exec", lambda *_: pytest.fail("the Input was lifted"))
    _press_and_pull(view, middle(view, 0))
    assert document.selection == "input"


def test_pulling_a_line_of_the_list_starts_a_drag(document, qtbot, monkeypatch):
    listed = LayerList(document)
    qtbot.addWidget(listed)
    listed.resize(172, 600)
    listed.show()
    seen = []
    monkeypatch.setattr(
        QDrag, "exec", lambda drag, *_: seen.append(mime.unpack(drag.mimeData()).layers[0].title)
    )
    start = QPointF(listed.view.visualRect(listed.view.index_of("Tanh")).center()).toPoint()
    _press_and_pull(listed.view, QPoint(60, start.y()))
    assert seen == ["Tanh"]
    assert listed.view.dragged is None


def test_a_card_that_is_copied_keeps_its_place_on_screen(document, show, monkeypatch):
    view = show(document).view
    seen = []

    def run(drag, *_actions):
        over = Dragging(view, drag.mimeData())
        over.enter(above(view, 2))
        seen.append(view.moving)
        over.move(above(view, 2), CONTROL)
        seen.append(view.moving)
        over.leave()
        return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", run)
    _press_and_pull(view, middle(view, 3))
    assert seen == [("dropout",), ()]
