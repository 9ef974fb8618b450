"""Parts of the import preview: the facts, the first samples, the problems, the progress."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QProgressBar,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnstudio.data.dataset import Part
from nnstudio.data.sources.previews import Preview
from nnstudio.engine.drawing import is_drawable
from nnstudio.gui.data.feature_table import FeatureTable
from nnstudio.gui.data.sample_grid import SampleGrid
from nnstudio.gui.data.samples import Row, Shown
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.metrics_strip import Metric, MetricsStrip
from nnstudio.gui.widgets.panel import Panel

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_FACTS = (
    Metric("samples", "Samples", "Samples to train on, those that can't be used included."),
    Metric("test", "Test", "Test samples of the source's own."),
    Metric("shape", "Shape", "Height × width × channels of an image, or number of features."),
    Metric("range", "Values", "Lowest and highest value of the samples shown."),
    Metric("classes", "Classes", "Classes found so far."),
)


class Facts(MetricsStrip):
    """What is known before anything is read whole."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_FACTS, "Preview", progress=False, parent=parent)

    def show_preview(self, preview: Preview) -> None:
        """Shows the figures of a preview."""
        counted = "counted" if preview.exact else "estimated"
        about = "" if preview.exact else "≈ "
        self.set_value("samples", f"{about}{numbers.count(preview.train)}", note=counted)
        own = "of its own" if preview.test else "a fifth is split off"
        self.set_value("test", numbers.count(preview.test), note=own)
        self.set_value("shape", numbers.shape(preview.shape), note=preview.dtype)
        low, high = map(numbers.number, preview.range)
        self.set_value("range", f"{low} to {high}", note="of the samples shown")
        known = "all of them" if preview.all_classes else f"in {preview.looked_at}"
        self.set_value("classes", numbers.count(len(preview.classes)), note=known)


