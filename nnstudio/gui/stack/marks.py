"""Draws what comes and goes above the cards: placeholder, focus ring and drop line."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.draw import draw_text
from nnstudio.gui.theme import theme


def paint_placeholder(painter: QPainter, card: QRectF, text: str) -> None:
    """Draws what stays where a card is being dragged away: a dashed frame that says so."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(theme().colour("strong"), 1)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = theme().px(METRICS.radius_card)
    painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    draw_text(painter, text, card.left() + theme().px(12), card.center().y(), 12, 400, "muted")
    painter.restore()


def paint_focus(painter: QPainter, card: QRectF, radius: int, gap: int = 1) -> None:
    """Draws the focus ring round a card: 2 px, ``gap`` px off."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    thickness = theme().px(2)
    off = gap + thickness / 2
    painter.setPen(QPen(theme().colour("accent"), thickness))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rounded = theme().px(radius) + off
    painter.drawRoundedRect(card.adjusted(-off, -off, off, off), rounded, rounded)
    painter.restore()


def paint_drop_line(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """Draws the mark of a drop: a 2 px line that begins with a round end."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    thickness = theme().px(2)
    radius = theme().px(4)
    painter.setPen(QPen(theme().colour("accent"), thickness))
    painter.drawLine(start + QPointF(2 * radius, 0), end)
    painter.setBrush(theme().colour("panel"))
    painter.drawEllipse(start + QPointF(radius, 0), radius, radius)
    painter.restore()
