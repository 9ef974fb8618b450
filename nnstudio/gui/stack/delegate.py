"""Sizes and draws the cards of the stack, and edits a layer's name in its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from nnstudio.core.shapes import LayerReport
from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack.card_layout import CardLayout, lay_out
from nnstudio.gui.stack.card_paint import CardState, paint_card, paint_placeholder
from nnstudio.gui.stack.card_text import width
from nnstudio.gui.stack.model import ROW_ROLE, Index
from nnstudio.gui.stack.texts import multiply_adds_text, parameters_text
from nnstudio.gui.stack.tips import multiply_adds_tip, parameters_tip
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class CardDelegate(QStyledItemDelegate):
    """Cards, ``GAP`` apart, with a margin round the whole stack."""

    def __init__(self, view: StackView) -> None:
        super().__init__(view)
        self._view = view

    def layout_of(self, row: LayerReport) -> CardLayout:
        """The layout of a card at the view's present width."""
        return lay_out(row, float(self._view.card_width()))

    def card_rect(self, index: Index, rect: QRect) -> QRectF:
        """The card inside its row's rectangle."""
        top = rect.top() + (theme().px(at.MARGIN) if index.row() == 0 else 0)
        layout = self.layout_of(index.data(ROW_ROLE))
        return QRectF(theme().px(at.MARGIN), top, layout.width, layout.height)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Height of the card, the gap below it and, at both ends, the margin."""
        high = self.layout_of(index.data(ROW_ROLE)).height + theme().px(at.GAP)
        if index.row() == 0:
            high += theme().px(at.MARGIN)
        if index.row() == index.model().rowCount() - 1:
            high += theme().px(at.MARGIN) - theme().px(at.GAP)
        return QSize(theme().px(at.MARGIN), round(high))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the card, or what stays in its place while it is dragged."""
        row: LayerReport = index.data(ROW_ROLE)
        card = self.card_rect(index, option.rect)
        if row.layer.name == self._view.moving:
            paint_placeholder(painter, card, f"Moving {row.layer.title}")
            return
        view, pointer = self._view, self._view.pointer
        hovered = pointer.card == index.row()
        state = CardState(
            selected=view.currentIndex().row() == index.row(),
            hovered=hovered,
            button=pointer.button if hovered else None,
            pressed=pointer.pressed is not None,
            data_title=view.data_title,
        )
        paint_card(painter, card, self.layout_of(row), row, state)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A field for the layer's name."""
        editor = QLineEdit(parent)
        editor.setMaxLength(64)
        editor.setAccessibleName(f"Name of {index.data()}")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Fills in the name and marks it, so that typing replaces it."""
        if isinstance(editor, QLineEdit):
            editor.setText(index.data(Qt.ItemDataRole.EditRole))
            editor.selectAll()

    def updateEditorGeometry(self, editor: QWidget, _option: QStyleOptionViewItem, index: Index) -> None:
        """Puts the field over the title."""
        card = self.card_rect(index, self._view.visualRect(index))
        left, high = theme().px(at.TEXT_LEFT - 8), theme().px(METRICS.field)
        wide = round(card.width()) - left - theme().px(at.RIGHT)
        editor.setGeometry(round(card.left()) + left, round(card.top()) + theme().px(2), wide, high)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: Index | QPersistentModelIndex,
    ) -> bool:
        """Explains the two numbers at the right where the pointer is over them."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        row: LayerReport = index.data(ROW_ROLE)
        text = self._number_tip(row, self.card_rect(index, option.rect), event.pos().x(), event.pos().y())
        QToolTip.showText(event.globalPos(), text or index.data(Qt.ItemDataRole.ToolTipRole), view)
        return True

    def _number_tip(self, row: LayerReport, card: QRectF, x: float, y: float) -> str:
        right = card.right() - theme().px(at.RIGHT)
        depth = y - card.top()
        if depth < theme().px(METRICS.card) / 2:
            inside = x > right - width(parameters_text(row.parameters), 11)
            return parameters_tip(row) if inside else ""
        inside = x > right - width(multiply_adds_text(row.multiply_adds), 11)
        return multiply_adds_tip(row) if inside and depth < theme().px(METRICS.card) else ""
