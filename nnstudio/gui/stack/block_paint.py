"""Draws what surrounds the rows of an open block: its frame, the skip path, and what happens at its end."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from nnstudio.core.shapes import LayerReport
from nnstudio.gui.look.icons import pixmap
from nnstudio.gui.stack.card_layout import CARD, CardLayout
from nnstudio.gui.stack.card_paint import radius_of
from nnstudio.gui.stack.draw import CardState, draw_frame, draw_text
from nnstudio.gui.stack.texts import block_end
from nnstudio.gui.theme import theme

_PATH, _DEEP_PATH = 28, 18  # where the skip path runs, from the left of the block
_BRANCH = 10  # length of its ends
_HEAD = 3.5  # of the arrow
_PLUS = 14
_PLUS_LEFT, _DEEP_PLUS_LEFT = 46, 33
_TEXT_LEFT, _DEEP_TEXT_LEFT = 68, 54


def paint_block(
    painter: QPainter,
    whole: QRectF,
    foot: QRectF,
    layout: CardLayout,
    row: LayerReport,
    state: CardState,
) -> None:
    """Draws an open block without its head and its rows.

    Args:
        painter: Paints in the viewport.
        whole: The block from its head to its foot.
        foot: The strip below its last row.
        layout: The layout of its head.
        row: What is known of the block.
        state: How it looks.
    """
    outer = layout.measures is CARD
    px = theme().px
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_frame(painter, whole, row, state, px(layout.measures.edge), px(radius_of(layout)))
    colour = "strong" if state.quiet else row.layer.category
    middle = foot.top() + px(10.5)
    x = whole.left() + px(_PATH if outer else _DEEP_PATH)
    top = whole.top() + layout.height - (px(4) if outer and layout.box is None else 0)
    _skip_path(painter, colour, x, top, middle)
    left = whole.left() + px(_PLUS_LEFT if outer else _DEEP_PLUS_LEFT)
    plus = pixmap("add-circle", colour, _PLUS, painter.device().devicePixelRatioF())
    painter.drawPixmap(QPointF(left, middle - px(_PLUS) / 2), plus)
    text_left = whole.left() + px(_TEXT_LEFT if outer else _DEEP_TEXT_LEFT)
    draw_text(painter, block_end(row.layer), text_left, middle, 12 if outer else 11, 400, "text2")
    painter.restore()


def _skip_path(painter: QPainter, colour: str, x: float, top: float, bottom: float) -> None:
    """From above the first row past all of them to the addition."""
    px = theme().px
    pen = QPen(theme().colour(colour), 1.4 * theme().zoom)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    end = x + px(_BRANCH)
    painter.drawPolyline(
        QPolygonF([QPointF(end, top), QPointF(x, top), QPointF(x, bottom), QPointF(end, bottom)])
    )
    head, tip = _HEAD * theme().zoom, QPointF(end, bottom)
    painter.drawPolyline(QPolygonF([tip + QPointF(-head, -head), tip, tip + QPointF(-head, head)]))
