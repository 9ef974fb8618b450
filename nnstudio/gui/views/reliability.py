"""The reliability diagram: how often the network is right when it says it is so sure."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.engine.confidence import Calibration
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.panel import Panel

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


class ReliabilityPanel(Panel):
    """The diagram with its finding in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Calibration", parent=parent)
        self.diagram = ReliabilityDiagram()
        self.body.addWidget(self.diagram)

    def show_calibration(self, calibration: Calibration) -> None:
        """Shows the bins of an evaluation."""
        self.set_subtitle(_finding(calibration.overconfidence))
        self.diagram.show_calibration(calibration)


class ReliabilityDiagram(QWidget):
    """Accuracy over confidence, one bar per bin; on the dashed line both are equal."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._calibration: Calibration | None = None
        self.setAccessibleName("Accuracy over the confidence of the prediction")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_calibration(self, calibration: Calibration) -> None:
        """Shows other bins."""
        self._calibration = calibration
        filled = np.flatnonzero(calibration.counts)
        self.setAccessibleDescription("; ".join(self._sentence(int(i)) for i in filled))
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for its axes."""
        return QSize(theme().px(300), theme().px(240))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(theme().px(180), theme().px(110))

    def event(self, event: QEvent) -> bool:
        """Explain the bin under the mouse."""
        if isinstance(event, QHelpEvent) and self._calibration is not None:
            area = self._area()
            bins = len(self._calibration.counts)
            bin_ = math.floor((event.pos().x() - area.left()) / area.width() * bins)
            if 0 <= bin_ < bins and self._calibration.counts[bin_]:
                QToolTip.showText(event.globalPos(), self._sentence(bin_), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axes, bars and the diagonal."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        painter.fillRect(area, theme().colour("plot"))
        self._paint_axes(painter, area)
        if self._calibration is not None:
            colour = QColor(theme().tokens.line(0))
            colour.setAlpha(190)
            bins = len(self._calibration.counts)
            for bin_ in np.flatnonzero(self._calibration.counts):
                height = area.height() * float(self._calibration.accuracy[bin_])
                left, width = area.left() + area.width() * int(bin_) / bins, area.width() / bins
                painter.fillRect(QRectF(left + 1, area.bottom() - height, width - 2, height), colour)
        painter.setPen(QPen(theme().colour("text2"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        small = font(11)
        painter.setFont(small)
        metrics = QFontMetrics(small)
        for tick in _TICKS:
            x, y = area.left() + area.width() * tick, area.bottom() - area.height() * tick
            painter.setPen(theme().colour("grid"))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme().colour("muted"))
            text = f"{tick:.0%}"
            width = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(area.left() - width - 6, y + metrics.ascent() / 2 - 1), text)
            left = min(x - width / 2, self.width() - width)
            painter.drawText(QPointF(left, area.bottom() + metrics.ascent() + 4), text)
        painter.setPen(theme().colour("strong"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.bottomLeft(), area.topLeft())
        painter.setPen(theme().colour("muted"))
        caption = "Confidence of the prediction"
        middle = area.center().x() - metrics.horizontalAdvance(caption) / 2
        painter.drawText(QPointF(middle, self.height() - metrics.descent()), caption)
        painter.drawText(QPointF(area.left() + 6, area.top() + metrics.ascent() + 3), "Accuracy")

    def _area(self) -> QRectF:
        metrics = QFontMetrics(font(11))
        left = metrics.horizontalAdvance("100%") + 8
        below = 2 * metrics.height() + 6
        return QRectF(left, 6, max(10, self.width() - left - 10), max(10, self.height() - 6 - below))

    def _sentence(self, bin_: int) -> str:
        if self._calibration is None:
            return ""
        sure = numbers.percent(float(self._calibration.confidence[bin_]))
        right = numbers.percent(float(self._calibration.accuracy[bin_]))
        count = numbers.count(int(self._calibration.counts[bin_]))
        return f"{count} predictions, on average {sure} sure, {right} right"


def _finding(overconfidence: float) -> str:
    points = f"{abs(100 * overconfidence):.1f}"
    if math.isnan(overconfidence) or points == "0.0":
        return "Confidence matches accuracy on average"
    way = "Overconfident" if overconfidence > 0 else "Underconfident"
    return f"{way} by {points} points on average"
