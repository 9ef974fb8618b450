"""Where every card, block and foot lies in the viewport. Painting, pointer and drag read the same places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QModelIndex, QPointF, QRectF

from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack.card_layout import CARD, ROW, CardLayout, Measures, lay_out
from nnstudio.gui.stack.edits import Place, is_block
from nnstudio.gui.stack.model import Index, StackModel
from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView

INNER_LEFT, INNER_RIGHT = 45, 9  # of the rows inside a block of the outer stack
DEEP_LEFT, DEEP_RIGHT = 32, 6  # of those inside a block that is inside another
FOOT, DEEP_FOOT = 28, 25
"""What a block adds below its last row: "Add skip, then ReLU" and the space round it."""


class StackGeometry:
    """The places of a view's cards at its present width."""

    def __init__(self, view: StackView, cards: StackModel) -> None:
        self._view = view
        self._cards = cards

    def measures(self, index: Index) -> Measures:
        """The kind of card."""
        return ROW if index.parent().isValid() else CARD

    def shows_inside(self, index: Index) -> bool:
        """It is a block that is open and holds layers."""
        return self._cards.rowCount(index) > 0 and self._view.isExpanded(cast(QModelIndex, index))

    def sides(self, index: Index) -> tuple[float, float]:
        """Left and right end of a card."""
        px, around = theme().px, index.parent()
        if not around.isValid():
            return float(px(at.MARGIN)), float(px(at.MARGIN) + self._view.card_width())
        left, right = self.sides(around)
        deep = around.parent().isValid()
        return left + px(DEEP_LEFT if deep else INNER_LEFT), right - px(DEEP_RIGHT if deep else INNER_RIGHT)

    def layout(self, index: Index) -> CardLayout:
        """The inside of a card."""
        left, right = self.sides(index)
        report, measures = self._cards.report(index), self.measures(index)
        units = self._view.tiles.units(report.layer.name) if measures is CARD else 0
        return lay_out(report, right - left, measures, units, self.shows_inside(index))

    def card(self, index: Index) -> QRectF:
        """A card, of an open block only its head."""
        rect = self._view.visualRect(cast(QModelIndex, index))
        layout = self.layout(index)
        return QRectF(self.sides(index)[0], rect.top() + self._above(index), layout.width, layout.height)

    def row_height(self, index: Index) -> float:
        """Height of the row in the tree: the card, gaps and margins, the feet of blocks that end here."""
        layout = self.layout(index)
        high = self._above(index) + layout.height
        if not self.shows_inside(index):
            high += self._gap(index)
            for block in self.ending(index):
                high += self._foot(block) + self._gap(block)
            if self._is_last(index):
                high += theme().px(at.MARGIN) - theme().px(at.GAP)
        return high

    def ending(self, index: Index) -> Iterator[Index]:
        """The blocks whose last row is this one, innermost first."""
        around = index.parent()
        while around.isValid() and index.row() == self._cards.rowCount(around) - 1:
            yield around
            index, around = around, around.parent()

    def feet(self, index: Index) -> list[tuple[Index, QRectF]]:
        """The feet below a row, innermost block first."""
        feet = []
        y = self.card(index).bottom() + self._gap(index)
        for block in self.ending(index):
            left, right = self.sides(block)
            feet.append((block, QRectF(left, y, right - left, self._foot(block))))
            y += self._foot(block) + self._gap(block)
        return feet

    def last_inside(self, index: Index) -> Index:
        """The last visible row of a block; of a card the card itself."""
        while self.shows_inside(index):
            index = self._cards.index(self._cards.rowCount(index) - 1, 0, index)
        return index

    def whole(self, index: Index) -> QRectF:
        """A card with everything inside: of an open block down to the end of its foot."""
        card = self.card(index)
        if self.shows_inside(index):
            feet = self.feet(self.last_inside(index))
            card.setBottom(next(foot.bottom() for block, foot in feet if block == index))
        return card

    def line(self, place: Place) -> tuple[QPointF, QPointF] | None:
        """Where the mark of a drop begins and ends; None inside a closed block."""
        around = self._cards.find(place.into)
        amount = self._cards.rowCount(around)
        if place.into and not self.shows_inside(around):
            return None
        if not amount:
            left, y = float(theme().px(at.MARGIN)), float(theme().px(at.MARGIN))
            return QPointF(left, y), QPointF(left + self._view.card_width(), y)
        next_to = self._cards.index(min(place.position, amount - 1), 0, around)
        left, right = self.sides(next_to)
        half = self._gap(next_to) / 2
        area = self.whole(next_to)
        y = area.top() - half if place.position < amount else area.bottom() + half
        return QPointF(left, y), QPointF(right, y)

    def place_at(self, y: float) -> Place:
        """Where a layer goes that is dropped at a height of the viewport."""
        index: Index = self._view.row_at(y)
        if not index.isValid():
            above = y < theme().px(at.MARGIN) and self._view.verticalScrollBar().value() == 0
            return Place(0 if above else self._cards.rowCount())
        card = self.card(index)
        if y > card.bottom() and not self.shows_inside(index):
            return self._below(index, y)
        before, behind = self._beside(index)
        if not is_block(self._cards.report(index).layer):
            return before if y < card.center().y() else behind
        inside = Place(0 if self.shows_inside(index) else self._cards.rowCount(index), self._name(index))
        edge = theme().px(self.measures(index).head) / 3
        if y < card.top() + edge:
            return before
        return inside if self.shows_inside(index) or y < card.bottom() - edge else behind

    def _below(self, index: Index, y: float) -> Place:
        """Below a card: at the end of a block whose foot is there, or behind what has ended above."""
        last = index
        for block, foot in self.feet(index):
            if y < foot.bottom() - theme().px(4):
                return Place(self._cards.rowCount(block), self._name(block))
            last = block
        return self._beside(last)[1]

    def _beside(self, index: Index) -> tuple[Place, Place]:
        around = index.parent()
        into = self._name(around) if around.isValid() else ""
        return Place(index.row(), into), Place(index.row() + 1, into)

    def _name(self, index: Index) -> str:
        return self._cards.report(index).layer.name

    def _above(self, index: Index) -> int:
        first = index.row() == 0 and not index.parent().isValid()
        return theme().px(at.MARGIN) if first else 0

    def _gap(self, index: Index) -> int:
        return theme().px(self.measures(index).gap)

    def _foot(self, block: Index) -> int:
        return theme().px(DEEP_FOOT if block.parent().isValid() else FOOT)

    def _is_last(self, index: Index) -> bool:
        outer = [index, *self.ending(index)][-1]
        return not outer.parent().isValid() and outer.row() == self._cards.rowCount() - 1
