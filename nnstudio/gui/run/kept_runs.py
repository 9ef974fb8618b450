"""Choosing a moment of a kept run, and reading its model in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.experiments.listing import (
    KeptModel,
    ListedRun,
    Moment,
    RunPoint,
    list_runs,
    load_point,
    moment_text,
    point_of,
)
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.widgets import numbers

MOST_LISTED = 30
_EPOCHS = 40  # in one menu; more are thinned evenly


class RunMenu(QMenu):
    """The newest runs, each with its best, its last and its kept epochs; others by their folder.

    Signals:
        chosen(RunPoint): What was chosen.
        failed(str): A folder holds no run.
    """

    chosen = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self.none_label = ""
        self.on_none: Callable[[], None] | None = None
        self.aboutToShow.connect(self.fill)

    def offer_none(self, label: str, chosen: Callable[[], None]) -> None:
        """Lists "no run" first."""
        self.none_label, self.on_none = label, chosen

    def fill(self) -> None:
        """Lists the runs afresh: they come and go."""
        self.clear()
        if self.on_none is not None:
            self.addAction(self.none_label).triggered.connect(self.on_none)
            self.addSeparator()
        runs = list_runs(limit=MOST_LISTED)
        for run in runs:
            self._add(run)
        if not runs:
            self.addAction("No kept runs yet").setEnabled(False)
        self.addSeparator()
        self.addAction("A run's folder…").triggered.connect(lambda: self.ask_folder())

    def ask_folder(self, path: str = "") -> None:
        """Takes the run in a folder, which is asked for unless given."""
        path = path or QFileDialog.getExistingDirectory(self.parentWidget(), "Folder of a run")
        if not path:
            return
        try:
            self.chosen.emit(point_of(Path(path)))
        except NNStudioError as error:
            self.failed.emit(str(error))

    def _add(self, run: ListedRun) -> None:
        menu = self.addMenu(run_text(run))
        for moment in _thinned(run):
            text = moment_text(moment).capitalize()
            if moment == "best" and run.best_epoch:
                text += f", epoch {run.best_epoch}"
            point = RunPoint(run.folder, run.name, moment)
            menu.addAction(text).triggered.connect(lambda _=False, point=point: self.chosen.emit(point))


class KeptRunLoader(QObject):
    """Reads one kept model at a time; a newer choice replaces an older one.

    Signals:
        loaded(KeptModel): It is there.
        failed(str): It can't be read.
    """

    loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None

    def load(self, point: RunPoint) -> None:
        """Reads the model of a moment of a run."""
        self.cancel()
        self._task = run_in_background(lambda: load_point(point), self._done, self._fail, self)

    def cancel(self) -> None:
        """Nobody waits any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _done(self, kept: KeptModel) -> None:
        self._task = None
        self.loaded.emit(kept)

    def _fail(self, error: Exception) -> None:
        self._task = None
        self.failed.emit(str(error))


def run_text(run: ListedRun) -> str:
    """``mlp-64, 26 Nov 10:42, test 88.3%``."""
    parts = [run.name]
    if run.begun is not None:
        parts.append(f"{run.begun.day} {run.begun:%b %H:%M}")
    if run.accuracy is not None:
        parts.append(f"test {numbers.percent(run.accuracy)}")
    return ", ".join(parts).replace("&", "&&")


def _thinned(run: ListedRun) -> list[Moment]:
    named = [moment for moment in run.moments if isinstance(moment, str)]
    epochs = [moment for moment in run.moments if not isinstance(moment, str)]
    step = max(1, -(-len(epochs) // _EPOCHS))
    return [*named, *epochs[::-1][::step]]
