"""Where the outputs of all layers lie in their strip, and what stands below them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QFontMetrics

from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.predict.layer_maps import LayerMaps
from nnstudio.gui.widgets import numbers

TITLE, TILES, CAPTION = 22, 108, 18
BETWEEN = 24  # with the arrow in it
_MOST_MAPS, _MOST_UNITS = 18, 128
_GAP = 2
_BAR = 16  # of a probability


@dataclass(frozen=True)
class Place:
    """Where something of a layer is drawn.

    Attributes:
        layer: Number of the layer.
        channel: Number of the channel or unit.
        area: Its rectangle in the strip.
    """

    layer: int
    channel: int
    area: QRect


@dataclass(frozen=True)
class Block:
    """A layer's part of the strip.

    Attributes:
        area: Its tiles' rectangle, as wide as its words at least.
        columns: How many tiles are side by side.
        tile: Size of a tile.
        caption: What stands below.
    """

    area: QRect
    columns: int
    tile: QSize
    caption: str

    def places(self, number: int, count: int) -> list[Place]:
        """The first ``count`` tiles of layer ``number``."""
        across, down = self.tile.width() + _GAP, self.tile.height() + _GAP
        left, top, columns = self.area.left(), self.area.top(), self.columns
        return [
            Place(
                number,
                n,
                QRect(left + n % columns * across, top + n // columns * down, across - _GAP, down - _GAP),
            )
            for n in range(count)
        ]


def blocks(layers: tuple[LayerMaps, ...]) -> tuple[Block, ...]:
    """The layers from left to right."""
    px, left, found = theme().px, 0, []
    for layer in layers:
        columns, tile = _grid(layer)
        below = caption(layer)
        width = max(columns * (tile.width() + _GAP) - _GAP, _words_width(layer, below))
        found.append(Block(QRect(left, px(TITLE), width, px(TILES)), columns, tile, below))
        left += width + px(BETWEEN)
    return tuple(found)


def shown(layer: LayerMaps) -> int:
    """How many of a layer's channels or units are drawn."""
    most = _MOST_MAPS if layer.are_images else _MOST_UNITS
    return min(layer.count, most)


def caption(layer: LayerMaps) -> str:
    """What a layer's values are like, in a few words."""
    if layer.classes:
        return "probabilities"
    left_out = layer.count - shown(layer)
    return figures(layer.maps) + (f", {left_out} more" if left_out else "")


def figures(values: np.ndarray) -> str:
    """``zero 42%, max 5.5`` of values that are never negative, else ``min −4.7, max 5.5``."""
    high = numbers.number(float(values.max()), 2)
    if (values < 0).any() or np.isnan(values).any():
        return f"min {numbers.number(float(values.min()), 2)}, max {high}"
    return f"zero {numbers.percent(float((values == 0).mean()), 0)}, max {high}"


def _grid(layer: LayerMaps) -> tuple[int, QSize]:
    """Columns and size of a layer's tiles."""
    px, count = theme().px, shown(layer)
    if layer.classes:
        return count, QSize(px(_BAR), px(TILES - 4))
    if not layer.are_images:
        columns = math.ceil(count / min(count, 8))
        return columns, QSize(px(22 if count <= 32 else 12), px(TILES - 4) // 8 - _GAP)
    rows = 1 if count == 1 else 2 if count <= 8 else 3
    side = (px(TILES - 4) - (rows - 1) * _GAP) // rows
    height, width = layer.maps.shape[1:]
    return math.ceil(count / rows), QSize(max(4, min(2 * side, side * width // height)), side)


def _words_width(layer: LayerMaps, below: str) -> int:
    title = QFontMetrics(font(12, 600)).horizontalAdvance(layer.title)
    shape = QFontMetrics(font(12)).horizontalAdvance(numbers.shape(layer.shape))
    width = QFontMetrics(font(11)).horizontalAdvance(below)
    return max(title + shape + theme().px(14 + 5 + 5) + 2, width)
