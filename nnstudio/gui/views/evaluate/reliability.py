"""The reliability diagram: how often the network is right when it says it is so sure."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.engine.confidence import Calibration
from nnstudio.gui.theme import theme
from nnstudio.gui.views.evaluate.class_curves import paint_unit_axes, unit_area
from nnstudio.gui.widgets import numbers


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
        return QSize(theme().px(180), theme().px(120))

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
        paint_unit_axes(painter, area, QRectF(self.rect()), "Confidence of the prediction", "Accuracy")
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

    def _area(self) -> QRectF:
        return unit_area(self.width(), self.height())

    def _sentence(self, bin_: int) -> str:
        if self._calibration is None:
            return ""
        sure = numbers.percent(float(self._calibration.confidence[bin_]))
        right = numbers.percent(float(self._calibration.accuracy[bin_]))
        count = numbers.count(int(self._calibration.counts[bin_]))
        return f"{count} predictions, on average {sure} sure, {right} right"


def finding(overconfidence: float) -> str:
    """Whether the network is surer than it is right, in words."""
    points = f"{abs(100 * overconfidence):.1f}"
    if math.isnan(overconfidence) or points == "0.0":
        return "Confidence matches accuracy on average"
    way = "Overconfident" if overconfidence > 0 else "Underconfident"
    return f"{way} by {points} points on average"
