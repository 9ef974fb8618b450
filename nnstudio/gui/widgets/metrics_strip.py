"""Metrics strip: a row of captioned values with a thin progress line below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import font, theme

_HEIGHT = 64
_LINE = 3
_BASELINES = (18, 38, 53)  # caption, value, note, from the top
_PADDING = (11, 6)  # left and right of the text
_TIGHT = (6, 3)  # the same where the strip is too narrow
_SUFFIX_GAP = 3


@dataclass(frozen=True)
class Metric:
    """One cell: what it is called, what it means, and its share of spare width."""

    key: str
    caption: str
    tooltip: str = ""
    stretch: int = 1


@dataclass(frozen=True)
class _Shown:
    value: str = "–"
    suffix: str = ""
    note: str = ""
    suffix_role: str = "muted"


class MetricsStrip(QWidget):
    """Values in cells as wide as their numbers need.

    Values are never cut. Where the strip is too narrow the padding goes first, then notes are left out
    (a shortened number would be a wrong one; the tooltip has it), then captions are elided, all of them
    by the same share.

    The cells keep the greatest width they have needed, so that the row does not jump while values change.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        name: str = "Metrics",
        progress: bool = True,
        framed: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """Make the strip.

        Args:
            metrics: The cells from left to right.
            name: Accessible name.
            progress: Whether there is a progress line.
            framed: Whether it draws its own card; without, it can lie inside a panel.
            parent: Qt parent.
        """
        super().__init__(parent)
        self._metrics = tuple(metrics)
        self._shown = {metric.key: _Shown() for metric in metrics}
        self._widest = dict.fromkeys(self._shown, 0)
        self._progress = 0.0
        self._has_line = progress
        self._framed = framed
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.reset_widths)

    def set_value(
        self, key: str, value: str, suffix: str = "", note: str = "", suffix_role: str = "muted"
    ) -> None:
        """Show a value.

        Args:
            key: Which cell.
            value: The number, already formatted.
            suffix: What follows it in small type, such as ``"/ 40"`` or ``"▲ 2.4 pts"``.
            note: The line below.
            suffix_role: Colour of the suffix; ``good``, ``caution`` and ``error`` are set in bold.

        Raises:
            KeyError: There is no such cell.
        """
        shown = _Shown(value, suffix, note, suffix_role)
        if self._shown[key] == shown:
            return
        self._shown[key] = shown
        self._describe()
        self.update()

    def value(self, key: str) -> str:
        """The number shown in a cell."""
        return self._shown[key].value

    def set_progress(self, fraction: float) -> None:
        """Fill the line below to ``fraction``, 0 to 1."""
        fraction = min(max(fraction, 0.0), 1.0)
        if fraction != self._progress:
            self._progress = fraction
            self.update(0, self.height() - theme().px(_LINE) - 1, self.width(), theme().px(_LINE) + 1)

    @property
    def progress(self) -> float:
        """How far the line is filled, 0 to 1."""
        return self._progress

    def clear(self) -> None:
        """Show no values and no progress."""
        self._shown = dict.fromkeys(self._shown, _Shown())
        self.set_progress(0.0)
        self.reset_widths()

    def reset_widths(self) -> None:
        """Forget the widths that earlier values needed."""
        self._widest = dict.fromkeys(self._shown, 0)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """All cells with their notes."""
        return QSize(sum(self._needs(_PADDING, captions=True, notes=True)), theme().px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """All values, without captions and notes."""
        return QSize(sum(self._needs(_TIGHT)), theme().px(_HEIGHT))

    def cells(self) -> list[QRect]:
        """The rectangle of each cell."""
        return self._cells(self._layout()[0])

    def _cells(self, widths: list[int]) -> list[QRect]:
        edges = [sum(widths[:index]) for index in range(len(widths) + 1)]
        height = self.height() - (theme().px(_LINE) if self._has_line else 0)
        return [QRect(left, 0, width, height) for left, width in zip(edges, widths, strict=False)]

    def event(self, event: QEvent) -> bool:
        """Explain the cell under the mouse."""
        if isinstance(event, QHelpEvent):
            self._show_tooltip(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def tooltip_at(self, position: QPoint) -> str:
        """Meaning and whole content of the cell at ``position``."""
        for metric, cell in zip(self._metrics, self.cells(), strict=True):
            if cell.contains(position):
                shown = self._shown[metric.key]
                line = " ".join(filter(None, (f"{metric.caption}:", shown.value, shown.suffix)))
                return "\n".join(filter(None, (metric.tooltip, line, shown.note)))
        return ""

    def _show_tooltip(self, position: QPoint, on_screen: QPoint) -> None:
        text = self.tooltip_at(position)
        if text:
            QToolTip.showText(on_screen, text, self)
        else:
            QToolTip.hideText()

    def _describe(self) -> None:
        parts = [f"{m.caption} {self._shown[m.key].value} {self._shown[m.key].suffix}" for m in self._metrics]
        self.setAccessibleDescription(", ".join(part.strip() for part in parts))

    def _value_width(self, shown: _Shown) -> int:
        width = _advance(font(17, 600), shown.value)
        if shown.suffix:
            width += theme().px(_SUFFIX_GAP) + _advance(_suffix_font(shown), shown.suffix)
        return width

    def _needs(self, padding: tuple[int, int], captions: bool = False, notes: bool = False) -> list[int]:
        """Width that each cell needs, padding included."""
        widths = []
        for metric in self._metrics:
            shown = self._shown[metric.key]
            needed = self._value_width(shown)
            if captions:
                needed = max(needed, _advance(font(12), metric.caption))
            if notes:
                needed = max(needed, _advance(font(11), shown.note))
                needed = self._widest[metric.key] = max(needed, self._widest[metric.key])
            widths.append(needed + sum(map(theme().px, padding)))
        return widths

    def _layout(self) -> tuple[list[int], tuple[int, int], bool]:
        """Cell widths, padding, and whether there is room for the notes."""
        for padding, notes in ((_PADDING, True), (_TIGHT, True), (_TIGHT, False)):
            widths = self._needs(padding, captions=True, notes=notes)
            if sum(widths) <= self.width():
                shares = [metric.stretch for metric in self._metrics]
                break
        else:  # as much of each caption as there is room for
            whole, widths = widths, self._needs(padding)
            shares = [wanted - least for wanted, least in zip(whole, widths, strict=True)]
        spare, total = self.width() - sum(widths), sum(shares) or 1
        given = [max(0, spare) * share // total for share in shares]
        given[-1] += max(0, spare) - sum(given)
        return [width + extra for width, extra in zip(widths, given, strict=True)], padding, notes

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card, the cells and the progress line."""
        painter = QPainter(self)
        if self._framed:
            self._paint_card(painter)
        widths, padding, notes = self._layout()
        left, right = (theme().px(side) for side in padding)
        for metric, cell in zip(self._metrics, self._cells(widths), strict=True):
            if metric is not self._metrics[-1] or not self._framed:
                painter.setPen(theme().colour("border"))
                painter.drawLine(cell.right(), cell.top() + 1, cell.right(), cell.bottom())
            self._paint_cell(painter, cell.adjusted(left, 0, -right, 0), metric, notes)

    def _paint_card(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = theme().px(METRICS.radius_card)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("border"), 1))
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(area, radius, radius)
        if self._has_line:
            self._paint_progress(painter, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # for sharp dividers

    def _paint_progress(self, painter: QPainter, radius: int) -> None:
        rounded = QPainterPath()
        rounded.addRoundedRect(QRectF(self.rect()), radius, radius)
        painter.save()
        painter.setClipPath(rounded)
        top = self.height() - theme().px(_LINE)
        painter.fillRect(QRect(0, top, self.width(), theme().px(_LINE)), theme().colour("border"))
        done = QRectF(0, top, self.width() * self._progress, theme().px(_LINE))
        painter.fillRect(done, theme().colour("accent"))
        painter.restore()

    def _paint_cell(self, painter: QPainter, area: QRect, metric: Metric, notes: bool) -> None:
        caption_y, value_y, note_y = (theme().px(y) for y in _BASELINES)
        shown = self._shown[metric.key]
        caption_font = font(12)
        painter.setFont(caption_font)
        painter.setPen(theme().colour("muted"))
        caption = QFontMetrics(caption_font).elidedText(
            metric.caption, Qt.TextElideMode.ElideRight, area.width()
        )
        painter.drawText(area.left(), caption_y, caption)
        if notes and shown.note:
            painter.setFont(font(11))
            painter.drawText(area.left(), note_y, shown.note)
        painter.setFont(font(17, 600))
        painter.setPen(theme().colour("text"))
        painter.drawText(area.left(), value_y, shown.value)
        if shown.suffix:
            left = area.left() + _advance(font(17, 600), shown.value) + theme().px(_SUFFIX_GAP)
            painter.setFont(_suffix_font(shown))
            painter.setPen(theme().colour(shown.suffix_role))
            painter.drawText(left, value_y, shown.suffix)


def _advance(which: QFont, text: str) -> int:
    """Whole pixels that hold a text: in one less Qt would leave letters out."""
    return math.ceil(QFontMetricsF(which).horizontalAdvance(text))


def _suffix_font(shown: _Shown) -> QFont:
    return font(12, 600) if shown.suffix_role in ("good", "caution", "error") else font(13)
