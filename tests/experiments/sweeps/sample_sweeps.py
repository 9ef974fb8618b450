"""A small project whose sweeps take moments, and workers that train in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, SweepSpec, TrainSpec
from nnstudio.core.sweep_spec import parse_vary
from nnstudio.experiments.sweeps.local import Key
from nnstudio.experiments.sweeps.sweep import Sweep
from nnstudio.experiments.sweeps.trials import Trial
from nnstudio.experiments.sweeps.worker import Job, JobTrainer, Message
from nnstudio.layers import Dense, Input

PATHS = {"lr": "train.learning_rate", "units": "network.layers.hidden.units", "optimizer": "train.optimizer"}


def project(vary: dict[str, str] | None = None, *, epochs: int = 2, **sweep: Any) -> ProjectSpec:
    """A spiral learner whose sweep varies what is named in ``PATHS``, or by path."""
    layers = (Input(shape=(2,)), Dense(name="hidden", units=4), Dense(units=2, activation="softmax"))
    wanted = {"lr": "1e-3,1e-2"} if vary is None else vary
    varied = tuple(parse_vary(PATHS.get(name, name), text) for name, text in wanted.items())
    return ProjectSpec(
        name="spiral",
        network=NetworkSpec(layers=layers),
        data=DataSpec(source="spiral", validation=0.2),
        train=TrainSpec(epochs=epochs, batch_size=32),
        sweep=SweepSpec(vary=varied, **sweep),
    )


class InProcess:
    """Workers that train each job at once, in this process.

    Args:
        count: How many jobs are under way at a time.
        dies: Says of a job that its worker dies.
    """

    def __init__(self, count: int = 1, dies: Callable[[Job], bool] = lambda _job: False) -> None:
        self._count, self._dies = count, dies
        self._trainer = JobTrainer()
        self._jobs: list[Job] = []
        self._orders: dict[Key, str] = {}
        self.begun: list[Key] = []

    def room(self) -> int:
        return self._count - len(self._jobs)

    def start(self, job: Job) -> None:
        self._jobs.append(job)
        self.begun.append((job["trial"], job["repeat"]))

    def wait(self, seconds: float) -> list[tuple[Key, Message]]:
        job = self._jobs.pop(0)
        key = job["trial"], job["repeat"]
        if self._dies(job):
            return [(key, {"event": "died", "code": "killed by SIGSEGV"})]
        said: list[tuple[Key, Message]] = []
        order = self._orders.pop(key, "")
        ended = self._trainer.train(
            job, lambda message: said.append((key, message)), lambda: order if said else ""
        )
        return [*said, (key, ended)]

    def order(self, key: Key, word: str) -> None:
        self._orders[key] = word

    def close(self) -> None:
        self._jobs = []


def ran(folder: Path, wanted: ProjectSpec | None = None, workers: Any = None) -> tuple[Trial, ...]:
    """Runs a sweep to its end."""
    sweep = Sweep(folder, wanted)
    try:
        for _ in sweep.run(workers or InProcess()):
            pass
        return sweep.trials
    finally:
        sweep.close()
