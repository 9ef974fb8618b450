"""One map of a layer enlarged, with the filter that made it beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.engine.analysis import normalised, tiles
from nnstudio.gui.theme import theme
from nnstudio.gui.views.map_colours import diverging, sequential
from nnstudio.gui.views.pixels import rgb_image
from nnstudio.gui.views.predict.activation_layout import figures
from nnstudio.gui.views.predict.layer_maps import LayerMaps
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button, IconButton

_SIDE = 132
_MOST_CHANNELS = 64  # of a filter, as pictures side by side
NO_FILTER = "No filter: this layer has no kernel of its own."


class MapDetail(QWidget):
    """The enlarged map. Left and Right go to the neighbours, Esc back to all layers.

    Signals:
        closed: Back to all layers.
        walked(int): To another channel, −1 or 1.
    """

    closed = Signal()
    walked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[LayerMaps, int, NDArray[np.float32] | None] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Enlarged activation")
        self.map, self.filter = _picture("Map"), _picture("Filter")
        self.title, self.text, self.filter_text = QLabel(), QLabel(), QLabel()
        self.title.setProperty("role", "section")
        self.text.setProperty("role", "secondary")
        self.filter_text.setProperty("role", "secondary")
        self.back = Button("All layers", icon_name="undo", small=True)
        self.before, self.behind = (
            IconButton("chevron-left", "Previous channel (Left)"),
            IconButton("chevron-right", "Next channel (Right)"),
        )
        self.back.clicked.connect(self.closed)
        self.before.clicked.connect(lambda: self.walked.emit(-1))
        self.behind.clicked.connect(lambda: self.walked.emit(1))
        self._lay_out()
        theme().changed.connect(self._draw)

    def show_map(self, layer: LayerMaps, channel: int, kernel: NDArray[np.float32] | None) -> None:
        """Shows a channel.

        Args:
            layer: The layer's output.
            channel: Number of the channel or unit.
            kernel: The filter behind it, ``(kh, kw, channels)``, or None.
        """
        self._shown = (layer, channel, kernel)
        word = "Channel" if layer.are_images else "Unit"
        self.title.setText(f"{layer.title}, {word.lower()} {channel + 1} of {layer.count}")
        values = layer.maps[channel]
        if layer.are_images:
            self.text.setText(f"{numbers.shape(values.shape)}, {figures(values)}")
        else:
            self.text.setText(f"Value {numbers.number(float(values))}")
        if kernel is None:
            self.filter_text.setText(NO_FILTER)
        else:
            spread = f"from {numbers.number(float(kernel.min()))} to {numbers.number(float(kernel.max()))}"
            self.filter_text.setText(f"Filter {numbers.shape(kernel.shape)}, {spread}")
        self.setAccessibleDescription(f"{self.title.text()}. {self.text.text()}. {self.filter_text.text()}")
        self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk and close."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self.walked.emit(steps[key])
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        for widget in (self.title, self.text, self.filter_text):
            words.addWidget(widget)
        buttons = QHBoxLayout()
        for button in (self.back, self.before, self.behind):
            buttons.addWidget(button)
        buttons.addStretch(1)
        words.addSpacing(theme().px(8))
        words.addLayout(buttons)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme().px(16))
        row.addWidget(self.map)
        row.addWidget(self.filter)
        row.addLayout(words, 1)

    def _draw(self) -> None:
        side = theme().px(_SIDE)
        for label in (self.map, self.filter):
            label.setFixedSize(side, side)
        if self._shown is None:
            return
        layer, channel, kernel = self._shown
        paint = diverging if layer.signed else sequential
        values = layer.scaled(together=False)[channel]
        picture = rgb_image(paint(values if values.ndim == 2 else values.reshape(1, 1), theme().tokens))
        self.map.setPixmap(_enlarged(picture, side))
        self.filter.setVisible(kernel is not None)
        if kernel is not None:
            self.filter.setPixmap(_enlarged(_filter_picture(kernel), side))


def _filter_picture(kernel: NDArray[np.float32]) -> QImage:
    """A filter's channels side by side, blue below 0 and orange above."""
    channels = np.moveaxis(kernel, -1, 0)[:_MOST_CHANNELS]
    picture = tiles(normalised(channels, signed=True, together=True))
    return rgb_image(diverging(picture, theme().tokens))


def _enlarged(picture: QImage, side: int) -> QPixmap:
    size = picture.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
    return QPixmap.fromImage(picture.scaled(size, mode=Qt.TransformationMode.FastTransformation))


def _picture(name: str) -> QLabel:
    label = QLabel()
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAccessibleName(name)
    return label
