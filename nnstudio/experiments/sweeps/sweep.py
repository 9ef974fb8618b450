"""The loop of a sweep: what to train next, what came of it, and everything on disk at any moment."""

from __future__ import annotations

import re
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnstudio.core.settings import with_values
from nnstudio.core.spec import ProjectSpec, SweepSpec
from nnstudio.engine.fast_path import Device
from nnstudio.engine.locks import FileLock
from nnstudio.errors import FormatError, SpecError
from nnstudio.experiments.runs import refusals, write_text_atomically
from nnstudio.experiments.sweeps.expansion import Combination, axes_of, drawn, grid, trial_count
from nnstudio.experiments.sweeps.ledger import Ledger, read_ledger
from nnstudio.experiments.sweeps.local import Key, Workers
from nnstudio.experiments.sweeps.ranking import merit
from nnstudio.experiments.sweeps.tpe import suggested
from nnstudio.experiments.sweeps.trials import Trial, TrialRun, Trials
from nnstudio.experiments.sweeps.worker import Job, Message

LOOK_SECONDS = 0.1
"""The loop looks around at least so often."""
PRUNING_NEEDS = 3
"""Runs of other trials that must have reached an epoch before one is compared with them."""
LONGEST_NAME = 120

RECIPE, LEDGER, RUNS = "sweep.json", "ledger.jsonl", "runs"


class Sweep:
    """A sweep in its folder, to be run by one process at a time.

    Args:
        folder: The sweep's folder; a new one is made for ``project``.
        project: The project with its sweep set-up; None opens what the folder holds.
        device: Where to compute.

    Raises:
        SpecError: The set-up doesn't fit the project.
        FormatError: The folder can't be written, holds another sweep, or is in use.
    """

    def __init__(self, folder: Path, project: ProjectSpec | None = None, device: Device = "auto") -> None:
        self.folder = folder
        self.device: Device = device
        kept = read_recipe(folder) if (folder / RECIPE).is_file() or project is None else None
        if kept is not None and project is not None and not same_sweep(kept, project):
            raise FormatError(
                f"there is another sweep in {folder}",
                allowed="a new or an empty folder, or the sweep that is in it",
                fix="choose another folder, or give this one's recipe to continue it",
            )
        self.project: ProjectSpec = project or kept  # type: ignore[assignment]
        self.spec: SweepSpec = self.project.sweep
        self._axes = axes_of(self.project)
        self.total = trial_count(self.spec, self._axes)
        self._grid = grid(self._axes) if self.spec.strategy == "grid" else []
        self._epochs: dict[int, int] = {}  # that the runs of a trial have
        self._stopping = False
        self._lock = FileLock(folder / "lock")
        with refusals(folder):
            taken = self._lock.take()
        if not taken:
            raise FormatError(
                f"the sweep in {folder} is being run by another process",
                received=f"process {self._lock.owner()}",
                fix="wait for its end, or stop it",
            )
        write_text_atomically(folder / RECIPE, self.project.dumps())
        self._ledger = Ledger(folder / LEDGER)
        self._trials = _followed(self.spec, self._ledger.records)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """What is known of the trials so far."""
        return self._trials.all

    @property
    def finished(self) -> bool:
        """Nothing is left to train."""
        return is_finished(self.trials, self.total)

    def retry_failed(self) -> int:
        """Puts what failed back into the queue, from its start; returns how many runs."""
        failed = [run for trial in self.trials for run in trial.runs if run.status == "failed"]
        for run in failed:
            shutil.rmtree(self.run_folder(run), ignore_errors=True)
            self._note({"event": "retry", "trial": run.trial, "repeat": run.repeat})
        return len(failed)

    def run(self, workers: Workers) -> Iterator[tuple[Trial, ...]]:
        """Trains what is left to train.

        Yields:
            The trials, whenever something happened and at least every ``LOOK_SECONDS``. The caller may
            call :meth:`stop` and go on iterating until the runs under way have saved their states.

        Raises:
            FormatError: The ledger can't be written; whoever goes on later loses nothing.
        """
        under_way: set[Key] = set()
        told: set[Key] = set()
        while True:
            while not self._stopping and workers.room() > 0 and (run := self._next()) is not None:
                self._begin(run, workers, under_way)
            if not under_way:
                break
            yield self.trials
            if self._stopping:
                for key in under_way - told:
                    workers.order(key, "stop")
                told |= under_way
            for key, message in workers.wait(LOOK_SECONDS):
                self._take(key, message, workers)
                if message["event"] in ("ended", "stopped", "died"):
                    under_way.discard(key)
        yield self.trials

    def stop(self) -> None:
        """Begins nothing more and lets the runs under way save their states. From any thread."""
        self._stopping = True

    def close(self) -> None:
        """Lets the folder go."""
        try:
            self._ledger.close()
        finally:
            self._lock.release()

    def run_folder(self, run: TrialRun) -> Path:
        """Where a run is kept."""
        trial = self.trials[run.trial]
        return run_folder(self.folder, trial, run.repeat)

    def _next(self) -> TrialRun | None:
        """The next run to begin; asks for another trial when those known have none left."""
        waiting = (
            run
            for trial in self.trials
            if trial.status != "pruned"
            for run in trial.runs
            if run.status == "queued"
        )
        run = next(waiting, None)
        if run is not None or len(self.trials) >= self.total:
            return run
        number = len(self.trials)
        self._note({"event": "trial", "trial": number, "values": self._combination(number)})
        return self._trials.run(number, 0)

    def _combination(self, number: int) -> Combination:
        if self.spec.strategy == "grid":
            return self._grid[number]
        if self.spec.strategy == "random":
            return drawn(self._axes, self.spec.seed, number)
        known, others = self._known()
        return suggested(self.spec, self._axes, number, known, others)

    def _known(self) -> tuple[list[tuple[Combination, float]], list[Combination]]:
        """What the search may learn from: a trial that failed counts as the worst there is."""
        over = [trial for trial in self.trials if all(run.over for run in trial.runs) or trial.reason]
        figures = {
            t.number: merit(t.figure.mean, self.spec.goal) for t in over if t.figure and t.status != "failed"
        }
        worst = min(figures.values(), default=0.0)
        known = [(trial.values, figures.get(trial.number, worst)) for trial in over]
        return known, [trial.values for trial in self.trials if trial not in over]

    def _begin(self, run: TrialRun, workers: Workers, under_way: set[Key]) -> None:
        try:
            project = trial_project(self.project, self.trials[run.trial], run.repeat)
        except SpecError as error:  # two values that are allowed, but not together
            self._note({"event": "ended", **_named(run), "status": "failed", "reason": str(error)})
            return
        self._epochs[run.trial] = project.train.epochs
        self._note({"event": "begun", **_named(run)})
        job: Job = {
            **_named(run),
            "project": project.to_json(),
            "folder": str(self.run_folder(run).absolute()),
            "goal": self.spec.goal,
            "device": self.device,
        }
        workers.start(job)
        under_way.add((run.trial, run.repeat))

    def _take(self, key: Key, message: Message, workers: Workers) -> None:
        """Notes what a run said, and prunes it if others were better by then."""
        trial, repeat = key
        record = {**message, "trial": trial, "repeat": repeat}
        if message["event"] == "stopped":
            self._trials.put(replace(self._trials.run(trial, repeat), status="queued"))
        elif message["event"] != "epoch":
            self._note(record)
        elif self.spec.prune is None:
            self._trials.follow(record)  # on disk it is in the run's own table
        else:
            self._note(record, lasting=False)
            if self._is_behind(trial, message):
                workers.order(key, "prune")

    def _is_behind(self, trial: int, message: Message) -> bool:
        """The run is worse than the median of the others at the same epoch."""
        epoch, figure = message["epoch"], message["figure"]
        if figure is None or self.spec.prune is None or epoch < self.spec.prune:
            return False
        if epoch >= self._epochs[trial]:
            return False  # it is done anyway
        others = self._trials.figures_at(epoch, without=trial)
        goal = self.spec.goal
        enough = len(others) >= PRUNING_NEEDS
        return enough and merit(figure, goal) < merit(statistics.median(others), goal)

    def _note(self, record: dict[str, Any], *, lasting: bool = True) -> None:
        self._ledger.append(record, lasting=lasting)
        self._trials.follow(record)


