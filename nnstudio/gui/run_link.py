"""What the shell shows of the run: buttons, status line, Showing, the draft notice, locked settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.core.history import Change
from nnstudio.engine.model import Model
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.document import Document
from nnstudio.gui.inspector import InspectorPanel
from nnstudio.gui.live import Live
from nnstudio.gui.page_tabs import PageTabs, showing_choices
from nnstudio.gui.stack.panel import StackPanel
from nnstudio.gui.status_bar import StatusBar
from nnstudio.gui.toolbar import Toolbar
from nnstudio.gui.train_controls import blocking_problem, controls


class RunLink(QObject):
    """Keeps the shell in step with the run and the document.

    Signals:
        showing_changed(str): "latest" or "best": which weights Evaluate, Predict and Export use.
    """

    showing_changed = Signal(str)

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
        self._showing = "latest"
        live.state_changed.connect(self.refresh)
        live.snapshot_changed.connect(self._on_snapshot)
        live.run_started.connect(self.refresh)
        live.run_ended.connect(self.refresh)
        live.run_dropped.connect(self.refresh)
        live.run_adopted.connect(self.refresh)
        live.model_changed.connect(self._show_showing)
        document.changed.connect(self._on_change)
        document.reset.connect(self.refresh)
        datasets.described.connect(self._show_counts)
        self._tabs.showing_chosen.connect(self.show)
        self._stack.revert_requested.connect(self._revert)
        self._inspector.recipe_changed_while_running.connect(live.apply_recipe)
        self.refresh()

    @property
    def showing(self) -> str:
        """Which weights of the run are looked at: "latest" or "best"."""
        return self._showing

    @property
    def model(self) -> Model | None:
        """The model that is looked at."""
        best = self._live.best_model if self._showing == "best" else None
        return best or self._live.model

    def show(self, key: str) -> None:
        """Looks at the latest weights or those of the best epoch."""
        if key and key != self._showing:
            self._showing = key
            self.showing_changed.emit(key)
        self._show_showing()

    def toggle(self) -> None:
        """Train, pause or go on, whichever comes next."""
        if self._live.running and not self._live.paused:
            self._live.pause()
        else:
            self._live.train()

    def refresh(self, *_news: object) -> None:
        """Shows everything afresh."""
        live, report = self._live, self._document.report
        errors = report.errors
        problem = blocking_problem(len(errors), errors[0].message if errors else "")
        state = controls(live.snapshot, problem, goes_on=live.can_continue)
        self._toolbar.show_controls(state, live.running)
        paused = live.state == "paused"
        self._status.set_standing_hint("F5 resumes" if paused else "" if live.running else problem)
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
        self._tabs.show_choices(choices, self._showing)

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
