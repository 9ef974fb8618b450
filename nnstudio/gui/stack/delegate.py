"""Sizes and draws the cards of the stack, and edits a layer's name in its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPersistentModelIndex, QRectF, QSize, Qt
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
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack.block_paint import paint_block
from nnstudio.gui.stack.card_layout import CARD
from nnstudio.gui.stack.card_paint import paint_card
from nnstudio.gui.stack.card_text import width
from nnstudio.gui.stack.draw import CardState
from nnstudio.gui.stack.marks import paint_placeholder
from nnstudio.gui.stack.model import ROW_ROLE, Index
from nnstudio.gui.stack.texts import amount_text, multiply_adds_text, parameters_text
from nnstudio.gui.stack.tips import multiply_adds_tip, parameters_tip, tile_tip
from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class CardDelegate(QStyledItemDelegate):
    """Cards one below the other, those of blocks as rows inside them."""

    def __init__(self, view: StackView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Height of the card with the gaps and feet below it."""
        return QSize(theme().px(at.MARGIN), round(self._view.geometry_.row_height(index)))

    def paint(self, painter: QPainter, _option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the card, or what stays in its place while it is dragged."""
        row: LayerReport = index.data(ROW_ROLE)
        view = self._view
        card = view.geometry_.card(index)
        if row.layer.name in view.moving:
            paint_placeholder(painter, view.geometry_.whole(index), f"Moving {row.layer.title}")
        elif not view.is_moving_away(index):
            paint_card(painter, card, view.geometry_.layout(index), row, self._state(index, row))

    def paint_block(self, painter: QPainter, index: Index) -> None:
        """Draws the frame of an open block, below its cards."""
        view, geometry = self._view, self._view.geometry_
        if view.is_moving_away(index):
            return
        whole, row = geometry.whole(index), view.cards.report(index)
        feet = geometry.feet(geometry.last_inside(index))
        foot = next(area for block, area in feet if block == index)
        paint_block(painter, whole, foot, geometry.layout(index), row, self._state(index, row))

    def _state(self, index: Index, row: LayerReport) -> CardState:
        view, pointer = self._view, self._view.pointer
        hovered = pointer.card == row.layer.name
        frozen, disabled = view.cards.states(index)
        return CardState(
            selected=row.layer.name in view.document.selected,
            hovered=hovered,
            target=view.drop_target == row.layer.name,
            button=pointer.button if hovered else None,
            pressed=pointer.pressed is not None,
            chevron=hovered and pointer.chevron,
            open=view.geometry_.shows_inside(index),
            frozen=frozen,
            disabled=disabled,
            data_title=view.data_title,
            tiles=view.tiles.pictures(row.layer.name),
        )

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
        card, measures = self._view.geometry_.card(index), self._view.geometry_.measures(index)
        left = theme().px(measures.text_at(bool(self._view.cards.rowCount(index))) - 8)
        high = theme().px(METRICS.field) if measures is CARD else theme().px(METRICS.block_row)
        wide = round(card.width()) - left - theme().px(measures.right)
        top = round(card.top()) + (theme().px(2) if measures is CARD else 0)
        editor.setGeometry(round(card.left()) + left, top, wide, high)

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
        text = self._number_tip(row, index, event.pos().x(), event.pos().y())
        QToolTip.showText(event.globalPos(), text or index.data(Qt.ItemDataRole.ToolTipRole), view)
        return True

    def _number_tip(self, row: LayerReport, index: Index, x: float, y: float) -> str:
        card: QRectF = self._view.geometry_.card(index)
        measures = self._view.geometry_.measures(index)
        for unit, area in enumerate(self._view.geometry_.layout(index).tiles):
            if area.translated(card.topLeft()).contains(x, y):
                return tile_tip(unit, row)
        right, depth = card.right() - theme().px(measures.right), y - card.top()
        if measures is not CARD:
            inside = x > right - width(amount_text(row.parameters), 11) and depth < theme().px(measures.head)
            return f"{parameters_tip(row)}\n{multiply_adds_tip(row)}" if inside else ""
        if depth < theme().px(METRICS.card) / 2:
            inside = x > right - width(parameters_text(row.parameters), 11)
            return parameters_tip(row) if inside else ""
        inside = x > right - width(multiply_adds_text(row.multiply_adds), 11)
        return multiply_adds_tip(row) if inside and depth < theme().px(METRICS.card) else ""
