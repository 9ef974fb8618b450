"""How many samples each class has: three bars per class, one for each part."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.gui.data.summary import PARTS
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers

_HEIGHT, _LOW = 156, 104
LOW_WINDOW = 800
"""Height of the window below which the chart is lower."""
_LEFT, _TOP, _FOOT = 40, 8, 20
NAMES = {"train": "Train", "validation": "Val", "test": "Test"}


class ClassChart(QWidget):
    """The bars; a class is chosen by a click, or with the arrow keys and Return.

    Signals:
        class_chosen(int): Number of the class.
    """

    class_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._counts: dict[str, tuple[int, ...]] = {}
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Class distribution")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def show_counts(self, classes: tuple[str, ...], counts: dict[str, tuple[int, ...]]) -> None:
        """Shows the samples of each class, for each of ``PARTS``."""
        self._classes, self._counts, self._current = classes, counts, -1
        self.setAccessibleDescription(f"{len(classes):,} classes. Arrow keys tell the samples of each.")
        self.update()

    def words(self, label: int) -> str:
        """What a class holds, in words."""
        parts = [f"{NAMES[name]} {numbers.count(self._counts[name][label])}" for name in PARTS]
        return f"{self._classes[label]}: {', '.join(parts)}"

    def sizeHint(self) -> QSize:
        """As high as designed."""
        low = self.window().height() < theme().px(LOW_WINDOW)
        return QSize(theme().px(480), theme().px(_LOW if low else _HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for a small window."""
        return QSize(theme().px(200), self.sizeHint().height())

    def group(self, label: int) -> QRect:
        """The area of one class."""
        plot = self._plot()
        left = plot.left() + label * plot.width() / max(1, len(self._classes))
        right = plot.left() + (label + 1) * plot.width() / max(1, len(self._classes))
        return QRect(round(left), plot.top(), max(1, round(right) - round(left)), self.height() - plot.top())

    def event(self, event: QEvent) -> bool:
        """Explains the class under the mouse."""
        if isinstance(event, QHelpEvent):
            label = self._at(event.pos())
            QToolTip.showText(event.globalPos(), self.words(label) if label >= 0 else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a class."""
        label = self._at(event.position().toPoint())
        if label >= 0:
            self._go(label)
            self.class_chosen.emit(label)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks over the classes."""
        last = len(self._classes) - 1
        moves = {
            Qt.Key.Key_Left: max(0, self._current - 1),
            Qt.Key.Key_Right: min(last, self._current + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if last < 0:
            super().keyPressEvent(event)
        elif event.key() in moves:
            self._go(moves[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.class_chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _go(self, label: int) -> None:
        self._current = label
        self.setAccessibleDescription(self.words(label))
        self.update()

    def _plot(self) -> QRect:
        px = theme().px
        return QRect(px(_LEFT), px(_TOP), self.width() - px(_LEFT), self.height() - px(_TOP + _FOOT))

    def _at(self, position: QPoint) -> int:
        plot = self._plot()
        if not self._classes or not plot.left() <= position.x() < plot.right():
            return -1
        return min(len(self._classes) - 1, (position.x() - plot.left()) * len(self._classes) // plot.width())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws axes, bars and names."""
        if not self._classes:
            return
        painter = QPainter(self)
        most = max(max(counts) for counts in self._counts.values()) or 1
        step = _nice(most / 3)
        top = step * math.ceil(most / step)
        self._paint_axis(painter, step, top)
        for label in range(len(self._classes)):
            self._paint_class(painter, label, top)
        self._paint_names(painter)

    def _paint_axis(self, painter: QPainter, step: int, top: int) -> None:
        plot = self._plot()
        painter.setFont(font(11))
        for value in range(0, top + 1, step):
            y = plot.bottom() - round(plot.height() * value / top)
            painter.setPen(QPen(theme().colour("strong" if value == 0 else "grid"), 1))
            painter.drawLine(plot.left(), y, plot.right(), y)
            painter.setPen(theme().colour("muted"))
            words = QRect(0, y - theme().px(8), plot.left() - theme().px(6), theme().px(16))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(words, right, numbers.count(value) if value < 10_000 else numbers.compact(value))

    def _paint_class(self, painter: QPainter, label: int, top: int) -> None:
        area, plot = self.group(label), self._plot()
        if label == self._current:
            painter.fillRect(area, theme().colour("accent_tint"))
        gap = max(1, area.width() // 10)
        width = max(1, (area.width() - 2 * gap) // len(PARTS))
        spare = max(0, (area.width() - 2 * gap - width * len(PARTS)) // 2)
        for index, name in enumerate(PARTS):
            height = plot.height() * self._counts[name][label] / top
            shown = max(1, round(height)) if height else 0
            bar = QRect(area.left() + gap + spare + index * width, plot.bottom() - shown, width, shown)
            bar.setWidth(max(1, width - (1 if width > 3 else 0)))
            painter.fillRect(bar, theme().colour(theme().tokens.line(index)))

    def _paint_names(self, painter: QPainter) -> None:
        painter.setFont(font(11))
        painter.setPen(theme().colour("text2"))
        metrics = QFontMetrics(font(11))
        foot = theme().px(_FOOT)
        widest = max(map(metrics.horizontalAdvance, self._classes))
        each = self._plot().width() / len(self._classes)
        every = max(1, math.ceil(min(widest + theme().px(8), theme().px(64)) / each))
        for label in range(0, len(self._classes), every):
            area = self.group(label)
            room = round(each * every) - theme().px(4)
            words = metrics.elidedText(self._classes[label], Qt.TextElideMode.ElideRight, room)
            left = area.center().x() - room // 2
            spot = QRect(max(0, min(left, self.width() - room)), self.height() - foot, room, foot)
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, words)


def _nice(step: float) -> int:
    """A round number of at least ``step``: 1, 2, 4 or 5 times a power of ten."""
    power = 10 ** max(0, math.floor(math.log10(max(1.0, step))))
    return int(next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= step))
