"""The figures of each class as rows that can be sorted, and their average."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nnstudio.engine.analysis import ClassMetrics
from nnstudio.gui.widgets import numbers

Index = QModelIndex | QPersistentModelIndex
COLUMNS: tuple[str, ...] = ("Class", "Precision", "Recall", "F1", "", "Support", "Change")
SHORT: tuple[str, ...] = ("Class", "Prec.", "Rec.", "F1", "", "Sup.", "Change")
"""Captions where the room is needed for the names of the classes."""
AVERAGES = ("Macro average", "Macro avg.")
"""Names of the last row, the longer first."""
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


class PerClassModel(QAbstractTableModel):
    """One row per class in any order, and the macro average below them all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._order: list[int] = []
        self._values: list[np.ndarray] = []
        self._averages: tuple[float, ...] = ()
        self._sorting = (-1, Qt.SortOrder.AscendingOrder)
        self._captions, self._average = COLUMNS, AVERAGES[0]

    def set_captions(self, captions: tuple[str, ...], average: str) -> None:
        """Heads the columns with ``COLUMNS`` or ``SHORT``, and names the last row."""
        if (captions, average) != (self._captions, self._average):
            self._captions, self._average = captions, average
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(captions) - 1)

    def names(self, average: str) -> tuple[str, ...]:
        """What stands in the first column, where the last row has such a name."""
        return (*self._classes, average)

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
                return self._average if number < 0 else self._classes[number]
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
                return self._captions[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return TOOLTIPS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
                return side | Qt.AlignmentFlag.AlignVCenter
        return None


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else numbers.fixed(value)
