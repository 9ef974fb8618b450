"""What is under the pointer: a card, perhaps one of its fix buttons, and which button is held down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from nnstudio.gui.stack import commands
from nnstudio.gui.stack.delegate import CardDelegate
from nnstudio.gui.stack.model import StackModel

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class CardPointer:
    """Follows the pointer over the stack and clicks the painted fix buttons.

    Attributes:
        card: Position of the card under the pointer, or -1.
        button: Number of its fix button under the pointer, or None.
        pressed: Number of the button that is held down, or None.
    """

    def __init__(self, view: StackView, cards: StackModel, delegate: CardDelegate) -> None:
        self._view = view
        self._cards = cards
        self._delegate = delegate
        self.card = -1
        self.button: int | None = None
        self.pressed: int | None = None

    def follow(self, point: QPoint | None) -> None:
        """The pointer is at ``point`` of the viewport, or outside; repaints if that makes a difference."""
        card, button = (-1, None) if point is None else self._find(point)
        if (card, button) == (self.card, self.button):
            return
        self.card, self.button = card, button
        over_button = button is not None
        viewport = self._view.viewport()
        viewport.setCursor(Qt.CursorShape.PointingHandCursor if over_button else Qt.CursorShape.ArrowCursor)
        viewport.update()

    def press(self) -> bool:
        """The left button went down; True if a fix button takes it."""
        if self.button is None:
            return False
        self.pressed = self.button
        self._view.viewport().update()
        return True

    def release(self, point: QPoint) -> bool:
        """It went up at ``point``; applies the fix if that is still its button. True if one was held."""
        pressed, self.pressed = self.pressed, None
        if pressed is None:
            return False
        self.follow(point)
        if self.button == pressed:
            row = self._cards.row(self.card)
            commands.apply_fix(self._view.document, row.problems[0].fixes[pressed], row.layer.name)
        self._view.viewport().update()
        return True

    def _find(self, point: QPoint) -> tuple[int, int | None]:
        index = self._view.indexAt(point)
        if not index.isValid():
            return -1, None
        card = self._view.card_rect(index.row())
        if not card.contains(QPointF(point)):
            return -1, None
        layout = self._delegate.layout_of(self._cards.row(index.row()))
        return index.row(), layout.button_at(QPointF(point) - card.topLeft())
