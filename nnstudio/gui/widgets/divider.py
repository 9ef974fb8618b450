"""A short upright line between groups of a toolbar."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import theme

_WIDTH = 13


class Divider(QWidget):
    """The line, with some air at both sides.

    Args:
        length: Pixels at 100% zoom.
        parent: Qt parent.
    """

    def __init__(self, length: int = 24, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._length = length
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Line and air."""
        return QSize(theme().px(_WIDTH), theme().px(self._length))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the line in the middle."""
        QPainter(self).fillRect(self.width() // 2, 0, 1, self.height(), theme().colour("border"))
