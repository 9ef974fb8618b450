"""The curve of a range test: loss over learning rate on a logarithmic axis, with one rate to choose."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.engine.lr_finder import RateTest
from nnstudio.gui.look.stylesheet import mix
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.train.curve_axes import Axis, nice_axis
from nnstudio.gui.widgets import numbers

LEFT, RIGHT, TOP, BOTTOM = 44, 14, 10, 22
_TICK = 36  # least height per tick
_EXPLODING = 1.5  # times the first loss: what lies above tells no more than that it explodes


class RatePlot(QWidget):
    """Draws a range test. A click, a drag or the arrow keys choose one of the rates that were tried.

    Signals:
        chosen(float): Another rate is marked.
    """

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._test: RateTest | None = None
        self._axis: Axis = nice_axis(0, 1, 5)
        self._at: int | None = None
        self.setAccessibleName("Loss over learning rate")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self.update)

    @property
    def rate(self) -> float | None:
        """The rate that is marked; the suggestion at first."""
        if self._test is None or self._at is None:
            return None
        suggestion = self._test.suggestion
        at_suggestion = suggestion is not None and self._at == self._nearest(suggestion)
        return suggestion if at_suggestion else float(f"{self._test.rates[self._at]:.1e}")

    def show_test(self, test: RateTest) -> None:
        """Shows a test and marks its suggestion."""
        self._test = test
        known = test.smoothed[np.isfinite(test.smoothed)]
        if len(known):
            high = min(float(known.max()), _EXPLODING * float(known[0]))
            self._axis = nice_axis(float(known.min()), high, 6)
        self._mark(None if test.suggestion is None else self._nearest(test.suggestion))

    def sizeHint(self) -> QSize:
        """Room for the curve to be read."""
        return QSize(theme().px(560), theme().px(260))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(theme().px(320), theme().px(160))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Marks the rate below the mouse."""
        self._pick(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The same while a button is down."""
        self._pick(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go from rate to rate, Home goes back to the suggestion."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if self._test is None or (key not in steps and key != Qt.Key.Key_Home):
            super().keyPressEvent(event)
            return
        suggestion, last = self._test.suggestion, len(self._test.rates) - 1
        middle = last // 2 if suggestion is None else self._nearest(suggestion)
        here = middle if self._at is None or key == Qt.Key.Key_Home else self._at
        self._mark(min(last, max(0, here + steps.get(key, 0))))

    def place(self, rate: float, loss: float) -> QPointF:
        """Where a point of the curve lies, in pixels."""
        area, (low, high) = self._area(), self._decades()
        across = (math.log10(rate) - low) / max(high - low, 1e-9)
        up = (loss - self._axis.low) / (self._axis.high - self._axis.low)
        up = min(1.0, max(0.0, up)) if math.isfinite(loss) else 1.0
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws axes, curves and the mark."""
        if self._test is None:
            return
        painter = QPainter(self)
        self._paint_axes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._area().adjusted(-1, -1, 1, 1))
        tokens = theme().tokens
        self._paint_line(painter, self._test.losses, QPen(QColor(mix(tokens.plot, tokens.line(0), 0.35)), 1))
        self._paint_line(painter, self._test.smoothed, QPen(QColor(tokens.line(0)), 2 * theme().zoom))
        painter.setClipping(False)
        self._paint_mark(painter)

    def _nearest(self, rate: float) -> int:
        assert self._test is not None
        return int(np.abs(np.log(self._test.rates) - math.log(rate)).argmin())

    def _pick(self, x: float) -> None:
        if self._test is None:
            return
        area, (low, high) = self._area(), self._decades()
        power = low + (x - area.left()) / max(1.0, area.width()) * (high - low)
        self._mark(self._nearest(10.0 ** min(high, max(low, power))))

    def _mark(self, at: int | None) -> None:
        self._at = at
        rate = self.rate
        if rate is not None:
            self.setAccessibleDescription(f"{self._words()}. Left and Right choose another rate.")
            self.chosen.emit(rate)
        self.update()

    def _words(self) -> str:
        assert self._test is not None
        assert self._at is not None
        assert self.rate is not None
        loss = numbers.number(float(self._test.smoothed[self._at]))
        return f"Learning rate {numbers.field_text(self.rate)}, loss {loss}"

    def _area(self) -> QRectF:
        px = theme().px
        return QRectF(self.rect()).adjusted(px(LEFT), px(TOP), -px(RIGHT), -px(BOTTOM))

    def _decades(self) -> tuple[float, float]:
        assert self._test is not None
        return math.log10(self._test.rates[0]), math.log10(self._test.rates[-1])

    def _paint_axes(self, painter: QPainter) -> None:
        tokens, area, (low, high) = theme().tokens, self._area(), self._decades()
        painter.setFont(font(11))
        grid, words = QPen(QColor(tokens.grid), 1), QColor(tokens.muted)
        gap, half = theme().px(6), theme().px(8)
        every = max(1, math.ceil(len(self._axis.ticks) * theme().px(_TICK) / max(1.0, area.height())))
        for tick in self._axis.ticks[::every]:
            y = round(self.place(10**low, tick).y()) + 0.5
            painter.setPen(grid)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(words)
            box = QRectF(0, y - half, area.left() - gap, 2 * half)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, right, f"{tick:.{self._axis.decimals}f}")
        for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1):
            x = round(self.place(10.0**power, self._axis.low).x()) + 0.5
            painter.setPen(grid)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(words)
            room = min(float(theme().px(LEFT)), self.width() - x)
            box = QRectF(x - room, area.bottom() + gap, 2 * room, 2 * half)
            centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(box, centre, numbers.field_text(10.0**power))
        painter.drawText(area.topLeft() + QPointF(gap, 2 * gap), "Loss")
        below, words_right = area.adjusted(0, 0, -gap, -gap / 2), Qt.AlignmentFlag.AlignRight
        painter.drawText(below, words_right | Qt.AlignmentFlag.AlignBottom, "learning rate")
        painter.setPen(QPen(QColor(tokens.strong), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.topLeft(), area.bottomLeft())

    def _paint_line(self, painter: QPainter, losses: np.ndarray, pen: QPen) -> None:
        assert self._test is not None
        points = zip(self._test.rates, losses, strict=True)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([self.place(float(rate), float(loss)) for rate, loss in points]))

    def _paint_mark(self, painter: QPainter) -> None:
        if self._test is None or self._at is None:
            return
        area, tokens = self._area(), theme().tokens
        at = self.place(float(self._test.rates[self._at]), float(self._test.smoothed[self._at]))
        line = QPen(QColor(tokens.text2), 1)
        line.setDashPattern([4, 4])
        painter.setPen(line)
        painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
        painter.setPen(QPen(QColor(tokens.plot), 2))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(at, theme().px(5), theme().px(5))
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(11, 600))
        gap, text = theme().px(8), self._words()
        width = painter.fontMetrics().horizontalAdvance(text)
        fits = at.x() + gap + width <= area.right()
        painter.drawText(
            QPointF(at.x() + gap if fits else at.x() - gap - width, area.top() + 1.5 * gap), text
        )
