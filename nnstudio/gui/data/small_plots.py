"""The small pictures of the preparation: how samples are split, and how values are scaled."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.data.summary import Histogram
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers


class SplitBar(QWidget):
    """Training, unused, validation and test samples as lengths, with their numbers below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[tuple[str, int, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Split")
        theme().changed.connect(self.updateGeometry)

    def show_counts(self, train: int, validation: int, test: int, unused: int) -> None:
        """Shows the samples of each part."""
        parts = (("Train", train, 0), ("unused", unused, -1), ("Val", validation, 1), ("Test", test, 2))
        self._parts = tuple(part for part in parts if part[1] or part[0] != "unused")
        words = ", ".join(f"{name} {numbers.count(count)}" for name, count, _ in self._parts)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """The bar and a line of words."""
        return QSize(theme().px(240), theme().px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the bar and the numbers."""
        total = sum(count for _, count, _ in self._parts)
        if not total:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px = theme().px
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(0, 0, self.width(), px(14)), px(3), px(3))
        painter.setClipPath(shape)
        left = 0.0
        for _, count, line in self._parts:
            width = self.width() * count / total
            colour = theme().colour("hover" if line < 0 else theme().tokens.line(line))
            painter.fillRect(QRectF(left, 0, width, px(14)), colour)
            left += width
        painter.setClipping(False)
        self._paint_words(painter, px(18))

    def _paint_words(self, painter: QPainter, top: int) -> None:
        painter.setFont(font(11))
        painter.setPen(theme().colour("muted"))
        metrics = painter.fontMetrics()
        words = [f"{name} {numbers.count(count)}" for name, count, _ in self._parts]
        widths = [metrics.horizontalAdvance(text) for text in words]
        if sum(widths) + theme().px(8) * (len(words) - 1) > self.width():
            words = [f"{name} {numbers.compact(count)}" for name, count, _ in self._parts]
            widths = [metrics.horizontalAdvance(text) for text in words]
        spare = max(0, self.width() - sum(widths)) / max(1, len(words) - 1)
        left = 0.0
        for text, width in zip(words, widths, strict=True):
            area = QRect(round(left), top, width + 2, theme().px(16))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            left += width + spare


class ScalingPlot(QWidget):
    """The values before and after scaling, as two histograms."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair: tuple[Histogram, Histogram] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Values before and after scaling")
        theme().changed.connect(self.updateGeometry)

    def clear(self) -> None:
        """Shows nothing."""
        self._pair = None
        self.setAccessibleDescription("")
        self.setToolTip("")
        self.update()

    def show_pair(self, raw: Histogram, scaled: Histogram) -> None:
        """Shows the values before and after."""
        self._pair = raw, scaled
        words = " becomes ".join(
            f"{numbers.number(one.low)} to {numbers.number(one.high)}" for one in (raw, scaled)
        )
        self.setAccessibleDescription(words)
        self.setToolTip(f"Values of {words}, in 1,000 training samples at most. Heights: square roots.")
        self.update()

    def sizeHint(self) -> QSize:
        """Two plots side by side."""
        return QSize(theme().px(240), theme().px(56))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws both."""
        if self._pair is None:
            return
        painter = QPainter(self)
        px = theme().px
        gap = px(28)
        width = (self.width() - gap) // 2
        for number, histogram in enumerate(self._pair):
            area = QRect(number * (width + gap), 0, width, px(38))
            colour = "earlier" if number == 0 else theme().tokens.line(0)
            self._paint_one(painter, area, histogram, colour)
        painter.setPen(QPen(theme().colour("text2"), 1.5))
        middle, size = QPoint(width + gap // 2, px(19)), px(3)
        painter.drawLine(middle + QPoint(-size // 2, -size), middle + QPoint(size // 2 + 1, 0))
        painter.drawLine(middle + QPoint(size // 2 + 1, 0), middle + QPoint(-size // 2, size))

    def _paint_one(self, painter: QPainter, area: QRect, histogram: Histogram, colour: str) -> None:
        most = float(histogram.counts.max()) ** 0.5 or 1.0
        count = len(histogram.counts)
        for place, value in enumerate(histogram.counts):
            left = area.left() + place * area.width() // count
            right = area.left() + (place + 1) * area.width() // count
            height = round(area.height() * float(value) ** 0.5 / most)
            bar = QRect(left, area.bottom() + 1 - height, max(1, right - left - 1), height)
            painter.fillRect(bar, theme().colour(colour))
        painter.setPen(theme().colour("strong"))
        painter.drawLine(area.left(), area.bottom() + 1, area.right(), area.bottom() + 1)
        painter.setPen(theme().colour("muted"))
        painter.setFont(font(11))
        foot = QRect(area.left(), area.bottom() + 3, area.width(), theme().px(15))
        low = histogram.low if abs(histogram.low) > 1e-6 else 0.0
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, numbers.number(low))
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, numbers.number(histogram.high))
