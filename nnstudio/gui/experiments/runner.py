"""Runs one sweep at a time beside the event loop, and is asked by a timer how far it is."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.fast_path import Device
from nnstudio.errors import Cancelled
from nnstudio.experiments.sweeps.expansion import axes_of, trial_count
from nnstudio.experiments.sweeps.folders import find_unfinished, new_sweep_folder
from nnstudio.experiments.sweeps.local import LocalWorkers, Workers
from nnstudio.experiments.sweeps.readiness import check_ready
from nnstudio.experiments.sweeps.sweep import Sweep, read_recipe, read_trials
from nnstudio.experiments.sweeps.trials import Trial

POLL_MS = 100
END_SECONDS = 10.0
"""Time that the runs under way get to save their states when the window closes."""

TELLING = 0.02
"""Share of a sweep after which the time left can be told."""

State = Literal["idle", "checking", "running", "stopping"]


@dataclass(frozen=True)
class Shown:
    """A sweep as the page shows it.

    Attributes:
        folder: Its folder.
        project: Its project, with the set-up.
        trials: What is known of its trials.
        total: How many it has.
    """

    folder: Path
    project: ProjectSpec
    trials: tuple[Trial, ...]
    total: int

    @property
    def over(self) -> int:
        """Trials that are over."""
        return sum(trial.status in ("done", "pruned", "failed") for trial in self.trials)

    @property
    def runs(self) -> int:
        """Runs that it has in all."""
        return self.total * self.project.sweep.repeats

    @property
    def runs_over(self) -> int:
        """Runs that are over, with those that a pruned trial is spared."""
        return sum(run.over or trial.status == "pruned" for trial in self.trials for run in trial.runs)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1, with the epochs of the runs under way."""
        epochs = self.project.train.epochs
        under_way = (run for trial in self.trials for run in trial.runs if run.status == "running")
        return (self.runs_over + sum(min(1.0, run.epoch / epochs) for run in under_way)) / self.runs

    @property
    def seconds(self) -> float | None:
        """Mean time of the runs that were trained to their end; None before the first."""
        known = [run.seconds for trial in self.trials for run in trial.runs if run.status == "done"]
        return sum(known) / len(known) if known else None

    @property
    def finished(self) -> bool:
        """Nothing is left to train."""
        return self.over >= self.total

    @property
    def failed(self) -> int:
        """Trials that failed."""
        return sum(trial.status == "failed" for trial in self.trials)


def read_shown(folder: Path) -> Shown:
    """A sweep as it is on disk.

    Raises:
        NNStudioError: It can't be read.
    """
    project = read_recipe(folder)
    return Shown(folder, project, read_trials(folder, project), trial_count(project.sweep, axes_of(project)))


class SweepRunner(QObject):
    """Trains a sweep on a thread of its own, which waits for the workers and touches no Qt.

    Signals:
        changed(): ``shown``, ``state`` or ``said`` is another.
        ended(): The thread has ended.
        failed(object): It ended with an error.
    """

    changed = Signal()
    ended = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: State = "idle"
        self.shown: Shown | None = None
        self.said = ""
        self._work: _Work | None = None
        self._told: tuple[object, ...] = ()
        self._begun: tuple[float, float] | None = None  # when, and how much was done by then
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """A sweep is under way."""
        return self._work is not None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take if it goes on like this; None until that can be told."""
        if self.shown is None or self._begun is None:
            return None
        at, share = self._begun
        done = self.shown.share - share
        return None if done < TELLING else (time.monotonic() - at) * (1 - self.shown.share) / done

    def start(
        self,
        project: ProjectSpec,
        device: Device = "auto",
        folder: Path | None = None,
        *,
        retry: bool = False,
        cluster: str = "",
    ) -> None:
        """Begins a sweep, or goes on with an unfinished one of the same recipe.

        Args:
            project: The project with its set-up.
            device: Where to compute.
            folder: The sweep to go on with.
            retry: Train again what failed.
            cluster: Address of the Dask cluster that trains; "" for this machine.
        """
        if self._work is None:
            self._work = _Work(project, device, folder, retry, cluster)
            self.shown, self._begun = None, None
            self._timer.start()
            self._poll()

    def stop(self) -> None:
        """Begins nothing more; the runs under way save their states."""
        if self._work is not None:
            self._work.stop()
            self._poll()

    def shut_down(self) -> None:
        """Stops and waits, for a moment only."""
        self._timer.stop()
        if self._work is not None:
            self._work.stop()
            self._work.join(END_SECONDS)
            self._work = None

    def _poll(self) -> None:
        work = self._work
        if work is None:
            return
        over = not work.alive
        state: State = "idle" if over else work.state
        told = (state, work.said, work.shown)
        self.shown = work.shown or self.shown
        self.state, self.said = state, work.said
        if self._begun is None and work.shown is not None:
            self._begun = time.monotonic(), work.shown.share
        if over:
            self._work = None
            self._timer.stop()
        if told != self._told:
            self._told = told
            self.changed.emit()
        if over:
            self.ended.emit()
            if work.error is not None:
                self.failed.emit(work.error)


class _Work:
    """The thread. The window only reads what it leaves behind."""

    def __init__(
        self, project: ProjectSpec, device: Device, folder: Path | None, retry: bool, cluster: str
    ) -> None:
        self._project, self._device, self._folder, self._retry = project, device, folder, retry
        self._cluster = cluster
        self._stop = threading.Event()
        self.shown: Shown | None = None
        self.said = "Looking at the data"
        self.error: Exception | None = None
        self._running = False
        self._thread = threading.Thread(target=self._run, name="nnstudio-sweep", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def state(self) -> State:
        if self._stop.is_set():
            return "stopping"
        return "running" if self._running else "checking"

    def stop(self) -> None:
        self._stop.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._train()
        except Cancelled:
            pass
        except Exception as error:
            self.error = error

    def _train(self) -> None:
        project = self._project
        check_ready(project, self._report)
        with closing(self._workers()) as workers:
            folder = self._folder or find_unfinished(project) or new_sweep_folder(project.name)
            with closing(Sweep(folder, project, self._device)) as sweep:
                if self._retry:
                    sweep.retry_failed()
                self._running, self.said = True, ""
                self._follow(sweep, workers)

    def _follow(self, sweep: Sweep, workers: Workers) -> None:
        self.shown = Shown(sweep.folder, sweep.project, sweep.trials, sweep.total)
        for trials in sweep.run(workers):
            if trials != self.shown.trials:
                self.shown = replace(self.shown, trials=trials)
            if self._stop.is_set():
                sweep.stop()
        self.shown = replace(self.shown, trials=sweep.trials)

    def _workers(self) -> Workers:
        if not self._cluster:
            return LocalWorkers(self._project.sweep.workers)
        from nnstudio.experiments.sweeps.cluster import DaskWorkers

        self.said = "Looking for the cluster"
        return DaskWorkers(self._cluster)

    def _report(self, message: str, _share: float | None) -> None:
        self.said = message
        if self._stop.is_set():
            raise Cancelled("the sweep was stopped")
