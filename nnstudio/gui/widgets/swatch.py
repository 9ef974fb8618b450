"""An entry of a legend: a square in a series' colour, and its name."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import font, theme

_SIDE, _GAP = 12, 6


class Swatch(QWidget):
    """Names the colour of a series.

    Args:
        text: Its name.
        line: Number of the plot line whose colour it has.
        parent: Qt parent.
    """

    def __init__(self, text: str, line: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._line = text, line
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Square and name."""
        words = QFontMetrics(font(12)).horizontalAdvance(self._text)
        return QSize(theme().px(_SIDE + _GAP) + words + 1, theme().px(18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws both."""
        painter = QPainter(self)
        side, height = theme().px(_SIDE), theme().px(8)
        square = QRect(0, (self.height() - height) // 2, side, height)
        painter.fillRect(square, theme().colour(theme().tokens.line(self._line)))
        painter.setFont(font(12))
        painter.setPen(theme().colour("text2"))
        left = theme().px(_SIDE + _GAP)
        words = QRect(left, 0, self.width() - left, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text)
