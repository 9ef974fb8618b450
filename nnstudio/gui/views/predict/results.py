"""Predictions of several pictures at once: a list, and a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QWidget,
)

from nnstudio.core.layer import Shape
from nnstudio.engine.model import Model
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import sample_image
from nnstudio.gui.views.predict.pictures import Picture, open_pictures, with_predictions
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("File", "Prediction", "Probability", "Second", "Probability")
_ROOT = QModelIndex()
_THUMB = 28
_LEAST = 160


class ResultsModel(QAbstractTableModel):
    """One row per picture."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pictures: tuple[Picture, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._thumbs: dict[int, QPixmap] = {}
        theme().changed.connect(self._thumbs.clear)

    def show_pictures(self, pictures: tuple[Picture, ...], classes: tuple[str, ...]) -> None:
        """Shows other pictures, or other predictions of the same."""
        fresh = [picture.name for picture in pictures] != [picture.name for picture in self.pictures]
        if fresh:
            self.beginResetModel()
            self._thumbs.clear()
        self.pictures, self._classes = pictures, classes
        if fresh:
            self.endResetModel()
        elif pictures:
            self.dataChanged.emit(self.index(0, 0), self.index(len(pictures) - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row per picture."""
        return 0 if parent.isValid() else len(self.pictures)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """See ``COLUMNS``."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, thumbnail and problem of a cell."""
        picture, column = self.pictures[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.row(picture)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return picture.problem or picture.name
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and picture.sample is not None:
            if index.row() not in self._thumbs:
                self._thumbs[index.row()] = QPixmap.fromImage(sample_image(picture.sample))
            return self._thumbs[index.row()]
        if role == Qt.ItemDataRole.ForegroundRole and picture.problem and column > 0:
            return theme().colour("error")
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (2, 4):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Captions."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in (2, 4) else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def row(self, picture: Picture) -> tuple[str, str, str, str, str]:
        """The texts of a row."""
        if picture.problem:
            return picture.name, picture.problem, "", "", ""
        if picture.probabilities is None:
            return picture.name, "", "", "", ""
        order = np.argsort(-picture.probabilities, kind="stable")[:2]
        cells = [picture.name]
        for number in order:
            cells += [self._classes[number], numbers.percent(float(picture.probabilities[number]))]
        cells += [""] * (5 - len(cells))
        return cells[0], cells[1], cells[2], cells[3], cells[4]

    def csv(self) -> str:
        """All rows, with every class's probability."""
        stream = io.StringIO()
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(["File", "Prediction", "Probability", *self._classes, "Problem"])
        for picture in self.pictures:
            values = picture.probabilities
            said = (
                ["", ""] if values is None else [self._classes[int(values.argmax())], f"{values.max():.6g}"]
            )
            each = [""] * len(self._classes) if values is None else [f"{value:.6g}" for value in values]
            rows.writerow([picture.name, *said, *each, picture.problem])
        return stream.getvalue()


class ResultsPanel(Panel):
    """The list. Choosing a row puts the picture on the canvas.

    Signals:
        chosen(str): The picture's file.
        status(str): What was done.
        listed: The list was filled, emptied or renewed.
    """

    chosen = Signal(str)
    status = Signal(str)
    listed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Images", parent=parent)
        self._model: Model | None = None
        self._bytes = True
        self._task: Task | None = None
        self.rows = ResultsModel(self)
        self.save = Button("Save as CSV…", icon_name="download", small=True)
        self.remove = Button("Clear list", small=True)
        self.add_control(self.remove)
        self.add_control(self.save)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self._dress()
        self.empty = EmptyState("", "Open or drop several images to list what the network says about each.")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        self.body.addWidget(self._stack)
        self.save.clicked.connect(lambda: self.save_csv())
        self.remove.clicked.connect(self.clear)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        theme().changed.connect(self._dress)
        self.clear()

    def sizeHint(self) -> QSize:
        """No more than is needed: the page gives it what is left."""
        return QSize(super().sizeHint().width(), max(self.minimumSizeHint().height(), theme().px(_LEAST)))

    def minimumSizeHint(self) -> QSize:
        """Little while there is nothing to list."""
        return QSize(super().minimumSizeHint().width(), theme().px(_LEAST if self.rows.pictures else 0))

    @property
    def filled(self) -> bool:
        """There are images in the list."""
        return bool(self.rows.pictures)

    def open(self, paths: Sequence[str], shape: Shape) -> None:
        """Opens picture files in the background and lists them."""
        if self._task is not None:
            self._task.cancel()
        self._task = run_in_background(
            lambda report: open_pictures(paths, shape, report),
            self._opened,
            self._failed,
            self,
            on_progress=lambda message, _: self.set_subtitle(message),
        )

    def set_model(self, model: Model | None, as_bytes: bool, busy: bool) -> None:
        """Asks another model; while it is training (``busy``) only the canvas follows."""
        self._bytes = as_bytes
        if model is not self._model and not (busy and self._model is not None):
            self._model = model
            self._ask()

    def clear(self) -> None:
        """Empties the list."""
        self._show((), ())

    def save_csv(self, path: str = "") -> None:
        """Saves the list, to a file that is asked for unless given."""
        if not path:
            path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", "predictions.csv", "CSV (*.csv)")
        if not path:
            return
        try:
            Path(path).write_text(self.rows.csv(), encoding="utf-8", newline="")
        except OSError as error:
            self.status.emit(
                f"The file could not be saved: {error.strerror or error}. Choose another folder."
            )
        else:
            self.status.emit(f"Saved {Path(path).name}")

    def _opened(self, pictures: tuple[Picture, ...]) -> None:
        self._task = None
        self._show(pictures, self._model.classes if self._model else ())
        self._ask()

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.set_subtitle(f"The images could not be opened: {error}")

    def _ask(self) -> None:
        model, pictures, as_bytes = self._model, self.rows.pictures, self._bytes
        if model is None or not pictures or self._task is not None:
            return
        classes = model.classes
        self._task = run_in_background(
            lambda: with_predictions(pictures, model, as_bytes),
            lambda found: self._asked(found, classes),
            self._failed,
            self,
        )

    def _asked(self, pictures: tuple[Picture, ...], classes: tuple[str, ...]) -> None:
        self._task = None
        if [p.name for p in pictures] == [p.name for p in self.rows.pictures]:
            self._show(pictures, classes)

    def _show(self, pictures: tuple[Picture, ...], classes: tuple[str, ...]) -> None:
        self.rows.show_pictures(pictures, classes)
        bad = sum(bool(picture.problem) for picture in pictures)
        words = f"{numbers.count(len(pictures))} images" if pictures else ""
        self.set_subtitle(words + (f", {numbers.count(bad)} can't be read" if bad else ""))
        self._stack.setCurrentIndex(1 if pictures else 0)
        for button in (self.save, self.remove):
            button.setVisible(bool(pictures))
        self.updateGeometry()
        self.listed.emit()

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            picture = self.rows.pictures[current.row()]
            if picture.sample is not None:
                self.chosen.emit(str(picture.path))

    def _dress(self) -> None:
        table, px = self.table, theme().px
        table.setAccessibleName("Predictions of the opened images")
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setIconSize(QSize(px(_THUMB), px(_THUMB)))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(px(_THUMB + 6))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
