"""Precision, recall, F1 and support of each class, as a table that can be sorted."""

from __future__ import annotations

import math
from itertools import product
from typing import cast

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.engine.analysis import ClassMetrics
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.evaluate.per_class_model import (
    AVERAGES,
    BAR,
    CHANGE,
    CLASS_ROLE,
    COLUMNS,
    SHORT,
    SUPPORT,
    VALUE_ROLE,
    Index,
    PerClassModel,
)

_ROW = 27
_BAR = 30
_LEFT = 11
_PADDING = 5
_LEAST_NAME, _MOST_NAME = 60, 130
_TIGHT_ROW = 19  # where the window is low
_MOST_ROWS = 16  # that the table asks room for


class PerClassDelegate(QStyledItemDelegate):
    """Paints the figures, and a bar beside F1."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows of 27 pixels."""
        return QSize(60, theme().px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        area = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        average = index.data(CLASS_ROLE) < 0
        if selected:
            painter.fillRect(area, theme().colour("accent_tint"))
        painter.setPen(theme().colour("border"))
        if not average:
            painter.drawLine(area.bottomLeft(), area.bottomRight())
        px = theme().px
        if index.column() == BAR:
            self._paint_bar(painter, area, float(index.data(VALUE_ROLE)))
            return
        table = cast(PerClassTable, self.parent())
        right = _LEFT if index.column() == table.last_column else _PADDING
        words = area.adjusted(px(_LEFT) if index.column() == 0 else 0, 0, -px(right), 0)
        painter.setFont(font(12, 600 if average or (selected and index.column() == 0) else 400))
        painter.setPen(theme().colour(self._role(index)))
        side = Qt.AlignmentFlag.AlignLeft if index.column() == 0 else Qt.AlignmentFlag.AlignRight
        text = str(index.data())
        if index.column() == 0:  # numbers never elide
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _role(self, index: Index) -> str:
        change = float(index.data(VALUE_ROLE)) if index.column() == CHANGE else 0.0
        if math.isnan(change) or round(change, 3) == 0:
            return "text"
        return "good" if change > 0 else "error"

    def _paint_bar(self, painter: QPainter, area: QRect, value: float) -> None:
        px = theme().px
        left = area.left() + px(2)
        trough = QRectF(left, area.center().y() - px(3), px(_BAR), px(6))
        painter.fillRect(trough, theme().colour("hover"))
        if not math.isnan(value):
            trough.setWidth(trough.width() * value)
            painter.fillRect(trough, theme().colour(theme().tokens.line(0)))


class PerClassTable(QTableView):
    """The table; choosing a row tells its class.

    Signals:
        class_selected: Class number.
    """

    class_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Per class")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setModel(PerClassModel(self))
        self.setItemDelegate(PerClassDelegate(self))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        self._following = False
        self.setColumnHidden(CHANGE, True)
        self._fit()
        theme().changed.connect(self._fit)

    @property
    def figures(self) -> PerClassModel:
        """The model."""
        return cast(PerClassModel, self.model())

    @property
    def chosen(self) -> int:
        """Number of the selected class, or -1."""
        return self.figures.class_at(self.currentIndex().row())

    @property
    def last_column(self) -> int:
        """The one at the right edge."""
        return max(n for n in range(len(COLUMNS)) if not self.isColumnHidden(n))

    def follow(self, number: int) -> None:
        """Marks the row of a class selected elsewhere, or none, without telling anyone."""
        row = self.figures.row_of(number)
        index = self.figures.index(row, 0) if row >= 0 else QModelIndex()
        flags = QItemSelectionModel.SelectionFlag
        self._following = True
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self._following = False

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tells which class is chosen."""
        super().currentChanged(current, previous)
        if current.isValid() and not self._following and current.row() != previous.row():
            self.class_selected.emit(self.figures.class_at(current.row()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The first column takes the room that the figures leave."""
        super().resizeEvent(event)
        self._fit()

    def show_metrics(
        self, metrics: ClassMetrics, classes: tuple[str, ...], other: ClassMetrics | None = None
    ) -> None:
        """Shows other figures. Equal supports take no column: the panel's subtitle has the number."""
        self.figures.show_metrics(metrics, classes, other)
        self.setColumnHidden(CHANGE, other is None)
        self.setColumnHidden(SUPPORT, other is not None or len(set(metrics.support.tolist())) == 1)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """All rows, up to a number."""
        return QSize(theme().px(260), self._height(_ROW))

    def minimumSizeHint(self) -> QSize:
        """The same with rows close together."""
        return QSize(theme().px(220), self._height(_TIGHT_ROW))

    def _height(self, row: int) -> int:
        rows = min(self.figures.rowCount(), _MOST_ROWS)
        return self.horizontalHeader().sizeHint().height() + rows * theme().px(row) + 1

    def _fit(self) -> None:
        header, px = self.horizontalHeader(), theme().px
        header.setStyleSheet(
            f"QHeaderView::section {{ padding: 0 {px(_PADDING)}px; }}"
            f"QHeaderView::section:first {{ padding-left: {px(_LEFT)}px; }}"
            f"QHeaderView::section:last {{ padding-right: {px(_LEFT)}px; }}"
        )
        room = self.height() - header.sizeHint().height() - 1
        row = room // max(1, self.figures.rowCount())
        self.verticalHeader().setDefaultSectionSize(max(px(_TIGHT_ROW), min(px(_ROW), row)))
        room = self.viewport().width() - px(_LEFT - _PADDING)  # the last figures keep off the edge
        for bars, captions, average in product((True, False), (COLUMNS, SHORT), AVERAGES):
            widths = self._widths(captions)
            shown = [n for n in widths if n != BAR or bars]
            left = room - sum(widths[n] for n in shown if n == BAR or not self.isColumnHidden(n))
            if left >= self._longest_name(average):
                break
        self.figures.set_captions(captions, average)
        self.setColumnHidden(BAR, not bars)  # the figure says the same
        for column, width in widths.items():
            header.resizeSection(column, width + (px(_LEFT - _PADDING) if column == self.last_column else 0))
        header.resizeSection(0, max(px(_LEAST_NAME), left))

    def _longest_name(self, average: str) -> int:
        """Width of the first column in which no name is shortened, within reason."""
        metrics = QFontMetrics(font(12, 600))
        widest = max(metrics.horizontalAdvance(name) for name in self.figures.names(average))
        return min(theme().px(_MOST_NAME), widest + theme().px(_LEFT + _PADDING))

    def _widths(self, captions: tuple[str, ...]) -> dict[int, int]:
        """What the columns behind the first need."""
        px, metrics = theme().px, QFontMetrics(font(12, 600))
        widths = {}
        for column, name in enumerate(captions[1:], start=1):
            figure = "+0.000" if column == CHANGE else "0.000"
            needed = max(metrics.horizontalAdvance(name), metrics.horizontalAdvance(figure))
            widths[column] = px(_BAR + _PADDING) if column == BAR else needed + 2 * px(_PADDING)
        return widths
