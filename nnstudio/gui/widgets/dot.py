"""A still dot whose colour says a state; the words beside it say the same."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import theme

_DIAMETER = 8


class Dot(QWidget):
    """A dot in a colour of the theme."""

    def __init__(self, role: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def set_colour(self, role: str) -> None:
        """Changes the colour."""
        if role != self._role:
            self._role = role
            self.update()

    def sizeHint(self) -> QSize:
        """The dot's square."""
        side = theme().px(_DIAMETER)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the dot."""
        painter = QPainter(self)
        _draw(painter, self.width(), self._role)


def dot_icon(role: str) -> QIcon:
    """The dot as an icon, in the colour that the role has now."""
    side = theme().px(_DIAMETER)
    picture = QPixmap(2 * side, 2 * side)  # sharp on dense screens too
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _draw(painter, 2 * side, role)
    painter.end()
    picture.setDevicePixelRatio(2)
    return QIcon(picture)


def _draw(painter: QPainter, side: int, role: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour(role))
    painter.drawEllipse(0, 0, side, side)
