"""The picture that follows the pointer while a layer is dragged."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QDrag, QPainter, QPainterPath, QPen, QPixmap

from nnstudio.core.layer import LayerSpec
from nnstudio.gui.look.icons import glyph_pixmap, pixmap
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.card_text import face, metrics, width
from nnstudio.gui.stack.commands import called
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.theme import theme

_SIZE = QSize(172, 34)
_GRIP_LEFT, _GLYPH_LEFT, _TEXT_LEFT = 10, 33, 57


def carried_card(layer: LayerSpec, ratio: float, title: str = "") -> QPixmap:
    """A small card with the layer's glyph and title, ``ratio`` device pixels per pixel."""
    px = theme().px
    title = title or layer.title
    wide = max(px(_SIZE.width()), round(px(_TEXT_LEFT) + width(title, 13, 600) + px(16)))
    size = QSize(wide, px(_SIZE.height()))
    drawn = QPixmap(size * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(0, 0, size.width(), size.height()).adjusted(0.5, 0.5, -0.5, -0.5)
    outline = QPainterPath()
    outline.addRoundedRect(frame, px(METRICS.radius_card), px(METRICS.radius_card))
    painter.fillPath(outline, theme().colour("panel"))
    painter.setClipPath(outline)
    painter.fillRect(QRectF(0, 0, 1 + px(4), size.height()), theme().colour(layer.category))
    painter.setClipping(False)
    painter.strokePath(outline, QPen(theme().colour("accent"), 1))
    top = (size.height() - px(METRICS.icon)) // 2
    painter.drawPixmap(px(_GRIP_LEFT), top, pixmap("grip", "muted", 16, ratio))
    painter.drawPixmap(px(_GLYPH_LEFT), top, glyph_pixmap(layer.category, glyph_of(layer), 16, ratio))
    painter.setFont(face(13, 600))
    painter.setPen(theme().colour("text"))
    high = metrics(13, 600).height()
    where = QRectF(px(_TEXT_LEFT), (size.height() - high) / 2, size.width(), high)
    painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
    painter.end()
    return drawn


def dress(drag: QDrag, layers: tuple[LayerSpec, ...], ratio: float) -> None:
    """Gives a drag the picture of its layers, held by its right end as in the hand."""
    drag.setPixmap(carried_card(layers[0], ratio, called(layers)))
    size = drag.pixmap().deviceIndependentSize()
    drag.setHotSpot(QPoint(round(size.width() * 0.85), round(size.height() * 0.5)))
