"""A few classes with their probabilities, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers

_ROW = 26
_BAR = 14
_GAP = 8
_UPPER = 0.65  # of a bar, where a second network's stands below it
_LONGEST_NAME = 0.4  # of the width


@dataclass(frozen=True)
class Bar:
    """One class.

    Attributes:
        name: What stands at the left.
        probability: 0 to 1.
        colour: Role of the bar's colour, or ``#RRGGBB``.
        other: Probability that a second network gives it, as a thinner bar below; None for none.
    """

    name: str
    probability: float
    colour: str = "earlier"
    other: float | None = None


class ProbabilityBars(QWidget):
    """Bars one below the other, names at the left and per cent at the right.

    Where names are long, each stands above its bar (``stacked``).
    """

    def __init__(
        self, name: str = "Class probabilities", stacked: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bars: tuple[Bar, ...] = ()
        self._stacked = stacked
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is shown."""
        return self._bars

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show other classes or probabilities."""
        fresh = tuple(bars)
        if fresh == self._bars:
            return
        resized = len(fresh) != len(self._bars)
        self._bars = fresh
        self.setAccessibleDescription(
            ", ".join(f"{bar.name} {numbers.percent(bar.probability)}" for bar in fresh)
        )
        if resized:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(theme().px(160), theme().px(self._row_height()) * len(self._bars))

    def minimumSizeHint(self) -> QSize:
        """All rows: none is left out."""
        return QSize(theme().px(110), self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Show the whole name and the exact probability of the row under the mouse."""
        if isinstance(event, QHelpEvent):
            row = event.pos().y() // theme().px(self._row_height())
            if 0 <= row < len(self._bars):
                bar = self._bars[row]
                second = "" if bar.other is None else f", the other {numbers.percent(bar.other, 3)}"
                text = f"{bar.name}: {numbers.percent(bar.probability, 3)}{second}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the rows."""
        painter = QPainter(self)
        name_font, number_font = font(12, 600), font(12)
        name_width = self._name_width(QFontMetrics(name_font))
        number_width = QFontMetrics(number_font).horizontalAdvance("100.0%")
        height = theme().px(self._row_height())
        for index, bar in enumerate(self._bars):
            row = QRect(0, index * height, self.width(), height)
            if self._stacked:
                words = QRect(row.left(), row.top(), row.width(), height - theme().px(10))
                trough = QRect(row.left(), words.bottom() + 1, row.width(), theme().px(5))
            else:
                words = row
                left = name_width + theme().px(_GAP)
                width = max(0, row.width() - left - number_width - theme().px(_GAP))
                trough = QRect(left, row.center().y() - theme().px(_BAR) // 2 + 1, width, theme().px(_BAR))
            painter.fillRect(trough, theme().colour("hover"))
            if bar.other is not None:
                lower = trough.adjusted(0, round(trough.height() * _UPPER), 0, 0)
                painter.fillRect(_filled(lower, bar.other), theme().colour(theme().tokens.line(1)))
                trough.setHeight(round(trough.height() * _UPPER) - 1)
            painter.fillRect(_filled(trough, bar.probability), theme().colour(bar.colour))
            painter.setPen(theme().colour("text"))
            painter.setFont(name_font if not self._stacked else font(12, 600 if index == 0 else 400))
            room = name_width if not self._stacked else words.width() - number_width
            name = painter.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            painter.setFont(number_font)
            text = numbers.percent(bar.probability)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)

    def _row_height(self) -> int:
        return 30 if self._stacked else _ROW

    def _name_width(self, metrics: QFontMetrics) -> int:
        widest = max((metrics.horizontalAdvance(bar.name) for bar in self._bars), default=0)
        return min(widest + 2, round(self.width() * _LONGEST_NAME))


def _filled(trough: QRect, probability: float) -> QRectF:
    width = trough.width() * min(1.0, max(0.0, probability))
    return QRectF(
        trough.left(), trough.top(), max(1.0, width) if probability >= 5e-4 else width, trough.height()
    )
