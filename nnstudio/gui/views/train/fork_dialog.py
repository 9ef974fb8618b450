"""The dialog that begins a new run at a checkpoint of the present one, with changed settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.core.spec import TrainSpec
from nnstudio.engine.state import EpochRecord
from nnstudio.experiments.kept import ForkPoint, fork_point, kept_checkpoints
from nnstudio.gui.background import run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.live import Live
from nnstudio.gui.run.offers import fork_folder
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

INTRODUCTION = (
    "A new run begins with the weights of a checkpoint and trains with the settings below, on the network "
    "and the data of the project as they are now. {name} stays as it is."
)
NO_CHECKPOINTS = (
    "Only the last state is kept. “Keep every” in the training settings, or the bookmark beside them, "
    "keeps more."
)
_FIELDS = ("learning_rate", "schedule", "epochs", "l2")
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_COLUMNS = ("Checkpoint", "Train loss", "Val loss", "Val accuracy", "")


def open_fork(window: MainWindow) -> None:
    """Opens the dialog for the run that is shown; the command is only offered where there is one."""
    live = window.live
    folder = fork_folder(live, window.run.showing)
    if folder is None:
        return
    if folder == live.run_folder:
        best = live.snapshot.best if live.snapshot is not None else None
        name = f"Run {live.run_number}"
        _open(window, Forked(folder, name, tuple(live.records), best.epoch if best is not None else 0))
    else:
        run_in_background(
            lambda: fork_point(folder, None).state,
            lambda state: _open(window, Forked(folder, folder.name, tuple(state.history), state.best_epoch)),
            window.messages.show_error,
            window,
        )


def _open(window: MainWindow, run: Forked) -> None:
    dialog = ForkDialog(window.document, window.live, run, window)
    dialog.show()
    dialog.activateWindow()


@dataclass(frozen=True)
class Forked:
    """A run to begin from.

    Attributes:
        folder: Its folder.
        name: What it is called.
        records: Its epochs.
        best: Number of the best one, or 0.
    """

    folder: Path
    name: str
    records: tuple[EpochRecord, ...]
    best: int


class ForkDialog(QDialog):
    """Checkpoints to begin at, and the settings of the new run.

    Attributes:
        table: A row per checkpoint, newest first.
        form: The settings most often changed; the others are in the inspector.
        fork: Begins the run.

    Args:
        document: The project; changed settings become one undo step.
        live: The link to the run.
        run: The run to begin from.
        parent: Qt parent.
    """

    def __init__(self, document: Document, live: Live, run: Forked, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Fork a run")
        self._document, self._live, self._run = document, live, run
        self._recipe = document.project.train
        self.table = _table()
        self.form = SpecForm(TrainSpec, only=_FIELDS)
        self.form.set_spec(self._recipe)
        self.form.edited.connect(self._edit)
        self.fork, self.cancel = Button("Fork", "primary", "fork"), Button("Cancel")
        self._said = _label("secondary")
        self._fill()
        self._build()
        self.fork.clicked.connect(self._load)
        self.cancel.clicked.connect(self.reject)
        self.table.cellActivated.connect(self._load)
        live.run_started.connect(self.accept)
        document.reset.connect(self.reject)
        self.table.setFocus()

    @property
    def epoch(self) -> int | None:
        """Epoch of the chosen checkpoint; None for the last state."""
        item = self.table.item(self.table.currentRow(), 0)
        return None if item is None else item.data(Qt.ItemDataRole.UserRole)

    @property
    def said(self) -> str:
        """What the dialog has to say."""
        return self._said.text()

    def sizeHint(self) -> QSize:
        """Wide enough for all columns."""
        return QSize(theme().px(560), theme().px(480))

    def _fill(self) -> None:
        records = {record.epoch: record for record in self._run.records}
        last = max(records, default=0)
        kept = [one.epoch for one in kept_checkpoints(self._run.folder) if one.epoch != last]
        rows: list[tuple[int | None, EpochRecord | None]] = [(None, records.get(last))]
        rows += [(epoch, records.get(epoch)) for epoch in reversed(kept)]
        self.table.setRowCount(len(rows))
        for row, (epoch, record) in enumerate(rows):
            title = "Last state" if epoch is None else f"Epoch {epoch}"
            mark = "best" if record is not None and record.epoch == self._run.best else ""
            for column, text in enumerate((title, *_figures(record), mark)):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, epoch)
                item.setTextAlignment(_RIGHT if column else _LEFT)
                self.table.setItem(row, column, item)
        self.table.selectRow(0)
        self._said.setText("" if len(rows) > 1 else NO_CHECKPOINTS)

    def _build(self) -> None:
        px = theme().px
        introduction, title = _label("secondary"), QLabel("Fork a run")
        title.setProperty("role", "title")
        introduction.setText(INTRODUCTION.format(name=self._run.name))
        buttons = QHBoxLayout()
        buttons.addWidget(self._said, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.fork)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[px(16)] * 4)
        column.setSpacing(px(12))
        for widget in (title, introduction):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addWidget(self.form)
        column.addLayout(buttons)

    def _edit(self, name: str, value: object) -> None:
        self._recipe = self._recipe.replace(**{name: value})

    def _load(self, *_cell: int) -> None:
        """Reads the checkpoint, away from the window's thread."""
        self.fork.setEnabled(False)
        folder, epoch = self._run.folder, self.epoch
        run_in_background(lambda: fork_point(folder, epoch), self._begin, self._failed, self)

    def _begin(self, origin: ForkPoint) -> None:
        project = self._document.project
        if self._recipe != project.train:
            self._document.seal()
            self._document.apply("Set up a fork", project.replace(train=self._recipe))
        if not self._live.fork(origin):
            self.reject()  # the strip above the curves says why

    def _failed(self, error: Exception) -> None:
        self.fork.setEnabled(True)
        self._said.setText(str(error))


def _table() -> QTableWidget:
    table = QTableWidget(0, len(_COLUMNS))
    table.setAccessibleName("Checkpoints")
    for column, title in enumerate(_COLUMNS):
        item = QTableWidgetItem(title)
        item.setTextAlignment(_RIGHT if column else _LEFT)
        table.setHorizontalHeaderItem(column, item)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(theme().px(26))
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    return table


def _figures(record: EpochRecord | None) -> tuple[str, str, str]:
    """Train loss, validation loss and accuracy as text."""
    if record is None:
        return "", "", ""
    val_loss = "" if record.val_loss is None else numbers.number(record.val_loss)
    val_accuracy = "" if record.val_accuracy is None else numbers.percent(record.val_accuracy)
    return numbers.number(record.train_loss), val_loss, val_accuracy


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
