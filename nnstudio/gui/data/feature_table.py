"""Samples that are no images: a table with a line for each, its class first."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget

from nnstudio.data.batches import Scaling
from nnstudio.gui.data.sample_view import Index, SampleView
from nnstudio.gui.data.samples import Row, Shown
from nnstudio.gui.data.summary import TITLES
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers

_ROOT = QModelIndex()
_MOST_FEATURES = 200
_FIXED = ("Sample", "Part", "Class")


class FeatureModel(QAbstractTableModel):
    """Samples with their features."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._samples: list[Shown] = []
        self._classes: tuple[str, ...] = ()
        self._features: tuple[str, ...] = ()
        self._scaling: Scaling | None = None

    def show_rows(
        self, rows: list[Row], classes: tuple[str, ...], features: tuple[str, ...], scaling: Scaling | None
    ) -> None:
        """Shows other samples; with a scaling, as the network gets them."""
        self.beginResetModel()
        self._samples = [sample for row in rows for sample in row.samples]
        count = self._samples[0].values.size if self._samples else 0
        self._classes, self._scaling = classes, scaling
        self._features = (features or tuple(str(number) for number in range(count)))[:_MOST_FEATURES]
        self.endResetModel()

    def sample(self, index: Index) -> Shown | None:
        """The sample of a line."""
        return self._samples[index.row()] if index.isValid() else None

    def find(self, place: tuple[str, int]) -> QModelIndex:
        """The line of a sample, by its part and row in the data set."""
        for row, sample in enumerate(self._samples):
            if sample.place == place:
                return self.index(row, 0)
        return QModelIndex()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Samples."""
        return 0 if parent.isValid() else len(self._samples)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Name, part, class, features."""
        return 0 if parent.isValid() else len(_FIXED) + len(self._features)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation == Qt.Orientation.Vertical or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (*_FIXED, *self._features)[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        sample = self._samples[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole and column >= len(_FIXED):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and column < len(_FIXED):
            marked = sample.relabelled or sample.left_out or sample.equals
            return theme().colour("caution" if marked else "text")
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if column == 0:
            return sample.name
        if column == 1:
            return TITLES.get(sample.which, sample.which).capitalize()
        if column == 2:
            was = f" (was {self._classes[sample.source_label]})" if sample.relabelled else ""
            return self._classes[sample.label] + was
        values = sample.values
        if self._scaling is not None:
            values = self._scaling.apply(values.reshape(1, -1))[0]
        return numbers.number(float(values[column - len(_FIXED)]), 4)


class FeatureTable(SampleView):
    """The table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setModel(FeatureModel(self))
        self.verticalHeader().hide()
        self.horizontalHeader().setDefaultSectionSize(theme().px(92))

    @property
    def samples(self) -> FeatureModel:
        """The model."""
        return cast(FeatureModel, self.model())

    def show_rows(
        self, rows: list[Row], classes: tuple[str, ...], features: tuple[str, ...], scaling: Scaling | None
    ) -> None:
        """Shows other samples; the chosen one stays chosen if it is still there."""
        before = self._current()
        self.samples.show_rows(rows, classes, features, scaling)
        self._take_up(before)
