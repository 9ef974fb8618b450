"""Draws a row of the outline: category edge, glyph, title, output shape."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle

from nnstudio.core.shapes import LayerReport
from nnstudio.gui.look.icons import glyph_pixmap
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.card_text import face, metrics, width
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.model import ROW_ROLE, Index
from nnstudio.gui.stack.texts import shape_or_unknown
from nnstudio.gui.theme import theme

MARGIN = 6
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_AT_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_GLYPH_LEFT, _TEXT_LEFT, _RIGHT = 10, 31, 7
_SMALL_GLYPH = 14


def paint_row(painter: QPainter, area: QRectF, index: Index, state: QStyle.StateFlag) -> None:
    """Draws the layer at ``index`` into ``area``."""
    row: LayerReport = index.data(ROW_ROLE)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    selected = bool(state & QStyle.StateFlag.State_Selected)
    focused = selected and bool(state & QStyle.StateFlag.State_HasFocus)
    _ground(painter, area, row, selected, bool(state & QStyle.StateFlag.State_MouseOver), focused)
    _words(painter, area, row)
    painter.restore()


def _ground(
    painter: QPainter, area: QRectF, row: LayerReport, selected: bool, hovered: bool, focused: bool
) -> None:
    radius = theme().px(METRICS.radius)
    outline = QPainterPath()
    outline.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.fillPath(outline, theme().colour("accent_tint" if selected else "hover" if hovered else "panel"))
    painter.save()
    painter.setClipPath(outline)
    edge = QRectF(area.left(), area.top(), 1 + theme().px(3), area.height())
    painter.fillRect(edge, theme().colour(row.layer.category))
    painter.restore()
    border = "accent" if selected else "border"
    if row.problems:
        border = "error" if row.problems[0].severity == "error" else "caution_line"
    thickness = float(theme().px(2)) if focused else 1.0
    painter.setPen(QPen(theme().colour(border), thickness))
    inset = thickness / 2
    painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), radius, radius)


def _words(painter: QPainter, area: QRectF, row: LayerReport) -> None:
    px, layer = theme().px, row.layer
    glyph = glyph_pixmap(layer.category, glyph_of(layer), _SMALL_GLYPH, painter.device().devicePixelRatioF())
    top = area.center().y() - px(_SMALL_GLYPH) / 2
    painter.drawPixmap(QPointF(area.left() + px(_GLYPH_LEFT), top), glyph)
    sizes = shape_or_unknown(row.output_shape)
    right = area.right() - px(_RIGHT)
    room = right - width(sizes, 11) - px(8) - area.left() - px(_TEXT_LEFT)
    title = metrics(12, 600).elidedText(layer.title, Qt.TextElideMode.ElideRight, room)
    painter.setFont(face(12, 600))
    painter.setPen(theme().colour("text"))
    painter.drawText(area.adjusted(px(_TEXT_LEFT), 0, 0, 0), _LEFT, title)
    painter.setFont(face(11))
    painter.setPen(theme().colour("muted"))
    painter.drawText(area.adjusted(0, 0, -px(_RIGHT), 0), _AT_RIGHT, sizes)
