"""ROC and precision/recall curves of the classes, one of them in front."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.evaluate.unit_curves import Curve, thinned
from nnstudio.gui.widgets import numbers

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_CURVES = 40  # behind the chosen one


class CurvePlot(QWidget):
    """All curves faintly, and the chosen class's on top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: tuple[Curve, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._kind = "roc"
        self._chosen = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self.update)

    def show_curves(self, curves: Sequence[Curve], classes: tuple[str, ...], kind: str) -> None:
        """Shows other curves."""
        self._curves, self._classes, self._kind = tuple(curves), classes, kind
        self.setAccessibleName("ROC curve" if kind == "roc" else "Precision/recall curve")
        self._describe()

    def choose(self, number: int) -> None:
        """Puts a class in front; −1 none."""
        self._chosen = number if 0 <= number < len(self._curves) else -1
        self._describe()

    @property
    def finding(self) -> str:
        """The area of the chosen class and the mean of all, in words."""
        word = "AUC" if self._kind == "roc" else "average precision"
        areas = [curve.area for curve in self._curves if not math.isnan(curve.area)]
        mean = f"mean {word} {numbers.fixed(float(np.mean(areas)))}" if areas else f"no {word}"
        if self._chosen < 0:
            return f"{mean[:1].upper()}{mean[1:]}. Select a class."
        return f"{self._classes[self._chosen]} {numbers.fixed(self._curves[self._chosen].area)}, {mean}"

    def sizeHint(self) -> QSize:
        """Wide enough for its axes."""
        return QSize(theme().px(300), theme().px(240))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(theme().px(180), theme().px(120))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axes and curves."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        painter.fillRect(area, theme().colour("plot"))
        captions = ("False positives", "True positives") if self._kind == "roc" else ("Recall", "Precision")
        paint_unit_axes(painter, area, QRectF(self.rect()), *captions)
        painter.setClipRect(area.adjusted(-1, -1, 1, 1))
        if self._kind == "roc":
            painter.setPen(QPen(theme().colour("text2"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(area.bottomLeft(), area.topRight())
        painter.setPen(QPen(theme().colour("earlier"), 1))
        for curve in self._curves[:_MOST_CURVES]:
            painter.drawPolyline(_polygon(curve, area))
        if self._chosen >= 0:
            painter.setPen(QPen(theme().colour(theme().tokens.line(0)), 2))
            painter.drawPolyline(_polygon(self._curves[self._chosen], area))

    def _area(self) -> QRectF:
        return unit_area(self.width(), self.height())

    def _describe(self) -> None:
        self.setAccessibleDescription(self.finding if self._curves else "")
        self.update()


def unit_area(width: int, height: int) -> QRectF:
    """Where a plot with both axes from 0 to 100% lies in its widget."""
    metrics = QFontMetrics(font(11))
    left, below = metrics.horizontalAdvance("100%") + 8, 2 * metrics.height() + 6
    return QRectF(left, 6, max(10, width - left - 10), max(10, height - 6 - below))


def paint_unit_axes(painter: QPainter, area: QRectF, widget: QRectF, across: str, up: str) -> None:
    """Draws both axes from 0 to 100%, their grid and their names."""
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
        left = min(x - width / 2, widget.width() - width)
        painter.drawText(QPointF(left, area.bottom() + metrics.ascent() + 4), text)
    painter.setPen(theme().colour("strong"))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.drawLine(area.bottomLeft(), area.topLeft())
    painter.setPen(theme().colour("muted"))
    middle = area.center().x() - metrics.horizontalAdvance(across) / 2
    painter.drawText(QPointF(middle, widget.height() - metrics.descent()), across)
    painter.drawText(QPointF(area.left() + 6, area.top() + metrics.ascent() + 3), up)


def _polygon(curve: Curve, area: QRectF) -> QPolygonF:
    if math.isnan(curve.area):
        return QPolygonF()
    x, y = thinned(curve)
    return QPolygonF(
        [
            QPointF(area.left() + area.width() * a, area.bottom() - area.height() * b)
            for a, b in zip(x.tolist(), y.tolist(), strict=True)
        ]
    )
