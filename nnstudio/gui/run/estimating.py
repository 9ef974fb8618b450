"""How long trainings will take here, worked out in the background: for the project, and for presets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.session import Snapshot
from nnstudio.experiments.estimate import Speed, Speeds, training_seconds
from nnstudio.gui.background import Report, Task, run_in_background
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.shell.settings import Settings

SETTLED_MS = 900
"""A recipe is measured once nobody has changed it for so long."""
WANTED = "measure/speed"


class Estimating(QObject):
    """Measures the project's steps whenever they change, while nothing trains.

    Args:
        document: The project.
        live: The link to the run; nothing is measured beside one.
        datasets: Knows how many samples there are.
        settings: Whether to measure at all.
        parent: Qt parent.
        speeds: Keeps the measurements.

    Signals:
        changed(float | None): ``seconds`` is another.
    """

    changed = Signal(object)

    def __init__(
        self,
        document: Document,
        live: Live,
        datasets: Datasets,
        settings: Settings,
        parent: QObject,
        speeds: Speeds | None = None,
    ) -> None:
        super().__init__(parent)
        self.speeds = speeds or Speeds()
        self.wanted = settings.flag(WANTED, True)
        self.seconds: float | None = None
        self._document, self._live, self._datasets = document, live, datasets
        self._task: Task | None = None
        self._others: Task | None = None
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._measure)
        if self.wanted:
            live.run_ended.connect(self._learn)
            for signal in (document.changed, document.reset, datasets.described):
                signal.connect(self._look)
            for signal in (live.run_ended, live.run_dropped):
                signal.connect(self._look)
            live.run_started.connect(self._stop)

    def measure(self, projects: dict[str, ProjectSpec], found: Callable[[str, Any], None]) -> None:
        """Measures projects one after the other and tells each result, until a run begins.

        Args:
            projects: The projects by name.
            found: Takes a name and a ``Speed``; a project that can't be measured is left out.
        """
        if not self.wanted or self._live.running:
            return
        known = {name: self.speeds.known(project, self._live.device) for name, project in projects.items()}
        for name, speed in known.items():
            if speed is not None:
                found(name, speed)
        missing = [name for name, speed in known.items() if speed is None]
        self._next(projects, missing, found)

    def _next(
        self, projects: dict[str, ProjectSpec], names: list[str], found: Callable[[str, Any], None]
    ) -> None:
        if not names or self._live.running:
            return
        name, rest = names[0], names[1:]

        def done(speed: object) -> None:
            found(name, speed)
            self._next(projects, rest, found)

        def failed(_error: Exception) -> None:
            self._next(projects, rest, found)

        if self._others is not None:
            self._others.cancel()
        self._others = self._begin(projects[name], done, failed)

    def _begin(
        self, project: ProjectSpec, done: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> Task:
        """Measures in the background; cancelled, it ends behind its present steps."""
        speeds, device = self.speeds, self._live.device

        def work(report: Report) -> Speed:
            return speeds.speed(project, device, lambda: report("", None))

        return run_in_background(work, done, failed, self, on_progress=lambda _text, _share: None)

    def _look(self, *_news: object) -> None:
        self._show(None)
        if self._counts() is not None and not self._live.running:
            self._settled.start()

    def _counts(self) -> tuple[int, int, int] | None:
        return self._datasets.counts if self._document.report.ok else None

    def _measure(self) -> None:
        counts, project = self._counts(), self._document.project
        if counts is None or self._live.running or self._task is not None:
            return

        def done(speed: Any) -> None:
            self._task = None
            if self._document.project is project:
                self._show(training_seconds(project, counts[0], counts[1], speed))
            else:
                self._look()

        def failed(_error: Exception) -> None:
            self._task = None

        self._task = self._begin(project, done, failed)

    def _learn(self, snapshot: Snapshot) -> None:
        """A run that came through an epoch has shown how fast the steps are."""
        session, record = self._live.session, snapshot.record
        if session is not None and record is not None and record.samples_per_second > 0:
            project = session.project
            counts = session.prepared.counts["train"] if session.prepared is not None else 0
            batch = min(project.train.batch_size, counts or project.train.batch_size)
            self.speeds.learn(project, self._live.device, batch / record.samples_per_second)

    def _stop(self, *_news: object) -> None:
        """A run begins, which no measurement may slow down."""
        self._settled.stop()
        for task in (self._task, self._others):
            if task is not None:
                task.cancel()
        self._task = self._others = None
        self._show(None)

    def _show(self, seconds: float | None) -> None:
        if seconds != self.seconds:
            self.seconds = seconds
            self.changed.emit(seconds)
