"""One plot of a run, drawn with pyqtgraph: grid, ticks, curves and the overlay of marks and labels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject

from nnstudio.gui.look.stylesheet import mix
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.train.curve_axes import Axis, log_ticks, nice_axis, ticks_within
from nnstudio.gui.views.train.curve_data import SPLITS
from nnstudio.gui.views.train.curve_overlay import Overlay
from nnstudio.gui.views.train.curve_picture import Picture
from nnstudio.gui.views.train.curve_trace import Array, Complement, Trace, log10
from nnstudio.gui.widgets import numbers

TICK_HEIGHT, TICK_WIDTH = 36, 64  # room per tick
BOLD_POINTS = 2000  # pens wider than a pixel are slow with more points
ROOMY = 360  # width from which there is room for words and for every batch
GHOST_DASH = (5, 4)
TITLES = {"loss": "Loss", "accuracy": "Accuracy", "error": "Error"}


class _View(pg.ViewBox):  # type: ignore[misc]
    """A view box without menu: wheel and drag zoom and pan, a double click goes back."""

    reset_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self.disableAutoRange()
        self.setLimits(xMin=0, minXRange=0.02)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        self.updateMatrix()  # several turns may come before the next painting
        super().wheelEvent(event, axis)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        self.reset_wanted.emit()
        event.accept()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
            return
        super().mouseDragEvent(event, axis)


class _Curve(pg.PlotCurveItem):  # type: ignore[misc]
    """A curve that fills its view, which spares working out its bounds for every painting."""

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return QRectF() if view is None else view.viewRect()


class Plot(QGraphicsObject):
    """One plot: grid, ticks, curves and, above them, the overlay of marks and labels."""

    def __init__(self, metric: str, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.metric = metric
        self.area = QRectF(0, 0, 1, 1)
        self.axis = Axis(0, 1, (0.0, 1.0), 0)
        self.x_axis = Axis(0, 1, (0.0, 1.0), 0)
        self.log = False
        self._whole = QRectF(0, 0, 1, 1)
        self._planned: tuple[float, float] | None = None  # end of the view of the whole run, and of its plan
        self.view = _View()
        self.view.setParentItem(self)
        self.ghost = self._curve()
        self.batch = self._curve()
        self.raw = {split: self._curve(antialias=True) for split in SPLITS}
        self.strong = {split: self._curve(antialias=True) for split in SPLITS}
        self.overlay = Overlay(self)

    def _curve(self, antialias: bool = False) -> pg.PlotCurveItem:
        curve = _Curve(antialias=antialias, connect="finite", skipFiniteCheck=False)
        self.view.addItem(curve, ignoreBounds=True)
        return curve

    @property
    def title(self) -> str:
        """What it shows."""
        return TITLES[self.metric]

    @property
    def is_share(self) -> bool:
        """Its values are shares, shown in percent."""
        return self.metric != "loss"

    @property
    def roomy(self) -> bool:
        """It is wide enough for words and batches; a small one shows lines and marks alone."""
        return self.area.width() >= theme().px(ROOMY)

    def choose(self, picture: Picture) -> None:
        """Shows errors in place of accuracies where the picture asks for them."""
        if self.is_share:
            self.metric = "error" if picture.error else "accuracy"

    def boundingRect(self) -> QRectF:
        """The plot with its numbers."""
        return self._whole

    def place(self, whole: QRectF, area: QRectF) -> None:
        """Moves the plot; ``area`` is the part with the curves, seen from ``whole``."""
        self.prepareGeometryChange()
        self.setPos(whole.topLeft())
        self._whole = QRectF(QPointF(0, 0), whole.size())
        self.area = area
        self.view.setGeometry(area)
        self.overlay.prepareGeometryChange()

    def restyle(self) -> None:
        """Takes over the theme's colours."""
        tokens, px = theme().tokens, theme().zoom
        for index, split in enumerate(SPLITS):
            colour = tokens.line(index)
            self.strong[split].setPen(pg.mkPen(colour, width=2 * px))
            self.raw[split].setPen(pg.mkPen(_faint(colour, 150), width=1))
        # an opaque mixture: strokes that cross would add up to a strong colour
        self.batch.setPen(pg.mkPen(mix(tokens.plot, tokens.line(0), 0.3), width=1))
        earlier = QPen(QColor(tokens.earlier), 1.3 * px)
        earlier.setCosmetic(True)
        earlier.setDashPattern([length / 1.3 for length in GHOST_DASH])
        self.ghost.setPen(earlier)
        self.update()

    def show_all(self, picture: Picture, x_end: float) -> None:
        """Shows the whole run on an axis up to ``x_end``, which may lie beyond the plan."""
        self._planned = x_end, picture.x_end
        self.choose(picture)
        low, high = self._y_range(picture)
        x_range, y_range = self.view.viewRange()
        if tuple(x_range) != (0.0, x_end) or tuple(y_range) != (low, high):
            self.view.setRange(xRange=(0.0, x_end), yRange=(low, high), padding=0, disableAutoRange=False)

    def fill(self, picture: Picture) -> None:
        """Puts the visible part of the curves into the plot, thinned to its pixels."""
        self.choose(picture)
        self.view.updateMatrix()  # now, not in the middle of the painting, which would paint everything twice
        self.log = picture.log and self.metric == "loss"
        run, metric, ghost = picture.run, self.metric, picture.ghost
        self._set(self.batch, run.batch[metric] if picture.raw and self.roomy else None)
        for split in SPLITS:
            series = run.series[metric, split]
            self._set(self.raw[split], series.raw if picture.raw else None, BOLD_POINTS // 2)
            self._set(self.strong[split], series.smooth, BOLD_POINTS // 2)
        split = "val" if ghost is not None and ghost.validated else "train"
        self._set(self.ghost, ghost.series[metric, split].smooth if ghost else None, BOLD_POINTS // 2)
        self._set_ticks()
        self.overlay.show_picture(picture)
        self.update()

    def to_pixel(self, x: float, y: float) -> QPointF:
        """Where a point of the plot lies, in this item's pixels; ``y`` before any logarithm."""
        (x0, x1), (y0, y1) = self.view.viewRange()
        if self.log:
            y = math.log10(y) if y > 0 else -math.inf
        across = (x - x0) / (x1 - x0) if x1 > x0 else 0.0
        up = (y - y0) / (y1 - y0) if y1 > y0 else 0.0
        up = min(max(up, -10.0), 11.0)
        return QPointF(
            self.area.left() + across * self.area.width(), self.area.bottom() - up * self.area.height()
        )

    def to_pixels(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where points lie, in this item's pixels; ``y`` as the view has it, after any logarithm."""
        (x0, x1), (y0, y1) = self.view.viewRange()
        across, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return self.area.left() + across * self.area.width(), self.area.bottom() - up * self.area.height()

    def to_x(self, pixel: float) -> float:
        """Epoch at a pixel."""
        x0, x1 = self.view.viewRange()[0]
        return float(x0 + (pixel - self.area.left()) / max(1.0, self.area.width()) * (x1 - x0))

    def value_text(self, value: float) -> str:
        """A value as its label shows it."""
        return numbers.percent(value) if self.is_share else numbers.number(value)

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Draws ground, grid, ticks and axes."""
        tokens = theme().tokens
        painter.fillRect(self.area, QColor(tokens.plot))
        painter.setFont(font(11))
        rows = [(self.to_pixel(0, tick).y(), self._tick_text(tick)) for tick in self.axis.ticks]
        columns = [
            (self.to_pixel(tick, 1).x(), f"{tick:.{self.x_axis.decimals}f}") for tick in self.x_axis.ticks
        ]
        painter.setPen(QPen(QColor(tokens.grid), 1))
        for y, _ in rows:
            painter.drawLine(QPointF(self.area.left(), _crisp(y)), QPointF(self.area.right(), _crisp(y)))
        for x, _ in columns:
            painter.drawLine(QPointF(_crisp(x), self.area.top()), QPointF(_crisp(x), self.area.bottom()))
        painter.setPen(QPen(QColor(tokens.strong), 1))
        left, bottom = _crisp(self.area.left()), _crisp(self.area.bottom())
        painter.drawLine(QPointF(left, self.area.top()), QPointF(left, bottom))
        painter.drawLine(QPointF(left, bottom), QPointF(self.area.right(), bottom))
        painter.setPen(QColor(tokens.muted))
        half, gap = 8.0, theme().px(6)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for y, text in rows:
            painter.drawText(QRectF(0, y - half, self.area.left() - gap, 2 * half), right, text)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for x, text in columns:
            room = min(30.0, self._whole.right() - x)
            painter.drawText(QRectF(x - room, self.area.bottom() + gap / 2, 2 * room, 16), centre, text)

    def _set(self, curve: pg.PlotCurveItem, trace: Trace | Complement | None, most: int = 10**9) -> None:
        if trace is None or not len(trace):
            if curve.xData is not None and len(curve.xData):
                curve.setData(x=np.empty(0), y=np.empty(0))
            return
        low, high = self.view.viewRange()[0]
        x, y = trace.thinned(low, high, min(most // 2, max(64, int(self.area.width()))))
        if self.log:
            y = log10(y)
        curve.setData(x=x.copy(), y=y.copy())

    def _y_range(self, picture: Picture) -> tuple[float, float]:
        found = [picture.run.value_range(self.metric, batches=self.roomy)]
        if picture.ghost is not None:
            found.append(picture.ghost.value_range(self.metric))
        known = [bound for bound in found if bound is not None]
        low = min((low for low, _ in known), default=0.0)
        high = max((high for _, high in known), default=1.0)
        if picture.log and self.metric == "loss":
            low, high = math.log10(max(low, 1e-8)), math.log10(max(high, 1e-8))
            margin = 0.05 * (high - low) or 0.2
            return low - margin, high + margin
        axis = nice_axis(low, high, self._rows())
        if self.is_share:
            return max(0.0, axis.low), min(1.0, axis.high)
        return axis.low, axis.high

    def _rows(self) -> int:
        return max(2, int(self.area.height() / theme().px(TICK_HEIGHT)))

    def _set_ticks(self) -> None:
        (x0, x1), (y0, y1) = self.view.viewRange()
        columns = max(2, int(self.area.width() / theme().px(TICK_WIDTH)))
        self.x_axis = ticks_within(x0, x1, columns, least_step=1.0 if x1 - x0 > 2 else 0.0)
        if self._planned is not None and x0 == 0 and x1 == self._planned[0]:
            self.x_axis = self.x_axis.up_to(self._planned[1])
        if self.log:
            self.axis = Axis(y0, y1, log_ticks(y0, y1, self._rows()), 0)
        else:
            self.axis = ticks_within(y0, y1, self._rows())

    def _tick_text(self, tick: float) -> str:
        if self.is_share:
            return numbers.fixed(100 * tick, max(0, self.axis.decimals - 2)) + "%"
        if self.log:
            return numbers.field_text(float(f"{tick:.3g}"))
        return numbers.fixed(tick, self.axis.decimals)


def _faint(colour: str, alpha: int) -> QColor:
    faint = QColor(colour)
    faint.setAlpha(alpha)
    return faint


def _crisp(position: float) -> float:
    """The middle of a pixel, so that a hairline is one pixel wide."""
    return math.floor(position) + 0.5
