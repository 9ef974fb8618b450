"""A stroke of the pen while it is being drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath


class Stroke:
    """A stroke under way: mouse positions become a smooth curve through the middles between them."""

    def __init__(self, start: QPointF, erase: bool) -> None:
        self.erase = erase
        self._start = self._last = self._middle = start

    def curve(self, to: QPointF) -> QPainterPath:
        """The next piece of the curve."""
        path = QPainterPath(self._middle)
        middle = (self._last + to) / 2
        path.quadTo(self._last, middle)
        self._last, self._middle = to, middle
        return path

    def finish(self, to: QPointF) -> QPainterPath:
        """The rest of the curve."""
        path = QPainterPath(self._middle)
        path.quadTo(self._last, to)
        return path

    def straight(self, to: QPointF) -> QPainterPath:
        """A straight stroke from where it began."""
        path = QPainterPath(self._start)
        path.lineTo(to)
        self._last = self._middle = to
        return path
