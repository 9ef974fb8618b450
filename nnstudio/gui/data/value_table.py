"""The numbers of one sample: a grid of pixels, or a list of features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_CELL = (40, 20)


class ValueModel(QAbstractTableModel):
    """Raw values of a sample: pixels ``(H, W, C)`` in their places, or features below each other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values: NDArray[np.generic] = np.zeros((0, 0, 1))
        self._features: tuple[str, ...] = ()

    def show_values(self, values: NDArray[np.generic], features: tuple[str, ...]) -> None:
        """Shows the values of another sample."""
        self.beginResetModel()
        self._values = values.reshape(-1, 1, 1) if values.ndim == 1 else values
        self._features = features if values.ndim == 1 else ()
        self._is_image = values.ndim == 3
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Height, or number of features."""
        return 0 if parent.isValid() else len(self._values)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Width, or one."""
        return 0 if parent.isValid() else self._values.shape[1]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Rows and columns counted from 0; names of features."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Vertical and section < len(self._features):
            return self._features[section]
        if orientation == Qt.Orientation.Horizontal and not self._is_image:
            return "Value"
        return str(section)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A value; those of colours side by side."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        return " ".join(value_texts(self._values[index.row(), index.column()]))


def value_texts(values: NDArray[np.generic]) -> list[str]:
    """The values of a pixel as text: bytes as they are, others with four digits."""
    if values.dtype == np.uint8:
        return [str(int(value)) for value in values]
    return [numbers.number(float(value), 4) for value in values]


class ValueTable(QTableView):
    """Shows a :class:`ValueModel`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Numbers of the sample")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setProperty("dense", True)
        self.values = ValueModel(self)
        self.setModel(self.values)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def show_values(self, values: NDArray[np.generic], features: tuple[str, ...]) -> None:
        """Shows the values of another sample."""
        self.values.show_values(values, features)
        px = theme().px
        self.setFont(font(11))
        channels = values.shape[2] if values.ndim == 3 else 1
        wide = values.ndim == 1
        width = px(100) if wide else px(_CELL[0] * channels if values.dtype == np.uint8 else 64 * channels)
        self.horizontalHeader().setDefaultSectionSize(width)
        self.horizontalHeader().setStretchLastSection(wide)
        self.verticalHeader().setDefaultSectionSize(px(_CELL[1]))
        self.verticalHeader().setFixedWidth(px(110 if wide and features else 40))
