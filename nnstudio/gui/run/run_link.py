"""What the shell shows of the run: buttons, status line, Showing, the draft notice, locked settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.core.history import Change
from nnstudio.engine.model import Model
from nnstudio.experiments.listing import KeptModel, RunPoint
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.document import Document
from nnstudio.gui.inspector import InspectorPanel
from nnstudio.gui.live import Live
from nnstudio.gui.run.kept_runs import KeptRunLoader, RunMenu
from nnstudio.gui.run.train_controls import blocking_problem, controls
from nnstudio.gui.shell.page_tabs import PageTabs, Showing, showing_choices
from nnstudio.gui.shell.status_bar import StatusBar
from nnstudio.gui.shell.toolbar import Toolbar
from nnstudio.gui.stack.panel import StackPanel
from nnstudio.gui.widgets import numbers


class RunLink(QObject):
    """Keeps the shell in step with the run and the document.

    Signals:
        showing_changed(str | KeptModel): "latest", "best" or a moment of a kept run: which weights
            Evaluate, Predict and Export use.
        said(str): Why a kept run can't be shown.
    """

    showing_changed = Signal(object)
    said = Signal(str)

    def __init__(
        self,
        document: Document,
        live: Live,
        datasets: Datasets,
        shell: tuple[Toolbar, PageTabs, StatusBar],
        panels: tuple[StackPanel, InspectorPanel],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._live, self._datasets = document, live, datasets
        self._toolbar, self._tabs, self._status = shell
        self._stack, self._inspector = panels
        self._estimate = ""
        self._showing: str | KeptModel = "latest"
        self._kept: KeptModel | None = None
        self._runs, self._loader = RunMenu(self._tabs), KeptRunLoader(self)
        live.state_changed.connect(self.refresh)
        live.snapshot_changed.connect(self._on_snapshot)
        live.run_started.connect(self.refresh)
        live.run_ended.connect(self.refresh)
        live.run_dropped.connect(self.refresh)
        live.run_adopted.connect(self.refresh)
        live.model_changed.connect(self._show_showing)
        document.changed.connect(self._on_change)
        document.reset.connect(self.refresh)
        self.said.connect(self._status.say)
        datasets.described.connect(self._show_counts)
        self._tabs.showing_chosen.connect(self.show)
        self._tabs.another_wanted.connect(lambda: self._runs.popup(self._tabs.menu_corner()))
        self._runs.chosen.connect(self._loader.load)
        self._loader.loaded.connect(self._show_kept)
        for source in (self._runs, self._loader):
            source.failed.connect(self.said)
        document.reset.connect(self._forget_kept)
        self._stack.revert_requested.connect(self._revert)
        self._inspector.recipe_changed_while_running.connect(live.apply_recipe)
        self.refresh()

    @property
    def showing(self) -> str | KeptModel:
        """Which weights are looked at: "latest" or "best" of the run, or a moment of a kept one."""
        return self._showing

    @property
    def model(self) -> Model | None:
        """The model that is looked at."""
        if isinstance(self._showing, KeptModel):
            return self._showing.model
        best = self._live.best_model if self._showing == "best" else None
        return best or self._live.model

    def show(self, key: str) -> None:
        """Looks at the latest weights, those of the best epoch, or the kept run that was chosen before."""
        chosen = self._kept if key == "kept" and self._kept is not None else key
        if chosen and chosen != self._showing:
            self._showing = chosen
            self.showing_changed.emit(chosen)
        self._show_showing()

    def look_at(self, point: RunPoint) -> None:
        """Reads a moment of a kept run and looks at it."""
        self._loader.load(point)

    def _show_kept(self, kept: KeptModel) -> None:
        self._kept = kept
        self.show("kept")

    def _forget_kept(self) -> None:
        """Another project is open."""
        self._loader.cancel()
        self._kept = None
        if isinstance(self._showing, KeptModel):
            self.show("latest")

    def toggle(self) -> None:
        """Train, pause or go on, whichever comes next."""
        if self._live.running and not self._live.paused:
            self._live.pause()
        else:
            self._live.train()

    def show_estimate(self, seconds: float | None) -> None:
        """Says beforehand how long the training will take here."""
        known = "" if seconds is None else numbers.duration(max(1.0, seconds))
        self._estimate = f"Training will take about {known}" if known else ""
        self._toolbar.training.set_estimate(self._estimate)
        self.refresh()

    def refresh(self, *_news: object) -> None:
        """Shows everything afresh."""
        live = self._live
        problem = blocking_problem(self._document.report, self._document.expected[1])
        state = controls(live.snapshot, problem, goes_on=live.can_continue)
        self._toolbar.show_controls(state, live.running)
        paused = live.state == "paused"
        hint = problem or self._estimate
        self._status.set_standing_hint("F5 resumes" if paused else "" if live.running else hint)
        self._show_draft()
        self._show_counts()
        if live.snapshot is None:
            self._status.show_run(live.run_number, None)
            self._inspector.set_running(None)
        self._show_showing()

    def _on_change(self, change: Change) -> None:
        self.refresh()

    def _on_snapshot(self, _snapshot: object) -> None:
        live = self._live
        self._status.show_run(live.run_number, live.snapshot)
        if live.snapshot is None or not live.running:
            self._inspector.set_running(None)
        elif live.session is not None:
            self._show_counts()
            self._inspector.set_running(live.snapshot.epoch, live.recipe_in_force)
        self._show_showing()

    def _show_showing(self) -> None:
        snapshot = self._live.snapshot
        live = self._live
        choices = showing_choices(
            live.run_number, snapshot, live.best_model is not None, live.model is not None
        )
        if self._showing not in [choice.key for choice in choices] and self._showing == "best":
            self._showing = "latest"
            self.showing_changed.emit("latest")
        if self._kept is not None:
            choices = (*choices, Showing("kept", self._kept.point.title))
        self._tabs.show_choices(choices, "kept" if isinstance(self._showing, KeptModel) else self._showing)

    def _show_counts(self) -> None:
        """The run's own counts while it uses the data that the project names, else what the recipe leaves."""
        session, recipe = self._live.session, self._document.project.data
        same = session is not None and session.project.data == recipe
        if session is not None and session.prepared is not None and same:
            counts = session.prepared.counts
            self._status.show_counts((counts["train"], counts["validation"], counts["test"]))
        else:
            self._status.show_counts(self._datasets.counts)

    def _show_draft(self) -> None:
        session = self._live.session
        draft = (
            self._live.running
            and session is not None
            and session.project.network != self._document.project.network
        )
        number = self._live.run_number
        self._stack.set_draft_notice(f"Draft. Run {number} keeps its own copy." if draft else None)

    def _revert(self) -> None:
        session = self._live.session
        if session is not None:
            label = f"Revert to run {self._live.run_number}"
            self._document.apply_network(label, session.project.network)
