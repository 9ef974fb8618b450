"""The scale of a saliency map: from what speaks against the class to what speaks for it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import font, theme

_HEIGHT = 18
_BAR = 10
_GAP = 8
_LEAST_BAR = 40


class SaliencyLegend(QWidget):
    """One line: "Pushes toward 9", the colours, "4"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ends = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scale of the saliency")
        theme().changed.connect(self.updateGeometry)

    def show_ends(self, against: str, label: str) -> None:
        """Names what the two ends of the colours stand for."""
        self._ends = (against, label)
        self.setAccessibleDescription(f"Blue pushes toward {against}, orange toward {label}")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(theme().px(200), theme().px(_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the words and the colours."""
        painter = QPainter(self)
        painter.setFont(font(12))
        metrics = QFontMetrics(font(12))
        gap, height = theme().px(_GAP), self.height()
        room = self.width() - theme().px(_LEAST_BAR) - 2 * gap
        right = metrics.elidedText(self._ends[1], Qt.TextElideMode.ElideRight, room // 2)
        room -= metrics.horizontalAdvance(right)
        left = metrics.elidedText(f"Pushes toward {self._ends[0]}", Qt.TextElideMode.ElideRight, room)
        painter.setPen(theme().colour("text2"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, left)
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, right)
        start = metrics.horizontalAdvance(left) + gap
        end = self.width() - metrics.horizontalAdvance(right) - gap
        bar = theme().px(_BAR)
        area = QRectF(start, (height - bar) / 2, max(0, end - start), bar)
        colours = QLinearGradient(area.topLeft(), area.topRight())
        for place, colour in zip((0.0, 0.5, 1.0), theme().tokens.diverging, strict=True):
            colours.setColorAt(place, QColor(colour))
        painter.fillRect(area, colours)
