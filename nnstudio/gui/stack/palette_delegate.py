"""Draws the lines of the layer list: categories with square and count, layers with their glyph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from nnstudio.gui.look.icons import glyph_pixmap, pixmap
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.card_text import face, metrics, width
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.palette import PRESETS, Choice, Entry
from nnstudio.gui.stack.palette_model import CATEGORY_ROLE, COUNT_ROLE, ENTRY_ROLE, Index
from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.stack.palette_view import PaletteView

ROW = 24
CATEGORY_ROW = 26
_ARROW_LEFT, _SQUARE_LEFT, _SQUARE, _NAME_LEFT = 7, 28, 8, 44
_GLYPH_LEFT, _TEXT_LEFT, _RIGHT = 22, 45, 9
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PaletteDelegate(QStyledItemDelegate):
    """Lines of 24 px, categories of 26."""

    def __init__(self, view: PaletteView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """The height of the kind of line."""
        return QSize(theme().px(40), theme().px(ROW if index.parent().isValid() else CATEGORY_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws a line."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect)
        self._ground(painter, area, option.state)
        entry: Choice | None = index.data(ENTRY_ROLE)
        if isinstance(entry, Entry):
            glyph = glyph_pixmap(entry.category, glyph_of(entry.layer), 16, _ratio(painter))
            self._line(
                painter, area, glyph, entry.title, "disabled" if entry is self._view.dragged else "text"
            )
        elif entry is not None:
            self._line(painter, area, pixmap("presets", "input", 16, _ratio(painter)), entry.title, "text")
        elif index.parent().isValid():
            self._line(painter, area, pixmap("more", "text2", 16, _ratio(painter)), index.data(), "text2")
        else:
            self._category(painter, area, index, bool(option.state & QStyle.StateFlag.State_Open))
        painter.restore()

    def _ground(self, painter: QPainter, area: QRectF, state: QStyle.StateFlag) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = selected and bool(state & QStyle.StateFlag.State_HasFocus)
        box = area.adjusted(theme().px(4), 0.5, -theme().px(4), -0.5)
        radius = theme().px(METRICS.radius)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("accent_tint" if selected else "hover"))
            painter.drawRoundedRect(box, radius, radius)
        if focused:
            painter.setPen(QPen(theme().colour("accent"), theme().px(2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 0.5, -1, -0.5), radius, radius)

    def _category(self, painter: QPainter, area: QRectF, index: Index, is_open: bool) -> None:
        px, ratio = theme().px, painter.device().devicePixelRatioF()
        middle = area.center().y()
        arrow = pixmap("chevron-down" if is_open else "chevron-right", "text2", 16, ratio)
        painter.drawPixmap(QPointF(px(_ARROW_LEFT), middle - px(METRICS.icon) / 2), arrow)
        painter.setPen(Qt.PenStyle.NoPen)
        category = index.data(CATEGORY_ROLE)
        painter.setBrush(theme().colour("input" if category == PRESETS else category))
        side = px(_SQUARE)
        painter.drawRoundedRect(QRectF(px(_SQUARE_LEFT), middle - side / 2, side, side), px(2), px(2))
        count = str(index.data(COUNT_ROLE))
        painter.setFont(face(12, 600))
        painter.setPen(theme().colour("text2"))
        room = area.width() - px(_NAME_LEFT) - px(_RIGHT) - width(count, 11) - px(4)
        name = metrics(12, 600).elidedText(index.data(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(area.adjusted(px(_NAME_LEFT), 0, 0, 0), _LEFT, name)
        painter.setFont(face(11))
        painter.setPen(theme().colour("muted"))
        painter.drawText(area.adjusted(0, 0, -px(_RIGHT), 0), _AT_RIGHT, count)

    def _line(self, painter: QPainter, area: QRectF, glyph: QPixmap, title: str, colour: str) -> None:
        px = theme().px
        painter.drawPixmap(QPointF(px(_GLYPH_LEFT), area.center().y() - px(METRICS.icon) / 2), glyph)
        painter.setFont(face(13))
        painter.setPen(theme().colour(colour))
        room = area.width() - px(_TEXT_LEFT) - 1
        name = metrics(13).elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(area.adjusted(px(_TEXT_LEFT), 0, 0, 0), _LEFT, name)


def _ratio(painter: QPainter) -> float:
    return painter.device().devicePixelRatioF()
