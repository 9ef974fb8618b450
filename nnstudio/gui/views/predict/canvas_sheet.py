"""The sheet that is drawn on: ink, strokes, and the canvas's own undo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, Qt

from nnstudio.core.layer import Shape

SIDE = 420
STEPS = 100
_ERASER_MARGIN = 3  # pixels that the eraser is wider than the brush, so that no grey edge stays behind


class Sheet:
    """A picture of whole cells, one per value of the network's input.

    A grey sheet holds ink: 0 is paper, 255 is ink. A colour sheet holds colours and is white at first.

    Args:
        shape: The network's input, ``(H, W, 1)`` or ``(H, W, 3)``.
    """

    def __init__(self, shape: Shape) -> None:
        height, width, channels = shape
        self.shape = shape
        self.cell = max(1, SIDE // max(height, width))
        self.colour = channels == 3
        form = QImage.Format.Format_RGB888 if self.colour else QImage.Format.Format_Grayscale8
        self.image = QImage(width * self.cell, height * self.cell, form)
        self.image.fill(self._ground)
        self._undo: list[QImage] = []
        self._redo: list[QImage] = []

    @property
    def rows(self) -> int:
        """Number of cells from top to bottom."""
        return self.shape[0]

    @property
    def columns(self) -> int:
        """Number of cells from left to right."""
        return self.shape[1]

    @property
    def can_undo(self) -> bool:
        """There is a step to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """There is a step to make again."""
        return bool(self._redo)

    @property
    def blank(self) -> bool:
        """Nothing is drawn."""
        values = _view(self.image)
        return bool((values == (255 if self.colour else 0)).all())

    def values(self) -> NDArray[np.float32]:
        """Ink ``(h, w)``, or colours ``(h, w, 3)``; 0 to 1."""
        return _view(self.image).astype(np.float32) / np.float32(255)

    def begin(self) -> None:
        """A step begins: what is there now can be had back."""
        self._undo.append(self.image.copy())
        del self._undo[:-STEPS]
        self._redo.clear()

    def rewind(self) -> None:
        """Back to how it was when the step began; the step goes on."""
        if self._undo:
            self.image = self._undo[-1].copy()

    def undo(self) -> bool:
        """Takes the last step back; False if there is none."""
        return self._exchange(self._undo, self._redo)

    def redo(self) -> bool:
        """Makes the step again; False if there is none."""
        return self._exchange(self._redo, self._undo)

    def clear(self) -> None:
        """Takes a new sheet, as one step."""
        self.begin()
        self.image.fill(self._ground)

    def put(self, values: NDArray[np.float32], again: bool = False) -> None:
        """Replaces the whole picture, as one step.

        Args:
            values: As ``values()`` gives them, and of that shape.
            again: The step before goes on, and none is begun.
        """
        if not again:
            self.begin()
        levels = np.ascontiguousarray(np.rint(values.clip(0, 1) * 255).astype(np.uint8))
        height, width = levels.shape[:2]
        stride = levels.strides[0]
        self.image = QImage(levels.data, width, height, stride, self.image.format()).copy()

    def stroke(self, path: QPainterPath, width: float, erase: bool) -> None:
        """Draws along a path with a round, antialiased pen, ``width`` pixels of the sheet wide."""
        pen = QPen(self._ground if erase else self._ink, width + (_ERASER_MARGIN if erase else 0))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.drawPath(path)
        painter.end()

    def dot(self, at: QPointF, width: float, erase: bool) -> None:
        """Draws one round mark."""
        painter = QPainter(self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._ground if erase else self._ink)
        radius = (width + (_ERASER_MARGIN if erase else 0)) / 2
        painter.drawEllipse(at, radius, radius)
        painter.end()

    @property
    def _ground(self) -> QColor:
        return QColor(255, 255, 255) if self.colour else QColor(0, 0, 0)

    @property
    def _ink(self) -> QColor:
        return QColor(0, 0, 0) if self.colour else QColor(255, 255, 255)

    def _exchange(self, source: list[QImage], target: list[QImage]) -> bool:
        if not source:
            return False
        target.append(self.image)
        self.image = source.pop()
        return True


def _view(image: QImage) -> NDArray[np.uint8]:
    """The picture's bytes, ``(h, w)`` or ``(h, w, 3)``, without copying."""
    width, height, depth = image.width(), image.height(), image.depth() // 8
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = lines[:, : width * depth]
    return pixels if depth == 1 else pixels.reshape(height, width, depth)
