"""A point of the plane to ask the network about: clicked, dragged, or moved with the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from nnstudio.gui.playground.surface import SurfaceView
from nnstudio.gui.theme import theme

_RADIUS = 7


class PointPad(SurfaceView):
    """The decision surface with one point on it that stays where it was put."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cursor = (0.0, 0.0)
        self.setAccessibleName("Point")
        self.setAccessibleDescription("Click, drag, or use the arrow keys to move the point.")

    def put(self, x: float, y: float) -> None:
        """Moves the point without telling anybody."""
        self._cursor = (x, y)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The point goes under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It follows while the button is down."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            self.update()

    def leaveEvent(self, event: object) -> None:
        """The point stays."""

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._cursor is None:
            return
        at, radius = self.to_pixel(*self._cursor), theme().px(_RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((theme().colour("plot"), 4), (theme().colour("text"), 2)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(at, radius, radius)
            for arm in (QPointF(radius + 4, 0), QPointF(0, radius + 4)):
                painter.drawLine(at - arm, at + arm)
