"""The trials of a sweep as rows, best first unless sorted otherwise."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nnstudio.core.sweep_spec import value_text
from nnstudio.core.train_spec import Monitor
from nnstudio.experiments.sweeps.expansion import short_names
from nnstudio.experiments.sweeps.ranking import merit, ranked
from nnstudio.experiments.sweeps.trials import Spread, Status, Trial
from nnstudio.gui.experiments.runner import Shown
from nnstudio.gui.widgets import numbers

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
STATUS_ROLE = Qt.ItemDataRole.UserRole
PLACE_ROLE = Qt.ItemDataRole.UserRole + 1
"""Of a goal's cell: its mean and standard deviation as shares of the range of all trials, or None."""
NUMBER, STATUS, FIRST_VALUE = 0, 1, 2

GOALS: dict[Monitor, str] = {
    "val_accuracy": "Val accuracy",
    "val_loss": "Val loss",
    "train_accuracy": "Train accuracy",
    "train_loss": "Train loss",
}
WORDS: dict[Status, str] = {
    "done": "Done",
    "pruned": "Pruned",
    "running": "Running",
    "queued": "Queued",
    "failed": "Failed",
}


class ResultsModel(QAbstractTableModel):
    """One row per trial: number, status, the varied values, the goal, test, parameters, time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown | None = None
        self._trials: list[Trial] = []
        self._names: list[str] = []
        self._range = (0.0, 0.0)
        self._sorting: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.DescendingOrder)

    @property
    def goal_column(self) -> int:
        """Column of the goal's figure."""
        return FIRST_VALUE + len(self._names)

    @property
    def trials(self) -> list[Trial]:
        """The rows, from the top."""
        return self._trials

    def show(self, shown: Shown | None) -> None:
        """Shows a sweep, sorted as before; rows of the same sweep keep their selection."""
        names = list(short_names([vary.path for vary in shown.project.sweep.vary]).values()) if shown else []
        same = (
            shown is not None
            and self._shown is not None
            and shown.folder == self._shown.folder
            and len(shown.trials) == len(self._trials)
        )
        if same:
            self._shown = shown
            self.sort(*self._sorting)
            last = self.index(len(self._trials) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        if shown is None or self._shown is None or shown.folder != self._shown.folder:
            self._sorting = (-1, Qt.SortOrder.DescendingOrder)
        self._shown, self._names = shown, names
        self._trials = self._sorted()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; column −1 is best first."""
        self._sorting = (column, order)
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self._trials[index.row()].number for index in before]
        self._trials = self._sorted()
        rows = {trial.number: row for row, trial in enumerate(self._trials)}
        after = [self.index(rows[number], old.column()) for number, old in zip(kept, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """The trials known so far."""
        return 0 if parent.isValid() else len(self._trials)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Those of every sweep and one per varied setting."""
        return 0 if parent.isValid() else FIRST_VALUE + len(self._names) + 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Captions and their meaning."""
        if orientation != Qt.Orientation.Horizontal or self._shown is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._captions()[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._meaning(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == STATUS else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, status and reason of a cell."""
        trial, column = self._trials[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(trial, column)
        if role == STATUS_ROLE:
            return trial.status
        if role == PLACE_ROLE:
            return self._place(trial)
        if role == Qt.ItemDataRole.ToolTipRole:
            return trial.reason if column == STATUS and trial.reason else self._seeds(trial, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column == STATUS else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._captions()[column]} {self._text(trial, column)}"
        return None

    def _captions(self) -> list[str]:
        assert self._shown is not None
        sweep = self._shown.project.sweep
        seeds = f", {sweep.repeats} seeds" if sweep.repeats > 1 else ""
        varied = [_title(name) for name in self._names]
        return ["Trial", "Status", *varied, GOALS[sweep.goal] + seeds, "Test", "Params", "Time"]

    def _meaning(self, section: int) -> str:
        assert self._shown is not None
        if FIRST_VALUE <= section < self.goal_column:
            return self._shown.project.sweep.vary[section - FIRST_VALUE].path
        return {
            self.goal_column: "Of the weights the runs ended with: mean ± standard deviation over the seeds.",
            self.goal_column + 1: "Test accuracy, mean ± standard deviation over the seeds.",
            self.goal_column + 2: "Values that training finds.",
            self.goal_column + 3: "Time that all runs of the trial took.",
        }.get(section, "")

    def _text(self, trial: Trial, column: int) -> str:
        goal = self._goal
        if column == NUMBER:
            return str(trial.number + 1)
        if column == STATUS:
            return f"Epoch {trial.epoch + 1}" if trial.status == "running" else WORDS[trial.status]
        if column < self.goal_column:
            return value_text(list(trial.values.values())[column - FIRST_VALUE])
        return [
            spread_text(trial.figure, goal.endswith("accuracy")),
            spread_text(trial.test, True),
            "–" if trial.parameters is None else numbers.compact(trial.parameters),
            "–" if not trial.seconds else numbers.elapsed(trial.seconds),
        ][column - self.goal_column]

    def _seeds(self, trial: Trial, column: int) -> str:
        """The figures of the single seeds."""
        if column != self.goal_column or len(trial.runs) < 2:
            return ""
        share = self._goal.endswith("accuracy")
        known = [run for run in trial.runs if run.figure is not None]
        return "\n".join(f"seed {run.repeat + 1}: {figure_text(run.figure or 0.0, share)}" for run in known)

    def _place(self, trial: Trial) -> tuple[float, float] | None:
        """Where a trial lies between the lowest and the highest mean there is."""
        (low, high), figure = self._range, trial.figure
        if figure is None or not low < high:
            return None
        return (figure.mean - low) / (high - low), (figure.std or 0.0) / (high - low)

    @property
    def _goal(self) -> Monitor:
        return self._shown.project.sweep.goal if self._shown else "val_accuracy"

    def _sorted(self) -> list[Trial]:
        if self._shown is None:
            return []
        means = [trial.figure.mean for trial in self._shown.trials if trial.figure is not None]
        self._range = (min(means), max(means)) if means else (0.0, 0.0)
        best_first = ranked(self._shown.trials, self._goal)
        column, order = self._sorting
        if column < 0:
            return best_first
        return sorted(
            best_first, key=lambda trial: self._key(trial, column, order == Qt.SortOrder.DescendingOrder)
        )

    def _key(self, trial: Trial, column: int, descending: bool) -> tuple[bool, float, str]:
        """Numbers in order, words behind them; what isn't known comes last either way."""
        value: Any
        if column == STATUS:
            value = list(WORDS).index(trial.status)
        elif column == NUMBER:
            value = trial.number
        elif column < self.goal_column:
            value = list(trial.values.values())[column - FIRST_VALUE]
        else:
            figure, test = trial.figure, trial.test
            value = [
                merit(figure.mean, self._goal) if figure else math.nan,
                test.mean if test else math.nan,
                trial.parameters if trial.parameters is not None else math.nan,
                trial.seconds or math.nan,
            ][column - self.goal_column]
        if isinstance(value, int | float):
            return math.isnan(value), -value if descending else value, ""
        return True, 0.0, str(value)


def spread_text(spread: Spread | None, share: bool) -> str:
    """``91.4% ± 0.2%``, ``0.321`` or a dash."""
    if spread is None:
        return "–"
    text = figure_text(spread.mean, share)
    return text if spread.std is None else f"{text} ± {figure_text(spread.std, share)}"


def figure_text(value: float, share: bool) -> str:
    """An accuracy in percent, a loss in digits."""
    return numbers.percent(value) if share else numbers.fixed(value)


def _title(name: str) -> str:
    """``learning_rate`` as "Learning rate", ``dense_1.units`` as "dense_1 units"."""
    owner, dot, last = name.rpartition(".")
    words = last.replace("_", " ")
    return f"{owner} {words}" if dot else words.capitalize()
