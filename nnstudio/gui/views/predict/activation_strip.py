"""The outputs of all layers for one drawing, side by side: a picture per channel, a cell per unit."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.gui.look.icons import layer_glyph
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.map_colours import diverging, sequential
from nnstudio.gui.views.pixels import rgb_image
from nnstudio.gui.views.predict.activation_layout import (
    BETWEEN,
    CAPTION,
    TILES,
    TITLE,
    Block,
    Place,
    blocks,
    figures,
    shown,
)
from nnstudio.gui.views.predict.layer_maps import LayerMaps
from nnstudio.gui.widgets import numbers


class ActivationStrip(QWidget):
    """Draws the layers from left to right. A click, or Return on what the arrows chose, enlarges a map.

    Signals:
        chosen(int, int): Number of a layer and of one of its channels or units.
    """

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerMaps, ...] = ()
        self._together = True
        self._images: list[list[QImage]] = []
        self._blocks: tuple[Block, ...] = ()
        self._places: list[Place] = []
        self._current = 0  # of the places
        self.setAccessibleName("Activations, layer by layer")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("focusRing", "none")  # the chosen map has its frame
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._draw)

    @property
    def places(self) -> tuple[Place, ...]:
        """What is drawn where."""
        return tuple(self._places)

    def show_layers(self, layers: tuple[LayerMaps, ...]) -> None:
        """Shows other outputs."""
        same = [(one.title, one.shape) for one in layers] == [(one.title, one.shape) for one in self._layers]
        self._layers = layers
        if not same:
            self._current = 0
        self._draw()

    def set_together(self, together: bool) -> None:
        """Colours a layer's maps by the largest value of the layer, or each map by its own."""
        self._together = together
        self._draw()

    def sizeHint(self) -> QSize:
        """All layers."""
        right = self._blocks[-1].area.right() if self._blocks else 0
        return QSize(right + 1, theme().px(TITLE + TILES + CAPTION))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Enlarge the map under the mouse."""
        found = self._at(event.position().toPoint())
        if found >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(found)
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from map to map; Return enlarges."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns_at(self._current),
            Qt.Key.Key_Down: self._columns_at(self._current),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._tell()
        elif key in steps and self._places:
            self._choose(max(0, min(len(self._places) - 1, self._current + steps[key])))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say what is under the mouse."""
        if isinstance(event, QHelpEvent):
            found = self._at(event.pos())
            if found >= 0:
                QToolTip.showText(event.globalPos(), self._sentence(self._places[found]), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw titles, maps and captions."""
        painter = QPainter(self)
        for layer, block in zip(self._layers, self._blocks, strict=True):
            area = block.area
            self._paint_words(painter, layer, area, block.caption)
            if block is not self._blocks[-1]:
                painter.setPen(theme().colour("muted"))
                painter.setFont(font(13))
                arrow = QRect(area.right(), area.top(), theme().px(BETWEEN), area.height())
                painter.drawText(arrow, Qt.AlignmentFlag.AlignCenter, "›")
        for place in self._places:
            self._paint_place(painter, place)
        if self.hasFocus() and self._places:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().colour("accent"), 2, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(self._places[self._current].area)

    def _paint_words(self, painter: QPainter, layer: LayerMaps, block: QRect, below: str) -> None:
        px = theme().px
        icon = layer_glyph(layer.layer.category, glyph_of(layer.layer))
        side = px(14)
        painter.drawPixmap(block.left(), (px(TITLE) - side) // 2 - 1, icon.pixmap(QSize(side, side)))
        line = QRect(block.left() + side + px(5), 0, block.width(), px(TITLE) - 2)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(12, 600))
        painter.setPen(theme().colour("text"))
        painter.drawText(line, flags, layer.title)
        line.translate(QFontMetrics(font(12, 600)).horizontalAdvance(layer.title) + px(5), 0)
        painter.setFont(font(12))
        painter.setPen(theme().colour("muted"))
        painter.drawText(line, flags, numbers.shape(layer.shape))
        painter.setFont(font(11))
        painter.setPen(theme().colour("text2"))
        line = QRect(block.left(), px(TITLE + TILES), block.width() + px(BETWEEN), px(CAPTION))
        painter.drawText(line, flags, below)

    def _paint_place(self, painter: QPainter, place: Place) -> None:
        layer, area = self._layers[place.layer], place.area
        if layer.classes:
            self._paint_probability(painter, layer, place)
            return
        painter.drawImage(area, self._images[place.layer][place.channel])
        if not layer.are_images:
            painter.setPen(theme().colour("border"))
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _paint_probability(self, painter: QPainter, layer: LayerMaps, place: Place) -> None:
        area, value = place.area, float(layer.maps[place.channel])
        words = theme().px(14)
        room = area.height() - words
        height = room * min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
        best = place.channel == int(np.argmax(np.nan_to_num(layer.maps)))
        bar = QRectF(area.left() + 3, area.top() + room - height, area.width() - 6, max(1.0, height))
        painter.fillRect(bar, theme().colour(theme().tokens.line(0) if best else "earlier"))
        painter.setFont(font(11))
        painter.setPen(theme().colour("text2"))
        below = QRect(area.left(), area.bottom() - words + 1, area.width(), words)
        name = layer.classes[place.channel]
        short = painter.fontMetrics().horizontalAdvance(name) <= area.width()
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name if short else str(place.channel))

    # Places

    def _draw(self) -> None:
        tokens = theme().tokens
        self._images = []
        for layer in self._layers:
            paint = diverging if layer.signed else sequential
            maps = layer.scaled(self._together)[: shown(layer)]
            pictures = paint(maps if layer.are_images else maps[:, None, None], tokens)  # (maps, h, w, 3)
            self._images.append([rgb_image(picture) for picture in pictures])
        self._blocks = blocks(self._layers)
        self._places = [
            place
            for number, (layer, block) in enumerate(zip(self._layers, self._blocks, strict=True))
            for place in block.places(number, shown(layer))
        ]
        self._current = min(self._current, max(0, len(self._places) - 1))
        self.updateGeometry()
        self.adjustSize()
        self.update()

    def _columns_at(self, place: int) -> int:
        return self._blocks[self._places[place].layer].columns if self._places else 1

    def _at(self, position: QPoint) -> int:
        return next((n for n, place in enumerate(self._places) if place.area.contains(position)), -1)

    def _choose(self, number: int) -> None:
        self._current = number
        self.setAccessibleDescription(self._sentence(self._places[number]))
        self.update()

    def _tell(self) -> None:
        if self._places:
            place = self._places[self._current]
            self.chosen.emit(place.layer, place.channel)

    def _sentence(self, place: Place) -> str:
        layer = self._layers[place.layer]
        if layer.classes:
            return f"{layer.classes[place.channel]}: {numbers.percent(float(layer.maps[place.channel]), 2)}"
        if not layer.are_images:
            value = numbers.number(float(layer.maps[place.channel]))
            return f"{layer.title}, unit {place.channel + 1} of {layer.count}: {value}"
        which = f"{layer.title}, channel {place.channel + 1} of {layer.count}"
        return f"{which}: {figures(layer.maps[place.channel])}"
