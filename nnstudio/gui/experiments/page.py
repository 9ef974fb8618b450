"""The centre of the Experiments page: the trials of a sweep, and what can be done with them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.experiments.sweeps.folders import ListedSweep, list_sweeps
from nnstudio.experiments.sweeps.ranking import ranked, verdict
from nnstudio.experiments.sweeps.sweep import run_folder
from nnstudio.experiments.sweeps.trials import Trial
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.experiments.results_table import ResultsTable
from nnstudio.gui.experiments.runner import Shown, SweepRunner, read_shown
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel

EMPTY = (
    "No sweep yet",
    "Add the parameters to vary at the left and start the sweep. Every combination becomes a run of its "
    "own, listed here with its result.",
)


class ExperimentsView(QWidget):
    """The page.

    Args:
        document: The project.
        runner: Trains the sweep.
        parent: Qt parent.

    Signals:
        status(str): A hint for the status bar.
        evaluate_requested(Path): A run's folder is to be looked at.
        open_requested(Path): A run's folder is to be opened as the project.
        values_wanted(dict): A trial's values are to be the project's.
        go_on_requested(Path, bool): A sweep is to go on; whether what failed is trained again.
    """

    status = Signal(str)
    evaluate_requested = Signal(object)
    open_requested = Signal(object)
    values_wanted = Signal(object)
    go_on_requested = Signal(object, bool)

    def __init__(self, document: Document, runner: SweepRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "page")
        self.setAccessibleName("Experiments")
        self._document, self._runner = document, runner
        self._shown: Shown | None = None
        self._listed: tuple[ListedSweep, ...] = ()
        self._task: Task | None = None
        self._following = False  # the runner has news that were not shown yet
        self._watching = True  # the sweep under way, not another one that was chosen meanwhile
        self.panel = Panel("Trials")
        self.sweeps = Combo("Sweep")
        self.sweeps.setToolTip("The sweeps that are kept, newest first.")
        self.sweeps.setPlaceholderText("Earlier sweeps")
        self.retry = Button(
            "Retry failed", "", "refresh", small=True, tooltip="Train again only what failed."
        )
        self.go_on = Button("Go on", "", "play", small=True, tooltip="Train what is left of this sweep.")
        self.table = ResultsTable()
        self.verdict, self.detail = QLabel(), QLabel()
        self.evaluate = Button("Evaluate", small=True, tooltip="Look at this trial's best run.")
        self.open = Button(
            "Open run", "", small=True, tooltip="Open its best run as the project, on the Train page."
        )
        self.use = Button(
            "Use values",
            "",
            small=True,
            tooltip="Give the project these values, as one step that can be undone.",
        )
        self.empty = EmptyState(*EMPTY, icon_name="sliders")
        self._build()
        self._connect()
        self.show_sweep(None)

    def focus_target(self) -> QWidget | None:
        """The table, once there is something in it."""
        return self.table if self._shown is not None else None

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with the sweep under way, and looks which others there are."""
        super().showEvent(event)
        self._follow()
        self.look_again()

    def look_again(self) -> None:
        """Lists the kept sweeps; shows the newest one of this project unless one is shown."""
        if self._task is not None:
            self._task.cancel()
        self._task = run_in_background(list_sweeps, self._list, self._not_read, self)

    def show_sweep(self, shown: Shown | None) -> None:
        """Shows a sweep's trials."""
        selected = self.table.trial
        self._shown = shown
        self.table.rows.show(shown)
        if selected is not None and shown is not None and self.table.trial is None:
            self._select(selected.number)
        self._stack.setCurrentIndex(0 if shown is None else 1)
        for widget in (self.verdict, self.detail, self.evaluate, self.open, self.use):
            widget.setVisible(shown is not None)
        if shown is not None:
            best_first = ranked(shown.trials, shown.project.sweep.goal)
            self.panel.set_subtitle(f"{shown.over} of {shown.total}")
            words = verdict(best_first)
            self.verdict.setText(words if shown.finished else words.replace("Best:", "Best so far:", 1))
            self.verdict.setVisible(bool(self.verdict.text()))
        else:
            self.panel.set_subtitle("")
            self.sweeps.setCurrentIndex(-1)
        self._show_buttons()

    def _build(self) -> None:
        self.panel.add_control(self.sweeps)
        self.panel.add_control(self.go_on)
        self.panel.add_control(self.retry)
        for label, role in ((self.verdict, ""), (self.detail, "secondary")):
            label.setProperty("role", role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        self.panel.body.addWidget(self._stack, 1)
        self.panel.body.addWidget(self.verdict)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.detail, 1)
        for button in (self.use, self.open, self.evaluate):
            self._foot.addWidget(button)
        self.panel.body.addLayout(self._foot)
        self._outer = QVBoxLayout(self)
        self._outer.addWidget(self.panel)
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        gap = theme().px(METRICS.gap)
        self._outer.setContentsMargins(gap, gap, gap, gap)
        self._foot.setSpacing(gap)

    def _connect(self) -> None:
        self._document.reset.connect(self._another_project)
        self._runner.changed.connect(self._follow)
        self._runner.ended.connect(self._ended)
        self.sweeps.activated.connect(self._choose)
        self.table.selected.connect(lambda _trial: self._show_buttons())
        self.table.opened.connect(lambda _trial: self._ask_evaluation())
        self.evaluate.clicked.connect(self._ask_evaluation)
        self.open.clicked.connect(lambda: self._with_run(self.open_requested.emit))
        self.use.clicked.connect(self._use)
        self.retry.clicked.connect(lambda: self._go_on(True))
        self.go_on.clicked.connect(lambda: self._go_on(False))

    # What is shown

    def _follow(self) -> None:
        shown = self._runner.shown
        self._watching |= shown is None  # another one begins
        if not self.isVisible():
            return
        if shown is not None and self._watching and (self._runner.running or self._following):
            self._following = self._runner.running
            first = self._shown is None or self._shown.folder != shown.folder
            self.show_sweep(shown)
            if first:
                self.look_again()
        self._show_buttons()

    def _another_project(self) -> None:
        """Shows the other project's sweep, unless it is a trial of the one that is shown or under way."""
        shown = self._shown
        name = self._document.project.name
        if self._runner.running or (shown and any(trial.name == name for trial in shown.trials)):
            return
        self.show_sweep(None)
        if self.isVisible():
            self.look_again()

    def _ended(self) -> None:
        self._following = True
        self._follow()
        self._show_buttons()
        self.table.fit()

    def _list(self, listed: tuple[ListedSweep, ...]) -> None:
        self._task = None
        self._listed = listed
        self.sweeps.clear()
        for one in listed:
            self.sweeps.addItem(sweep_text(one))
        self.sweeps.setCurrentIndex(-1)
        self.sweeps.setVisible(bool(listed))
        name = self._document.project.name
        folders = [one.folder for one in listed]
        if self._shown is None:
            mine = next((one.folder for one in listed if one.project.name == name), None)
            if mine is not None:
                self._read(mine)
        elif self._shown.folder in folders:
            self.sweeps.setCurrentIndex(folders.index(self._shown.folder))

    def _choose(self, place: int) -> None:
        folder, under_way = self._listed[place].folder, self._runner.shown
        self._watching = not self._runner.running or (under_way is not None and folder == under_way.folder)
        self._read(folder)

    def _read(self, folder: Path) -> None:
        if self._runner.running and self._runner.shown and self._runner.shown.folder == folder:
            self.show_sweep(self._runner.shown)
            return
        if self._task is not None:
            self._task.cancel()
        self._task = run_in_background(lambda: read_shown(folder), self._show_read, self._not_read, self)

    def _show_read(self, shown: Shown) -> None:
        self._task = None
        self.show_sweep(shown)
        folders = [one.folder for one in self._listed]
        if shown.folder in folders:
            self.sweeps.setCurrentIndex(folders.index(shown.folder))

    def _not_read(self, error: Exception) -> None:
        self._task = None
        self.status.emit(error.what if isinstance(error, NNStudioError) else str(error))

    def _select(self, number: int) -> None:
        numbers_ = [trial.number for trial in self.table.rows.trials]
        if number in numbers_:
            self.table.selectRow(numbers_.index(number))

    def _show_buttons(self) -> None:
        shown, trial, busy = self._shown, self.table.trial, self._runner.running
        self.retry.setVisible(shown is not None and shown.failed > 0)
        self.retry.setText(f"Retry {shown.failed} failed" if shown else "Retry failed")
        self.retry.setEnabled(not busy)
        self.go_on.setVisible(shown is not None and not shown.finished and not busy)
        has_run = trial is not None and any(run.figure is not None for run in trial.runs)
        self.evaluate.setEnabled(has_run)
        self.open.setEnabled(has_run)
        self.use.setEnabled(trial is not None)
        self.detail.setText(
            detail_words(trial) if trial else "Select a trial to look at it or to use its values."
        )

    # What can be done

    def _go_on(self, retry: bool) -> None:
        if self._shown is not None:
            self.go_on_requested.emit(self._shown.folder, retry)

    def _use(self) -> None:
        if self.table.trial is not None:
            self.values_wanted.emit(self.table.trial.values)

    def _ask_evaluation(self) -> None:
        self._with_run(self.evaluate_requested.emit)

    def _with_run(self, take: object) -> None:
        trial, shown = self.table.trial, self._shown
        if trial is None or shown is None:
            return
        known = [run for run in trial.runs if run.figure is not None]
        if not known:
            self.status.emit(f"Trial {trial.number + 1} has no result to look at. {trial.reason}".strip())
            return
        sign = 1 if shown.project.sweep.goal.endswith("accuracy") else -1
        best = max(known, key=lambda run: sign * (run.figure or 0.0))
        take(run_folder(shown.folder, trial, best.repeat))  # type: ignore[operator]


def detail_words(trial: Trial) -> str:
    """What a trial is, and why it failed or was pruned."""
    head = f"Trial {trial.number + 1}: {trial.name}."
    if trial.status in ("failed", "pruned") and trial.reason:
        return f"{head} {trial.reason[:1].upper()}{trial.reason[1:]}."
    return head


def sweep_text(listed: ListedSweep) -> str:
    """``fashion-mlp, 26 Nov 10:42``."""
    begun = listed.begun
    when = f", {begun.day} {begun:%b %H:%M}" if begun else ""
    return f"{listed.project.name}{when}, {numbers.count(len(listed.project.sweep.vary))} varied"
