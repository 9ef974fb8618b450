"""Precision, recall, F1 and support of each class, as a table that can be sorted."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
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
from nnstudio.gui.widgets import numbers

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Class", "Precision", "Recall", "F1", "", "Support", "Change")
TOOLTIPS = (
    "The class, and the plain mean over all classes below.",
    "Of the samples taken for the class, the share that is.\nTP / (TP + FP)",
    "Of the samples of the class, the share that was found.\nTP / (TP + FN)",
    "Harmonic mean of precision and recall.\n2·TP / (2·TP + FP + FN)",
    "F1 as a bar, from 0 to 1.",
    "Number of samples of the class.",
    "Change of F1 against the run that is compared with.",
)
BAR, SUPPORT, CHANGE = 4, 5, 6
VALUE_ROLE = Qt.ItemDataRole.UserRole
CLASS_ROLE = Qt.ItemDataRole.UserRole + 1
_ROOT = QModelIndex()
_ROW = 27
_BAR = 30
_LEFT = 11
_PADDING = 5
_LEAST_NAME = 60
_TIGHT_ROW = 19  # where the window is low
_MOST_ROWS = 16  # that the table asks room for


class PerClassModel(QAbstractTableModel):
    """One row per class in any order, and the macro average below them all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._order: list[int] = []
        self._values: list[np.ndarray] = []
        self._averages: tuple[float, ...] = ()
        self._sorting = (-1, Qt.SortOrder.AscendingOrder)

    def show_metrics(
        self, metrics: ClassMetrics, classes: tuple[str, ...], other: ClassMetrics | None = None
    ) -> None:
        """Shows other figures, sorted as before, and how F1 changed against ``other``."""
        same = classes == self._classes
        if not same:
            self.beginResetModel()
        self._classes = classes
        self._values = [
            np.arange(len(classes)),
            metrics.precision,
            metrics.recall,
            metrics.f1,
            metrics.f1,
            metrics.support,
            metrics.f1 - other.f1 if other is not None else np.full(len(classes), np.nan),
        ]
        total = int(metrics.support.sum())
        self._averages = (
            0,
            metrics.macro_precision,
            metrics.macro_recall,
            metrics.macro_f1,
            metrics.macro_f1,
            total,
            metrics.macro_f1 - other.macro_f1 if other is not None else math.nan,
        )
        if not same:
            self._order = list(range(len(classes)))
            self.endResetModel()
        self.sort(*self._sorting)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts the classes, by number for column −1; those without figures come last either way."""
        self._sorting = (column, order)
        if not self._values:
            return
        descending = order == Qt.SortOrder.DescendingOrder

        def key(number: int) -> tuple[bool, float]:
            value = float(self._values[max(0, column)][number])
            return math.isnan(value), -value if descending else value

        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        classes = [self.class_at(index.row()) for index in before]
        self._order = sorted(range(len(self._classes)), key=key)
        rows = {number: row for row, number in enumerate(self._order)}
        rows[-1] = len(self._order)
        moved = [self.index(rows[n], old.column()) for n, old in zip(classes, before, strict=True)]
        self.changePersistentIndexList(before, moved)
        self.layoutChanged.emit()

    def class_at(self, row: int) -> int:
        """Class number of a row; -1 for the average."""
        return self._order[row] if 0 <= row < len(self._order) else -1

    def row_of(self, number: int) -> int:
        """Row of a class, or -1."""
        return self._order.index(number) if number in self._order else -1

    def rowCount(self, parent: Index = _ROOT) -> int:
        """The classes and the average."""
        return 0 if parent.isValid() or not self._classes else len(self._classes) + 1

    def columnCount(self, parent: Index = _ROOT) -> int:
        """See ``COLUMNS``."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, value and class of a cell."""
        number, column = self.class_at(index.row()), index.column()
        if role == CLASS_ROLE:
            return number
        value = self._averages[column] if number < 0 else self._values[column][number]
        if role == VALUE_ROLE:
            return float(value)
        if role == Qt.ItemDataRole.DisplayRole:
            if column == 0:
                return "Macro average" if number < 0 else self._classes[number]
            if column == BAR:
                return ""
            if column == CHANGE:
                return "–" if math.isnan(value) else numbers.signed(float(value))
            return numbers.count(int(value)) if column == SUPPORT else _figure(float(value))
        if role == Qt.ItemDataRole.ToolTipRole and column == 0:
            return index.data()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return "" if column == BAR else f"{COLUMNS[column]} {index.data()}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Captions and their meaning."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return TOOLTIPS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
                return side | Qt.AlignmentFlag.AlignVCenter
        return None


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
        words = area.adjusted(px(_LEFT) if index.column() == 0 else 0, 0, -px(_PADDING), 0)
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
        )
        room = self.height() - header.sizeHint().height() - 1
        row = room // max(1, self.figures.rowCount())
        self.verticalHeader().setDefaultSectionSize(max(px(_TIGHT_ROW), min(px(_ROW), row)))
        metrics = QFontMetrics(font(12, 600))
        widths = []
        for column, name in enumerate(COLUMNS[1:], start=1):
            needed = max(
                metrics.horizontalAdvance(name),
                metrics.horizontalAdvance("+0.000" if column == CHANGE else "0.000"),
            )
            widths.append(px(_BAR + _PADDING) if column == BAR else needed + 2 * px(_PADDING))
        room = self.viewport().width()
        ends = [widths[n - 1] for n in (SUPPORT, CHANGE) if not self.isColumnHidden(n)]
        taken = sum(widths[: BAR - 1]) + sum(ends)
        bars = room - taken - widths[BAR - 1] >= px(_LEAST_NAME)  # the figure says the same as its bar
        self.setColumnHidden(BAR, not bars)
        taken += widths[BAR - 1] if bars else 0
        for column, width in enumerate(widths, start=1):
            header.resizeSection(column, width)
        header.resizeSection(0, max(px(_LEAST_NAME), room - taken))


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else numbers.fixed(value)