def read_recipe(folder: Path) -> ProjectSpec:
    """The project of a sweep's folder.

    Raises:
        FormatError: It is no sweep's folder.
        SpecError: The project is damaged.
    """
    path = folder / RECIPE
    if not path.is_file():
        raise FormatError(
            f"{folder} holds no sweep",
            allowed=f"a sweep's folder, with {RECIPE} in it",
            fix="give the folder that 'nnstudio sweep' printed",
        )
    with refusals(path, "read"):
        return ProjectSpec.loads(path.read_text(encoding="utf-8", errors="replace"))


def read_trials(folder: Path, project: ProjectSpec) -> tuple[Trial, ...]:
    """What is known of a sweep's trials, also while another process runs it.

    Raises:
        FormatError: It can't be read.
    """
    return _followed(project.sweep, read_ledger(folder / LEDGER)).all


def is_finished(trials: tuple[Trial, ...], total: int) -> bool:
    """Nothing is left to train."""
    return len(trials) >= total and all(trial.status in ("done", "pruned", "failed") for trial in trials)


def same_sweep(a: ProjectSpec, b: ProjectSpec) -> bool:
    """One may continue the other: all is alike but how many train side by side."""
    return a.replace(sweep=a.sweep.replace(workers=1)) == b.replace(sweep=b.sweep.replace(workers=1))


def trial_project(project: ProjectSpec, trial: Trial, repeat: int) -> ProjectSpec:
    """The recipe of one run: the trial's values, its name, and the seed of the repeat.

    Raises:
        SpecError: The values are not allowed together.
    """
    varied = with_values(project.replace(sweep=SweepSpec()), trial.values)
    seed = (varied.train.seed + repeat) % 2**31
    name = trial.name if len(trial.name) <= LONGEST_NAME else trial.name[: LONGEST_NAME - 1] + "…"
    return varied.replace(name=name, train=varied.train.replace(seed=seed))


def run_folder(folder: Path, trial: Trial, repeat: int) -> Path:
    """Where a run of a sweep is kept: numbered, and named by the varied values."""
    stem = re.sub(r"[^\w.=+-]+", "-", trial.name).strip("-.")[:80]
    seed = f"-seed{repeat + 1}" if len(trial.runs) > 1 else ""
    return folder / RUNS / f"{trial.number + 1:04d}-{stem}{seed}"


def _followed(spec: SweepSpec, records: list[dict[str, Any]]) -> Trials:
    """The trials after all records; nobody trains them at the moment."""
    trials = Trials(spec.repeats)
    for record in records:
        trials.follow(record)
    for trial in trials.all:
        for run in trial.runs:
            if run.status == "running":
                trials.put(replace(run, status="queued"))
    return trials


def _named(run: TrialRun) -> dict[str, Any]:
    return {"trial": run.trial, "repeat": run.repeat}
