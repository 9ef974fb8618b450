"""The training doctor's visits to a run: when to look inside, what else it needs to know, what it says."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property

from nnstudio.engine.doctor import Case, Finding, diagnose
from nnstudio.engine.probe import fresh_loss, look
from nnstudio.engine.statistics import RunStatistics
from nnstudio.engine.trainer import Trainer

SHARE = 0.05
"""Most of a run's time that looks may take; tiny data sets have epochs that are shorter than a look."""


@dataclass(frozen=True)
class Visit:
    """What the doctor's visits to a run have brought so far.

    Attributes:
        case: What is known about the run, or None before the first look.
        findings: What there is to say, the most urgent first.
        problem: Why the last look failed, or "".
    """

    case: Case | None = None
    findings: tuple[Finding, ...] = ()
    problem: str = ""


class Checkup:
    """Looks inside one run now and then, on the thread that trains it.

    Args:
        trainer: The run. It must not be in the middle of a step while it is looked at.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._next_look = -math.inf
        self._statistics: RunStatistics | None = None
        self._visit = Visit()

    @property
    def due(self) -> bool:
        """Another look now keeps them within :data:`SHARE` of the time."""
        return time.perf_counter() >= self._next_look

    def look(self) -> RunStatistics:
        """Statistics of the run as it is; of the batch that broke it if it diverged."""
        started = time.perf_counter()
        try:
            self._statistics = self._trainer.failure or look(self._trainer)
        finally:
            now = time.perf_counter()
            self._next_look = now + (now - started) * (1 / SHARE - 1)
        return self._statistics

    def visit(self, *, inside: bool = True) -> Visit:
        """What there is to say about the run as it is. Whatever goes wrong here is told and ends nothing.

        Args:
            inside: Look inside anew. The last look counts on otherwise, unless the run has diverged.
        """
        try:
            anew = inside or self._trainer.failure is not None
            case = self.case(self.look() if anew else self._statistics)
            self._visit = Visit(case, tuple(diagnose(case)))
        except Exception as error:  # a run goes on without its doctor
            self._visit = replace(self._visit, problem=str(error) or type(error).__name__)
        return self._visit

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
