"""What surrounds the Experiments page: its set-up panel, the sweep under way, and where a trial opens."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFrame, QVBoxLayout

from nnstudio.errors import NNStudioError

if TYPE_CHECKING:
    from nnstudio.core.spec import ProjectSpec
    from nnstudio.gui.experiments.page import ExperimentsView
    from nnstudio.gui.experiments.runner import SweepRunner
    from nnstudio.gui.experiments.setup_panel import SweepPanel
    from nnstudio.gui.main_window import MainWindow


class ExperimentsSide(QObject):
    """Makes the panel, once somebody looks, and connects it with the page and the window.

    Attributes:
        left: Where the set-up panel goes.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.left = QFrame()
        self.left.setProperty("role", "surface")
        self.left.setAccessibleName("Sweep setup")
        column = QVBoxLayout(self.left)
        column.setContentsMargins(0, 0, 0, 0)
        self._column = column

    @cached_property
    def runner(self) -> SweepRunner:
        """Trains the sweep."""
        from nnstudio.gui.experiments.runner import SweepRunner

        runner = SweepRunner(self)
        runner.failed.connect(self._tell_error)
        runner.ended.connect(self._tell_end)
        return runner

    @cached_property
    def panel(self) -> SweepPanel:
        """The set-up."""
        from nnstudio.gui.experiments.setup_panel import SweepPanel

        window = self._window
        panel = SweepPanel(window.document, self.runner, self._seconds, window.settings)
        panel.start_requested.connect(self._start)
        window.estimating.changed.connect(panel.refresh)
        self._column.addWidget(panel)
        return panel

    def follow(self, page: ExperimentsView) -> None:
        """Connects the page, once it is made, and makes its panel."""
        page.status.connect(self._window.status.say)
        page.evaluate_requested.connect(self._evaluate)
        page.open_requested.connect(self._window.files.open_path)
        page.values_wanted.connect(self._use)
        page.go_on_requested.connect(self._go_on)
        self.panel.show()

    def shut_down(self) -> None:
        """Lets the runs under way save their states; the sweep can go on later."""
        if "runner" in self.__dict__:
            self.runner.shut_down()

    def _seconds(self) -> float | None:
        """How long a run of the project takes: as long as those of its last sweep, or as estimated."""
        shown, project = self.runner.shown, self._window.document.project
        same = shown is not None and shown.project.replace(sweep=project.sweep) == project
        return (shown.seconds if same and shown else None) or self._window.estimating.seconds

    def _start(self) -> None:
        self._run(self._window.document.project)

    def _run(self, project: ProjectSpec, folder: Path | None = None, retry: bool = False) -> None:
        cluster = self.panel.run_on.cluster
        self.runner.start(project, self._window.live.device, folder, retry=retry, cluster=cluster)

    def _go_on(self, folder: Path, retry: bool) -> None:
        from nnstudio.experiments.sweeps.sweep import read_recipe

        try:
            project = read_recipe(folder)
        except NNStudioError as error:
            self._window.messages.show_error(error, None)
            return
        self._run(project, folder, retry)

    def _evaluate(self, folder: Path) -> None:
        from nnstudio.experiments.listing import point_of

        try:
            self._window.run.look_at(point_of(folder))
        except NNStudioError as error:
            self._window.messages.show_error(error, None)
            return
        self._window.show_page("evaluate")

    def _use(self, values: dict[str, Any]) -> None:
        from nnstudio.core.settings import with_values
        from nnstudio.experiments.sweeps.expansion import combination_text

        document = self._window.document
        try:
            project = with_values(document.project, values)
        except NNStudioError as error:
            self._window.messages.show_error(error, None)
            return
        document.apply(f"Use {combination_text(values)}", project)
        self._window.status.say(f"The project has {combination_text(values)} now. Ctrl+Z takes it back.")

    def _tell_error(self, error: Exception) -> None:
        self._window.messages.show_error(error, None)

    def _tell_end(self) -> None:
        shown = self.runner.shown
        if shown is not None and shown.finished and self._window.tabs.page != "experiments":
            failed = f", {shown.failed} failed" if shown.failed else ""
            self._window.messages.say("good", f"The sweep is done: {shown.total} trials{failed}.")
