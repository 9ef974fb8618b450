"""The training doctor's visits to a run: when to look inside, what else it needs to know, what it says."""

from __future__ import annotations

import math
import time
from functools import cached_property

from nnstudio.engine.doctor import Case, Finding, diagnose
from nnstudio.engine.probe import fresh_loss, look
from nnstudio.engine.statistics import RunStatistics
from nnstudio.engine.trainer import Trainer

SHARE = 0.05
"""Most of a run's time that looks may take; tiny data sets have epochs that are shorter than a look."""


class Checkup:
    """Looks inside one run now and then, on the thread that trains it.

    Args:
        trainer: The run. It must not be in the middle of a step while it is looked at.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._next_look = -math.inf

    @property
    def due(self) -> bool:
        """Another look now keeps them within :data:`SHARE` of the time."""
        return time.perf_counter() >= self._next_look

    def look(self) -> RunStatistics:
        """Statistics of the run as it is; of the batch that broke it if it diverged."""
        started = time.perf_counter()
        statistics = self._trainer.failure or look(self._trainer)
        now = time.perf_counter()
        self._next_look = now + (now - started) * (1 / SHARE - 1)
        return statistics

    def case(self, statistics: RunStatistics | None) -> Case:
        """What the doctor knows about the run as it is.

        Args:
            statistics: The latest look inside, or None.
        """
        trainer, data = self._trainer, self._trainer.data
        return Case(
            project=trainer.project.replace(train=trainer.spec),
            history=tuple(trainer.state.history),
            statistics=statistics,
            class_counts=self._class_counts,
            class_names=data.classes,
            validation_samples=0 if data.validation is None else len(data.validation),
            start_loss=self._start_loss,
            diverged=trainer.reason == "diverged",
        )

    def findings(self) -> list[Finding]:
        """What there is to say after a look inside, the most urgent first."""
        return diagnose(self.case(self.look()))

    @cached_property
    def _class_counts(self) -> tuple[int, ...]:
        data = self._trainer.data
        return tuple(data.train.class_counts(len(data.classes)))

    @cached_property
    def _start_loss(self) -> float:
        return fresh_loss(self._trainer)