class RowsModel(QAbstractTableModel):
    """The first rows of a table as text; the class column is marked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[str, ...] = ()
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._label = -1

    def show_rows(self, preview: Preview) -> None:
        """Shows the rows of a preview."""
        self.beginResetModel()
        self._rows = preview.rows
        width = max(map(len, preview.rows), default=0)
        self._columns = preview.columns[:width]
        label = preview.options.label
        named = self._columns.index(label) if label in self._columns else -1
        self._label = int(label) - 1 if named < 0 and label.isdecimal() else named
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self._columns[section]} (class)" if section == self._label else self._columns[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "The class." if section == self._label else "Click to make this column the class."
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        row = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return row[index.column()] if index.column() < len(row) else ""
        if role == Qt.ItemDataRole.BackgroundRole and index.column() == self._label:
            return theme().colour("accent_tint")
        return None


class FirstSamples(Panel):
    """The first images, grouped by class, or the first rows.

    Signals:
        column_chosen(str): A column of a table was clicked, which is to hold the class.
    """

    column_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("First samples", parent=parent)
        self.grid = SampleGrid()
        self.grid.setAccessibleName("First samples")
        self.features = FeatureTable()
        self.rows = QTableView()
        self.rows.setAccessibleName("First rows")
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setTabKeyNavigation(False)
        self.setMinimumWidth(theme().px(260))
        self.table = RowsModel(self)
        self.rows.setModel(self.table)
        self.rows.horizontalHeader().setSectionsClickable(True)
        self.rows.horizontalHeader().sectionClicked.connect(self._pick)
        self._columns: tuple[str, ...] = ()
        self.empty = QWidget()
        self._stack = QStackedWidget()
        for widget in (self.grid, self.features, self.rows, self.empty):
            self._stack.addWidget(widget)
        self.body.addWidget(self._stack)
        self._preview: Preview | None = None
        self.grid.columns_changed.connect(self._fill)

    def show_preview(self, preview: Preview) -> None:
        """Shows the samples of a preview as they will be read."""
        self._preview = preview
        self._columns = preview.columns
        self.set_subtitle(
            "as they will be read" if not preview.rows else "click a column to make it the class"
        )
        self._fill()

    def _fill(self, *_columns: int) -> None:
        preview = self._preview
        if preview is None:
            return
        if is_drawable(preview.shape) and len(preview.x):
            self._stack.setCurrentWidget(self.grid)
            self.set_subtitle("as they will be read")
            self.grid.show_rows(_by_class(preview, self.grid.columns), _names(preview), None)
        elif preview.rows:
            self._stack.setCurrentWidget(self.rows)
            self.table.show_rows(preview)
        elif len(preview.x):
            self._stack.setCurrentWidget(self.features)
            self.features.show_rows(_by_class(preview, len(preview.x)), _names(preview), (), None)
        else:
            self._stack.setCurrentWidget(self.empty)
            self.set_subtitle("none that can be used")

    def _pick(self, section: int) -> None:
        if section < len(self._columns):
            name = self._columns[section]
            self.column_chosen.emit(name if self._columns.count(name) == 1 else str(section + 1))


class ProblemsPanel(Panel):
    """What can't be used, by line or file, and the two ways to go on.

    Signals:
        skip_clicked(): Import without these.
        cancel_clicked(): Import nothing.
    """

    skip_clicked = Signal()
    cancel_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Problems", parent=parent)
        self.list = QListWidget()
        self.list.setAccessibleName("Problems")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.skip = Button("", "primary", small=True)
        self.skip.clicked.connect(self.skip_clicked)
        self.cancel = Button("Cancel", small=True)
        self.cancel.clicked.connect(self.cancel_clicked)
        ways = QHBoxLayout()
        ways.addWidget(self.skip)
        ways.addWidget(self.cancel)
        ways.addStretch(1)
        self.body.addWidget(self.list)
        self.body.addLayout(ways)

    def show_problems(
        self, problems: tuple[Any, ...], count: int, words: str, whole: bool, useful: bool = True
    ) -> None:
        """Lists problems.

        Args:
            problems: The first of them.
            count: Number of all that were found.
            words: What they were found in.
            whole: There can't be more.
            useful: Others can be used.
        """
        self.set_title("1 sample can't be used" if count == 1 else f"{count:,} samples can't be used")
        self.set_subtitle(words)
        self.list.clear()
        self.list.addItems([str(problem) for problem in problems])
        if count > len(problems):
            self.list.addItem(f"… and {count - len(problems):,} more")
        these = "this one" if count == 1 else f"these {count:,}"
        self.skip.setText(f"Skip {these if whole else 'such samples'} and import")
        self.skip.setVisible(useful)
        self.setVisible(bool(count))


class Working(QFrame):
    """What is being done, how far it is and how fast.

    Signals:
        cancel_clicked(): Stop it.
    """

    cancel_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setProperty("role", "section")
        self.pace = QLabel()
        self.pace.setProperty("role", "secondary")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Import")
        self.cancel = Button("Cancel", small=True)
        self.cancel.clicked.connect(self.cancel_clicked)
        px = theme().px
        words = QVBoxLayout()
        words.setSpacing(px(4))
        line = QHBoxLayout()
        line.addWidget(self.text, 1)
        line.addWidget(self.pace)
        words.addLayout(line)
        words.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(px(12), px(8), px(8), px(8))
        row.setSpacing(px(12))
        row.addLayout(words, 1)
        row.addWidget(self.cancel)

    def say(self, text: str, share: float | None, pace: str) -> None:
        """Shows how far it is."""
        self.text.setText(text)
        self.pace.setText(pace)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0)))


def _names(preview: Preview) -> tuple[str, ...]:
    return tuple(dict.fromkeys(preview.labels)) or ("",)


def _by_class(preview: Preview, columns: int) -> list[Row]:
    """The preview's samples in a line for each class."""
    names = _names(preview)
    y = np.array([names.index(label) for label in preview.labels], np.int64)
    part = Part(preview.x, y)
    rows = []
    for number, name in enumerate(names):
        places = np.flatnonzero(y == number)[: max(1, columns)]
        samples = tuple(
            Shown(part, int(i), "preview", f"{name}, {i + 1}", number, number, ("train", int(i)))
            for i in places
        )
        rows.append(Row(name, samples))
    return rows
