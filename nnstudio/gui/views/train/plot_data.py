"""The table behind the curves: a row per epoch that can be read, copied and saved."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnstudio.engine.state import EpochRecord
from nnstudio.gui.live import Live
from nnstudio.gui.theme import theme
from nnstudio.gui.throttle import Throttle
from nnstudio.gui.widgets.buttons import Button

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

COLUMNS = (
    ("epoch", "Epoch"),
    ("train_loss", "Train loss"),
    ("train_accuracy", "Train accuracy"),
    ("val_loss", "Val loss"),
    ("val_accuracy", "Val accuracy"),
    ("learning_rate", "Learning rate"),
    ("seconds", "Seconds"),
)
REFRESH_MS = 500
_MARGIN = 16
_Index = QModelIndex | QPersistentModelIndex


def open_plot_data(window: MainWindow) -> PlotData | None:
    """Opens the table of the current run, or says that there is nothing in it yet."""
    if not window.live.records:
        window.messages.say("info", "There are no curves yet", "The table has a row for every trained epoch.")
        return None
    dialog = window.findChild(PlotData) or PlotData(window.live, window)
    dialog.show()
    dialog.activateWindow()
    return dialog


class EpochTable(QAbstractTableModel):
    """The records of a run, a column per figure."""

    def __init__(self, records: list[EpochRecord]) -> None:
        super().__init__()
        self._rows = list(records)

    def show_records(self, records: list[EpochRecord]) -> None:
        """Takes in what is new; another run replaces everything."""
        have = len(self._rows)
        if records[:have] == self._rows and len(records) > have:
            self.beginInsertRows(QModelIndex(), have, len(records) - 1)
            self._rows = list(records)
            self.endInsertRows()
        elif records != self._rows:
            self.beginResetModel()
            self._rows = list(records)
            self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """One row per epoch."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """One column per figure."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The figure as text, at the right."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(getattr(self._rows[index.row()], COLUMNS[index.column()][0]), 6)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the figures."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section][1]
        return None

    def exported(self, rows: list[int] | None = None, delimiter: str = ",") -> str:
        """Rows with a header, in nine digits, which read back as the same 32-bit floats.

        Args:
            rows: Which ones; None for all.
            delimiter: Between two figures.
        """
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        writer.writerow(name for name, _ in COLUMNS)
        for row in range(len(self._rows)) if rows is None else rows:
            writer.writerow(_text(getattr(self._rows[row], name), 9) for name, _ in COLUMNS)
        return text.getvalue()


class PlotData(QDialog):
    """The table, which grows with the run.

    Args:
        live: The link to the run.
        parent: Qt parent.
    """

    def __init__(self, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Plot data")
        self._live = live
        self.table = EpochTable(live.records)
        self.view = _View(self)
        self.view.setModel(self.table)
        self.title, self.said = QLabel(), QLabel()
        self._refresh = Throttle(REFRESH_MS, self._show, self)
        self._build()
        for signal in (live.points, live.run_started, live.run_dropped, live.run_adopted):
            signal.connect(self._refresh.request)
        self._show()

    def copy(self) -> None:
        """Puts the selected rows, or all of them, on the clipboard, for a spreadsheet."""
        chosen = sorted({index.row() for index in self.view.selectedIndexes()})
        QApplication.clipboard().setText(self.table.exported(chosen or None, "\t"))
        count = len(chosen) or self.table.rowCount()
        self.said.setText(f"Copied {count:,} epoch{'' if count == 1 else 's'}.")

    def save(self) -> None:
        """Asks for a file and writes the table as CSV."""
        name = f"run-{self._live.run_number}.csv"
        path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", name, "Table (*.csv)")
        if not path:
            return
        try:
            Path(path).write_text(self.table.exported(), encoding="utf-8")
        except OSError as error:
            self.said.setText(f"{Path(path).name} can't be written: {error.strerror or error}.")
        else:
            self.said.setText(f"Saved {Path(path).name}.")

    def _show(self) -> None:
        if not self._live.run_number:  # another project, whose runs are still to come
            self.reject()
        self.table.show_records(self._live.records)
        self.title.setText(f"Run {self._live.run_number}, epoch by epoch")

    def _build(self) -> None:
        px = theme().px
        self.title.setProperty("role", "title")
        self.said.setProperty("role", "secondary")
        copy, save, close = Button("Copy", icon_name="duplicate"), Button("Save as CSV…"), Button("Close")
        copy.setToolTip("Copy the selected rows, or all of them")
        for button, slot in ((copy, self.copy), (save, self.save), (close, self.reject)):
            button.clicked.connect(slot)
        row = QHBoxLayout()
        row.addWidget(self.said, 1)
        for button in (copy, save, close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[px(_MARGIN)] * 4)
        column.setSpacing(px(12))
        column.addWidget(self.title)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        self.view.fit_columns()
        self.view.setFocus()

    def sizeHint(self) -> QSize:
        """Wide enough for all columns, with a bar to scroll the rows."""
        table = len(COLUMNS) * self.view.horizontalHeader().minimumSectionSize()
        edges = 2 * self.view.frameWidth() + self.view.verticalScrollBar().sizeHint().width()
        return QSize(table + edges + theme().px(2 * _MARGIN), theme().px(420))


class _View(QTableView):
    """Rows to select; Ctrl+C copies them."""

    def __init__(self, dialog: PlotData) -> None:
        super().__init__()
        self._dialog = dialog
        self.setAccessibleName("Figures of each epoch")
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme().px(26))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def fit_columns(self) -> None:
        """No column becomes narrower than the longest name: numbers never elide, they scroll."""
        header = self.horizontalHeader()
        header.setMinimumSectionSize(max(header.sectionSizeHint(column) for column in range(len(COLUMNS))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies whole rows, not the one cell that Qt would take."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._dialog.copy()
        else:
            super().keyPressEvent(event)


def _text(value: float | int | None, digits: int) -> str:
    """A figure for people and programs alike; nothing where there is none."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.{digits}g}"
