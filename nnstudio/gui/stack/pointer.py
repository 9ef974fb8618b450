"""What is under the pointer: a card, perhaps its chevron or a fix button, and which button is held down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, QPointF, Qt

from nnstudio.gui.stack import problems
from nnstudio.gui.stack.model import StackModel

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class CardPointer:
    """Follows the pointer over the stack and clicks the painted buttons and chevrons.

    Attributes:
        card: Name of the layer under the pointer, or "".
        button: Number of its fix button under the pointer, or None.
        chevron: The pointer is over the block's chevron.
        pressed: Number of the button that is held down, or None.
    """

    def __init__(self, view: StackView, cards: StackModel) -> None:
        self._view = view
        self._cards = cards
        self.card = ""
        self.button: int | None = None
        self.chevron = False
        self.pressed: int | None = None

    @property
    def index(self) -> QModelIndex:
        """Index of the card under the pointer; invalid if there is none."""
        return self._cards.find(self.card)

    def follow(self, point: QPoint | None) -> None:
        """The pointer is at ``point`` of the viewport, or outside; repaints if that makes a difference."""
        found = ("", None, False) if point is None else self._find(point)
        if found == (self.card, self.button, self.chevron):
            return
        self.card, self.button, self.chevron = found
        hand = self.button is not None or self.chevron
        viewport = self._view.viewport()
        viewport.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
        viewport.update()

    def press(self) -> bool:
        """The left button went down; True if a fix button or a chevron takes it."""
        if self.chevron:
            self._view.set_open(self.card, not self._view.is_open(self.card))
            return True
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
            box = self._view.geometry_.layout(self.index).box
            if box is not None:
                problems.apply_fix(self._view.document, box.buttons[pressed].fix, box.problem.layer)
        self._view.viewport().update()
        return True

    def _find(self, point: QPoint) -> tuple[str, int | None, bool]:
        index = self._view.indexAt(point)
        if not index.isValid():
            return "", None, False
        geometry = self._view.geometry_
        card = geometry.card(index)
        if not card.contains(QPointF(point)):
            return "", None, False
        layout, inside = geometry.layout(index), QPointF(point) - card.topLeft()
        chevron = layout.chevron is not None and layout.chevron.contains(inside)
        return self._cards.report(index).layer.name, layout.button_at(inside), chevron
