"""Tile: a card that is one big button."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme

_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class Tile(QAbstractButton):
    """A surface with content of its own, pressed with the mouse, Return or Space.

    Signals:
        walked(int, int): An arrow key was pressed: rows and columns to walk.
    """

    walked = Signal(int, int)

    def __init__(self, framed: bool = True, parent: QWidget | None = None) -> None:
        """Make a tile.

        Args:
            framed: Whether it is a card of its own rather than a row of one, which has a line above it.
            parent: Qt parent.
        """
        super().__init__(parent)
        self._framed = framed
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if not framed:
            self.setProperty("focusRing", "inside")
        theme().changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the tile; arrows walk."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in _ARROWS:
            self.walked.emit(*_ARROWS[key])
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """As its content needs."""
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground and, for a card, its border."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hot = self.isEnabled() and (self.underMouse() or self.isDown())
        painter.setBrush(theme().colour("hover" if hot else "panel"))
        if not self._framed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRect(self.rect())
            painter.fillRect(0, 0, self.width(), 1, theme().colour("border"))
            return
        painter.setPen(QPen(theme().colour("border"), 1))
        radius = theme().px(METRICS.radius_card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
