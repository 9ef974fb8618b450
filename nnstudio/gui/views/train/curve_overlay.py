"""What stands on top of the curves: titles, the best epoch, the values at the line ends, the cross-hair."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem

from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.train.curve_data import SPLITS, RunCurves
from nnstudio.gui.views.train.curve_labels import EndLabel, apart, clear_of_lines, free_place, places_along
from nnstudio.gui.views.train.curve_trace import Array, Trace, log10
from nnstudio.gui.widgets import numbers

if TYPE_CHECKING:
    from nnstudio.gui.views.train.curve_picture import Picture
    from nnstudio.gui.views.train.curve_plot import Plot

MOST_DOTS = 150  # raw epochs are dotted while there is room for it
LABEL_HEIGHT = 15
_BESIDE = 9  # from a line's end to its value


class Overlay(QGraphicsItem):
    """Painted above the curves of one plot, in the plot's pixels."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self.setZValue(10)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._plot = plot
        self._picture: Picture | None = None
        self._cursor: float | None = None

    def boundingRect(self) -> QRectF:
        """The whole plot."""
        return self._plot.boundingRect()

    def show_picture(self, picture: Picture) -> None:
        """Draws the marks of another state."""
        self._picture = picture
        self.update()

    def set_cursor(self, x: float | None) -> None:
        """Puts the cross-hair at an epoch, or takes it away."""
        if x != self._cursor:
            self._cursor = x
            self.update()

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Draws all marks."""
        picture = self._picture
        if picture is not None:
            self._paint_marks(painter, picture)
        self._paint_titles(painter)  # above the line of an early best epoch
        if picture is not None:
            self._paint_cursor(painter, picture)

    def _paint_marks(self, painter: QPainter, picture: Picture) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(self._plot.area.adjusted(-6, -6, 6, 6))
        if picture.raw:
            self._paint_dots(painter, picture.run)
        self._paint_ends(painter, picture)
        self._paint_best(painter, picture)
        painter.restore()
        for label in self.end_labels():
            self._write(
                painter, label.area, label.text, font(11, 600 if label.role == "text" else 400), label.role
            )

    def end_labels(self) -> list[EndLabel]:
        """The values at the line ends, moved apart where they would overlap."""
        picture = self._picture
        if picture is None or not self._plot.roomy:
            return []
        wanted = [label for split in SPLITS if (label := self._end_label(picture.run, split))]
        area, px = self._plot.area, theme().px
        foot = px(17) if self._plot.is_share else 0  # where "epoch" stands
        room = area.adjusted(0, 0, 0, -foot)
        placed = apart(clear_of_lines(wanted, area, px(7)), room)
        if picture.ghost is not None and (label := self._ghost_label(picture.ghost, room, placed)):
            placed.append(label)
        return placed

    def end_with_labels(self, picture: Picture) -> float:
        """Where the x axis has to end so that the values find room beside their line ends."""
        plot, px = self._plot, theme().px
        plot.choose(picture)
        lasts = {split: picture.run.series[plot.metric, split].raw.last for split in SPLITS}
        metrics, ends = QFontMetricsF(font(11, 600)), [picture.x_end]
        for split, last in lasts.items():
            if last is None or not plot.roomy:
                continue
            width = metrics.horizontalAdvance(f"{plot.value_text(last[1])} {split}") + px(_BESIDE) + 3
            ends.append(last[0] * plot.area.width() / (plot.area.width() - width))
        return max(ends)

    def best_label(self) -> tuple[str, QRectF] | None:
        """The text that names the best epoch, and where it stands (in the upper plot only)."""
        picture = self._picture
        if picture is None or picture.best is None or self._plot.metric != "loss" or not self._plot.roomy:
            return None
        area = self._plot.area
        text = f"Best: epoch {numbers.count(picture.best.epoch)}, {picture.best.label}"
        line = self._plot.to_pixel(picture.best.epoch, 1).x()
        if not area.left() - 1 <= line <= area.right() + 1:
            return None
        width = QFontMetricsF(font(11, 600)).horizontalAdvance(text) + 2
        return text, free_place(self._beside_best(line, width), self._lines(), self.end_labels())

    def _beside_best(self, line: float, width: float) -> list[QRectF]:
        """Places for the best epoch's name, the preferred one first: beside its line, high or low."""
        area, px = self._plot.area, theme().px
        title = area.left() + px(14) + QFontMetricsF(font(11)).horizontalAdvance(self._plot.title)
        right, left, height = line + px(6), line - px(6) - width, float(px(LABEL_HEIGHT))
        top, bottom = area.top() + px(3), area.bottom() - px(3) - height
        sides = [x for x in (right, left) if x >= title and x + width <= area.right()] or [max(left, title)]
        return [QRectF(x, y, width, height) for y in (top, bottom) for x in sides]

    def _lines(self) -> list[tuple[Array, Array]]:
        """The drawn lines, but for the batches, in pixels."""
        plot = self._plot
        curves = (*plot.strong.values(), *plot.raw.values(), plot.ghost)
        drawn = [curve.getData() for curve in curves if curve.xData is not None and len(curve.xData)]
        return [plot.to_pixels(x, y) for x, y in drawn]

    def _paint_titles(self, painter: QPainter) -> None:
        area, px = self._plot.area, theme().px
        title = QRectF(area.left() + px(5), area.top() + px(2), area.width(), px(LABEL_HEIGHT))
        width = QFontMetricsF(font(11)).horizontalAdvance(self._plot.title) + 2
        title.setWidth(width)
        self._write(painter, title, self._plot.title, font(11), "muted")
        if self._plot.is_share and self._plot.roomy:
            width = QFontMetricsF(font(11)).horizontalAdvance("epoch") + 2
            room = QRectF(area.right() - width, area.bottom() - px(17), width, px(LABEL_HEIGHT))
            self._write(painter, room, "epoch", font(11), "muted")

    def _paint_dots(self, painter: QPainter, run: RunCurves) -> None:
        low, high = self._plot.view.viewRange()[0]
        for index, split in enumerate(SPLITS):
            raw = run.series[self._plot.metric, split].raw
            start, stop = _within(raw, low, high)
            if stop - start > MOST_DOTS:
                continue
            y = raw.y[start:stop]
            heights = log10(y) if self._plot.log else y
            seen = np.isfinite(heights)
            across, down = self._plot.to_pixels(raw.x[start:stop][seen], heights[seen])
            points = [QPointF(*point) for point in zip(across.tolist(), down.tolist(), strict=True)]
            pen = QPen(QColor(theme().tokens.line(index)), theme().px(3))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(QPolygonF(points))

    def _paint_ends(self, painter: QPainter, picture: Picture) -> None:
        for index, split in enumerate(SPLITS):
            last = picture.run.series[self._plot.metric, split].raw.last
            if last is not None:
                self._dot(painter, self._plot.to_pixel(*last), 3.0, theme().tokens.line(index))

    def _paint_best(self, painter: QPainter, picture: Picture) -> None:
        best = picture.best
        if best is None:
            return
        area, tokens = self._plot.area, theme().tokens
        x = math.floor(self._plot.to_pixel(best.epoch, 1).x()) + 0.5
        pen = QPen(QColor(tokens.text2), 1)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        value = _at(picture.run.series[self._plot.metric, best.split].raw, best.epoch)
        if value is not None:
            colour = tokens.line(SPLITS.index(best.split))
            self._dot(painter, self._plot.to_pixel(best.epoch, value), 4.5, colour)
        label = self.best_label()
        if label is not None:
            self._write(painter, label[1], label[0], font(11, 600), "text2")

    def _dot(self, painter: QPainter, at: QPointF, radius: float, colour: str) -> None:
        painter.setPen(QPen(QColor(theme().tokens.plot), 1.2))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(at, radius * theme().zoom, radius * theme().zoom)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _end_label(self, run: RunCurves, split: str) -> EndLabel | None:
        last = run.series[self._plot.metric, split].raw.last
        if last is None:
            return None
        text = f"{self._plot.value_text(last[1])} {split}"
        return self._beside(text, self._plot.to_pixel(*last), font(11, 600), "text")

    def _ghost_label(self, ghost: RunCurves, room: QRectF, values: list[EndLabel]) -> EndLabel | None:
        """The name of the run before, near the end of its line, where no curve runs through it."""
        x, y = self._ghost_line()
        if not len(x):
            return None
        text = f"{ghost.name} {'val' if ghost.validated else 'train'}"
        width, height = QFontMetricsF(font(11)).horizontalAdvance(text) + 2, float(theme().px(LABEL_HEIGHT))
        up = 1 if self._plot.metric == "accuracy" else -1  # where the line tends to leave room
        places = places_along(x, y, QSizeF(width, height), room, up * theme().px(12))
        return EndLabel(text, free_place(places, self._lines(), values), "muted")

    def _ghost_line(self) -> tuple[Array, Array]:
        """The line of the run before, in pixels, as far as it is in sight."""
        curve, area = self._plot.ghost, self._plot.area
        if curve.xData is None or not len(curve.xData):
            return np.empty(0), np.empty(0)
        x, y = self._plot.to_pixels(*curve.getData())
        seen = np.isfinite(y) & (x >= area.left() - 1) & (x <= area.right() + 1)
        return x[seen], y[seen]

    def _beside(self, text: str, point: QPointF, which: QFont, role: str) -> EndLabel | None:
        """A label to the right of a point, or at the plot's end if there is no room."""
        area, px = self._plot.area, theme().px
        if not area.left() - 1 <= point.x() <= area.right() + 1:
            return None
        width, height = QFontMetricsF(which).horizontalAdvance(text) + 2, float(px(LABEL_HEIGHT))
        left, top = point.x() + px(_BESIDE), point.y() - height / 2
        if left + width <= area.right():
            return EndLabel(text, QRectF(left, top, width, height), role)
        return EndLabel(text, QRectF(area.right() - width, top, width, height), role, point.y())

    def _write(self, painter: QPainter, area: QRectF, text: str, which: QFont, role: str) -> None:
        ground = QColor(theme().tokens.plot)
        ground.setAlpha(190)
        painter.fillRect(area.adjusted(-1, 1, 1, -1), ground)
        painter.setFont(which)
        painter.setPen(theme().colour(role))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.drawText(area, flags, text)

    def _paint_cursor(self, painter: QPainter, picture: Picture) -> None:
        if self._cursor is None:
            return
        lines = self.readings()
        if not lines:
            return
        plot, px = self._plot, theme().px
        x = math.floor(plot.to_pixel(lines[0][1], 1).x()) + 0.5
        if not plot.area.left() <= x <= plot.area.right():
            return
        painter.setPen(QPen(theme().colour("strong"), 1))
        painter.drawLine(QPointF(x, plot.area.top()), QPointF(x, plot.area.bottom()))
        metrics = QFontMetricsF(font(11))
        width = max(metrics.horizontalAdvance(text) for text, _ in lines) + px(14)
        height = px(15) * len(lines) + px(8)
        left = x + px(8) if x + px(8) + width < plot.area.right() else x - px(8) - width
        box = QRectF(left, plot.area.center().y() - height / 2, width, height)
        painter.setPen(QPen(theme().colour("strong"), 1))
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(box, px(4), px(4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setFont(font(11))
        painter.setPen(theme().colour("text2"))
        for row, (text, _) in enumerate(lines):
            place = QRectF(box.left() + px(7), box.top() + px(4) + row * px(15), width, px(15))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def readings(self) -> list[tuple[str, float]]:
        """What the cross-hair reads: lines of text, each with the epoch it belongs to."""
        picture, metric = self._picture, self._plot.metric
        if picture is None or self._cursor is None:
            return []
        run, (low, high) = picture.run, self._plot.view.viewRange()[0]
        epoch = round(self._cursor)
        close = high - low < 3  # so near that single batches can be told apart
        values = [] if close else [(split, _at(run.series[metric, split].raw, epoch)) for split in SPLITS]
        lines = [
            (f"{split} {self._exact(value)}", float(epoch)) for split, value in values if value is not None
        ]
        if lines:
            ghost = picture.ghost
            split = "val" if ghost is not None and ghost.validated else "train"
            old = _at(ghost.series[metric, split].raw, epoch) if ghost is not None else None
            if ghost is not None and old is not None:
                lines.append((f"{ghost.name} {split} {self._exact(old)}", float(epoch)))
            return [(f"Epoch {epoch}", float(epoch)), *lines]
        batch = run.batch[metric]
        if not len(batch) or self._cursor > batch.x[-1] + 0.5:
            return []
        at = min(len(batch) - 1, int(batch.x.searchsorted(self._cursor)))
        where = float(batch.x[at])
        return [(f"Epoch {where:.2f}", where), (f"batch {self._exact(float(batch.y[at]))}", where)]

    def _exact(self, value: float) -> str:
        return f"{100 * value:.2f}%" if self._plot.is_share else f"{value:.4f}"


def _within(trace: Trace, low: float, high: float) -> tuple[int, int]:
    """First and last position (exclusive) of the points between two x."""
    return int(trace.x.searchsorted(low)), int(trace.x.searchsorted(high, side="right"))


def _at(trace: Trace, epoch: int) -> float | None:
    """The value of an epoch, or None."""
    position = int(trace.x.searchsorted(epoch - 0.25))
    if position < len(trace) and abs(trace.x[position] - epoch) < 0.5 and math.isfinite(trace.y[position]):
        return float(trace.y[position])
    return None
