"""The left side of the Experiments page: what varies, how combinations are chosen, what it will take."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from nnstudio.core.history import Change
from nnstudio.core.settings import Setting
from nnstudio.core.spec import SweepSpec
from nnstudio.core.sweep_edits import first_vary
from nnstudio.core.sweep_spec import Vary
from nnstudio.errors import SpecError
from nnstudio.experiments.sweeps.expansion import axes_of, trial_count
from nnstudio.gui.document import Document
from nnstudio.gui.experiments.add_menu import AddMenu
from nnstudio.gui.experiments.run_on import RunOn
from nnstudio.gui.experiments.runner import SweepRunner
from nnstudio.gui.experiments.vary_rows import VaryRows, setting_title
from nnstudio.gui.form.frame import SectionScroll
from nnstudio.gui.form.words import error_sentence
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.segmented import SegmentedControl

STRATEGIES = (("grid", "Grid"), ("random", "Random"), ("tpe", "TPE"))


class SweepPanel(QFrame):
    """The set-up; every change is an edit of the project.

    Args:
        document: The project.
        runner: Trains the sweep.
        seconds: How long one run of the project takes here, or None where that isn't known.
        settings: Remembers where sweeps train.
        parent: Qt parent.

    Signals:
        start_requested(): Begin the sweep, or go on with it.
    """

    start_requested = Signal()

    def __init__(
        self,
        document: Document,
        runner: SweepRunner,
        seconds: Callable[[], float | None],
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.setAccessibleName("Sweep setup")
        self._document, self._runner, self._seconds = document, runner, seconds
        self.add = Button("Add", "", "plus", small=True, tooltip="Choose a setting that is to vary.")
        self.add.setAccessibleName("Add a parameter to vary")
        self.menu = AddMenu(self)
        self.rows = VaryRows()
        self.strategy = SegmentedControl(STRATEGIES, "Strategy")
        self.strategy.setToolTip(f"<p>{SweepSpec.model_fields['strategy'].description}</p>")
        fields = ("goal", "trials", "repeats", "prune", "workers", "seed")
        self.form = SpecForm(SweepSpec, self, only=fields)
        self.run_on = RunOn(settings)
        self.summary = _words("secondary")
        self.progress = _words("secondary")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the sweep")
        self.start = Button("Start sweep", "primary", "play")
        self.stop = Button(
            "Stop", "", "stop", tooltip="The runs under way save their states; it can go on later."
        )
        self._build()
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with edits made elsewhere."""
        super().showEvent(event)
        self.refresh()

    def refresh(self, *_news: object) -> None:
        """Shows everything afresh, once somebody looks."""
        if not self.isVisible():
            return
        project = self._document.project
        self.menu.set_project(project)
        self.rows.show_all(project)
        self.strategy.blockSignals(True)
        self.strategy.set_value(project.sweep.strategy)
        self.strategy.blockSignals(False)
        self.form.set_spec(project.sweep)
        self.form.set_hidden(("trials", "seed") if project.sweep.strategy == "grid" else ())
        self._show_summary()
        self.show_progress()

    def show_progress(self) -> None:
        """Shows how far the sweep under way is."""
        runner, shown = self._runner, self._runner.shown
        running = runner.running
        held = self.start.hasFocus() or self.stop.hasFocus()
        self.start.setVisible(not running)
        self.stop.setVisible(running)
        self.stop.setEnabled(runner.state != "stopping")
        if held:  # it goes with the button, instead of to whatever comes next
            (self.stop if running else self.start).setFocus(Qt.FocusReason.OtherFocusReason)
        self.progress.setVisible(running)
        self.bar.setVisible(running)
        if not running:
            return
        words = {"stopping": "The runs under way save their states", "checking": runner.said}
        if shown is None or runner.state != "running":
            self.progress.setText(words.get(runner.state) or "Starting")
            self.bar.setRange(0, 0)
            return
        left = runner.seconds_left
        left_words = "" if left is None else f", about {numbers.duration(max(1.0, left))} left"
        self.progress.setText(
            f"{shown.over} of {shown.total} trials, {shown.runs_over} of {shown.runs} runs{left_words}"
        )
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * shown.share))

    def focus_target(self) -> QWidget:
        """Where the keyboard goes first."""
        return self.add

    # Layout

    def _build(self) -> None:
        self._column = QVBoxLayout()
        head, label = QHBoxLayout(), QLabel("Strategy")
        title = QLabel("Sweep setup")
        title.setProperty("role", "section")
        caption = QLabel("Parameters to vary")
        caption.setProperty("role", "caption")
        head.addWidget(caption, 1)
        head.addWidget(self.add)
        self._strategy_row, self._strategy_label = QHBoxLayout(), label
        label.setProperty("role", "label")
        label.setBuddy(self.strategy)
        self._strategy_row.addWidget(label)
        self._strategy_row.addWidget(self.strategy)
        self._strategy_row.addStretch(1)
        self._column.addWidget(title)
        self._column.addLayout(head)
        self._column.addWidget(self.rows)
        self._column.addLayout(self._strategy_row)
        self._column.addWidget(self.form)
        line = QFrame()
        line.setProperty("role", "divider")
        self._column.addWidget(line)
        self._column.addWidget(self.run_on)
        foot = QVBoxLayout()
        for widget in (self.summary, self.progress, self.bar):
            foot.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.stop, 1)
        foot.addLayout(buttons)
        self._foot = foot
        inset = QHBoxLayout()
        inset.addLayout(self._column)
        content = QWidget()
        content.setProperty("role", "form")
        line = QFrame()
        line.setProperty("role", "divider")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(SectionScroll(content, [inset]), 1)
        outer.addWidget(line)
        outer.addLayout(foot)
        page = QVBoxLayout(content)
        page.setContentsMargins(0, 0, 0, 0)
        page.addLayout(inset)
        page.addStretch(1)
        self._page = page
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        px = theme().px
        gap, padding = px(METRICS.gap), px(METRICS.padding)
        self._column.setSpacing(gap)
        self._page.setContentsMargins(0, gap, 0, gap)
        self._foot.setContentsMargins(padding, gap, padding, padding)
        self._foot.setSpacing(gap)
        self._strategy_row.setSpacing(gap)
        self._strategy_label.setFixedWidth(px(METRICS.form_label))

    # Edits

    def _connect(self) -> None:
        document = self._document
        document.changed.connect(self._changed)
        document.reset.connect(self.refresh)
        self._runner.changed.connect(self.show_progress)
        self._runner.ended.connect(self.refresh)
        self.add.clicked.connect(lambda: self.menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft())))
        self.menu.chosen.connect(self._add)
        self.rows.edited.connect(self._set_vary)
        self.rows.removed.connect(self._remove)
        self.strategy.changed.connect(lambda key: self._edit("Set strategy", None, strategy=key))
        self.form.edited.connect(self._set)
        self.form.typing.connect(self._document.typing)
        self.form.left.connect(document.seal)
        self.run_on.there.toggled.connect(self.refresh)
        self.run_on.address.textChanged.connect(self._show_summary)
        self.start.clicked.connect(self.start_requested)
        self.stop.clicked.connect(self._runner.stop)

    def _changed(self, change: Change) -> None:
        if change.sweep or change.network or change.train or change.data:
            self.refresh()

    def _add(self, setting: Setting) -> None:
        sweep = self._document.project.sweep
        self._apply(f"Vary {setting_title(setting)}", sweep.with_vary(len(sweep.vary), first_vary(setting)))
        if self.rows.rows:
            row = self.rows.rows[-1]
            row.values.setFocus(Qt.FocusReason.OtherFocusReason)
            row.values.selectAll()

    def _set_vary(self, place: int, vary: Vary, what: str) -> None:
        sweep = self._document.project.sweep
        name = vary.path.rpartition(".")[2].replace("_", " ")
        self._apply(f"Set {what} of {name}", sweep.with_vary(place, vary), ("sweep", vary.path, what))

    def _remove(self, place: int) -> None:
        sweep = self._document.project.sweep
        name = sweep.vary[place].path.rpartition(".")[2].replace("_", " ")
        self._apply(f"Don't vary {name}", sweep.with_vary(place, None))
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set(self, name: str, value: object) -> None:
        self._edit(f"Set {name.replace('_', ' ')} of the sweep", ("sweep", name), **{name: value})

    def _edit(self, label: str, merge: Hashable, **changes: object) -> None:
        self._apply(label, self._document.project.sweep.replace(**changes), merge)

    def _apply(self, label: str, sweep: SweepSpec, merge: Hashable = None) -> None:
        self._document.apply(label, self._document.project.replace(sweep=sweep), merge)

    # What it will take

    def _show_summary(self, *_news: object) -> None:
        project = self._document.project
        sweep = project.sweep
        problem, words = "", ""
        if not sweep.vary:
            words = "Add at least one parameter to vary."
        elif self.run_on.problem:
            problem = self.run_on.problem
        elif not self._document.report.ok:
            problem = "The network has errors. Fix them on the Train page first."
        else:
            try:
                trials = trial_count(sweep, axes_of(project))
                words = cost_words(trials, sweep, None if self.run_on.cluster else self._seconds())
            except SpecError as error:
                problem = error_sentence(error) if " is not valid" in error.what else f"{error.what}."
        self.summary.setText(problem[:1].upper() + problem[1:] or words)
        self.summary.setProperty("role", "error" if problem else "secondary")
        self.summary.style().polish(self.summary)
        self.start.setEnabled(bool(sweep.vary) and not problem)


def cost_words(trials: int, sweep: SweepSpec, seconds: float | None) -> str:
    """What it takes: ``6 trials × 3 seeds = 18 runs, about 1:20 with 2 workers.``."""
    runs = trials * sweep.repeats
    noun = "trial" if trials == 1 else "trials"
    counted = f"{numbers.count(trials)} {noun}"
    if sweep.repeats > 1:
        counted += f" × {sweep.repeats} seeds = {numbers.count(runs)} runs"
    if seconds is None:
        return f"{counted}."
    workers = min(sweep.workers, runs)
    rounds = -(-runs // workers)
    beside = f" with {workers} workers" if workers > 1 else ""
    return f"{counted}, about {numbers.duration(max(1.0, rounds * seconds))}{beside}."


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
