"""Documents and panels for the tests of the stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.gui.document import Document
from nnstudio.gui.stack.panel import StackPanel
from nnstudio.gui.stack.view import StackView

MakeDocument = Callable[..., Document]


def layer(kind: str, **fields: Any) -> LayerSpec:
    return LAYERS.create(kind, **fields)


def valid_layers() -> tuple[LayerSpec, ...]:
    return (
        layer("Input"),
        layer("Flatten"),
        layer("Dense", units=64, activation="relu"),
        layer("Dropout"),
        layer("Dense", units=10, activation="softmax"),
    )


def broken_layers() -> tuple[LayerSpec, ...]:
    """Dense directly behind an image: its card has an error with a fix."""
    return layer("Input"), *valid_layers()[2:]


def document_of(*layers: LayerSpec) -> Document:
    document = Document(ProjectSpec(name="sample", network=NetworkSpec(layers=layers)))
    document.expect((28, 28, 1), 10)
    return document


def names(document: Document) -> list[str]:
    return [item.name for item in document.network.layers]


def check_undo(document: Document, before: ProjectSpec) -> None:
    """One undo gives the whole project back, one redo makes the same edit again."""
    after = document.project
    assert after != before
    document.undo()
    assert document.project == before
    document.redo()
    assert document.project == after


@pytest.fixture
def document() -> Document:
    return document_of(*valid_layers())


@pytest.fixture
def broken() -> Document:
    return document_of(*broken_layers())


@pytest.fixture
def show(qtbot: Any) -> Callable[[Document], StackPanel]:
    """Shows the panel of a document at its real size, ready for events."""
    kept: list[StackPanel] = []

    def make(document: Document, size: tuple[int, int] = (316, 800)) -> StackPanel:
        panel = StackPanel(document)
        kept.append(panel)  # qtbot holds widgets weakly
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitExposed(panel)
        panel.activateWindow()
        panel.view.setFocus()
        QApplication.processEvents()
        return panel

    return make


class Dragging:
    """Sends a view, or another widget, the events of a drag, with the mime data of a real one."""

    def __init__(self, view: QWidget, data: QMimeData) -> None:
        self.target = view.viewport() if isinstance(view, StackView) else view
        self.data = data
        self.actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def enter(self, at: QPoint) -> QDragEnterEvent:
        event = QDragEnterEvent(
            at, self.actions, self.data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(self.target, event)
        return event

    def move(self, at: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QDragMoveEvent:
        event = QDragMoveEvent(at, self.actions, self.data, Qt.MouseButton.LeftButton, keys)
        QApplication.sendEvent(self.target, event)
        return event

    def drop(self, at: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QDropEvent:
        event = QDropEvent(QPointF(at), self.actions, self.data, Qt.MouseButton.LeftButton, keys)
        QApplication.sendEvent(self.target, event)
        return event

    def leave(self) -> None:
        QApplication.sendEvent(self.target, QDragLeaveEvent())


def card(view: StackView, which: int | str) -> QRectF:
    """The card of a layer by its place in the outer stack or by its name."""
    cards = view.cards
    index = cards.find(which) if isinstance(which, str) else cards.index(which, 0)
    assert index.isValid(), which
    return view.geometry_.card(index)


def fix_button(view: StackView, which: int | str, number: int = 0) -> QRectF:
    """The button of a fix in the viewport."""
    index = view.cards.find(which) if isinstance(which, str) else view.cards.index(which, 0)
    box = view.geometry_.layout(index).box
    assert box is not None, f"{which} has no problem"
    return box.buttons[number].rect.translated(card(view, which).topLeft())


def above(view: StackView, which: int | str) -> QPoint:
    """A point in the upper half of a card: a drop there goes in front of it."""
    found = card(view, which)
    return QPointF(found.center().x(), found.top() + 6).toPoint()


def middle(view: StackView, which: int | str) -> QPoint:
    found = card(view, which)
    return QPointF(found.center().x(), found.top() + min(20, found.height() / 2)).toPoint()


def block_layers() -> tuple[LayerSpec, ...]:
    """An image network with a residual block of three layers."""
    inside = (
        layer("Conv2D", filters=4, padding="same"),
        layer("BatchNorm"),
        layer("Activation", function="relu"),
    )
    return (
        layer("Input"),
        layer("Conv2D", filters=4, padding="same"),
        layer("Residual", layers=inside),
        layer("Flatten"),
        layer("Dense", units=10, activation="softmax"),
    )


@pytest.fixture
def blocks() -> Document:
    """``input, conv2d, residual (conv2d_1, batch_norm, relu), flatten, dense``."""
    return document_of(*block_layers())


def tree(document: Document) -> list[Any]:
    """Names of the layers, those of a block as a list behind its name."""

    def inside(layers: tuple[LayerSpec, ...]) -> list[Any]:
        found: list[Any] = []
        for one in layers:
            found += [one.name, inside(one.children)] if one.children else [one.name]
        return found

    return inside(document.network.layers)
