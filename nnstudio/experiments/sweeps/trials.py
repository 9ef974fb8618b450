"""What is known of every trial of a sweep, followed record by record. Plain and frozen data."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeGuard

from nnstudio.experiments.sweeps.expansion import Combination, combination_text

Status = Literal["queued", "running", "done", "pruned", "failed"]

DEATHS = 3
"""Times that a run's worker may die before the run is set aside."""


@dataclass(frozen=True)
class TrialRun:
    """One run of a trial.

    Attributes:
        trial: Number of the trial, from 0.
        repeat: Which of its seeds, from 0.
        status: What became of it.
        epoch: Epochs completed.
        figure: The goal's figure of the weights it ended with, or of its last epoch.
        test: Test accuracy, or None.
        parameters: Values that training found, or None.
        seconds: Time that the training took.
        reason: Why it failed or was pruned.
        deaths: Times that its worker has died.
    """

    trial: int
    repeat: int
    status: Status = "queued"
    epoch: int = 0
    figure: float | None = None
    test: float | None = None
    parameters: int | None = None
    seconds: float = 0.0
    reason: str = ""
    deaths: int = 0

    @property
    def over(self) -> bool:
        """Nothing is left to do."""
        return self.status in ("done", "pruned", "failed")


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds.

    Attributes:
        mean: Their mean.
        std: Sample standard deviation (n - 1), or None for a single one.
        seeds: How many.
    """

    mean: float
    std: float | None
    seeds: int


@dataclass(frozen=True)
class Trial:
    """One combination of values.

    Attributes:
        number: From 0.
        values: The combination.
        runs: One run per seed.
    """

    number: int
    values: Combination
    runs: tuple[TrialRun, ...]

    @property
    def name(self) -> str:
        """``learning_rate=0.01, units=32``."""
        return combination_text(self.values)

    @property
    def status(self) -> Status:
        """Running or queued while something is left to do; then the worst that happened."""
        found = [run.status for run in self.runs]
        if "pruned" in found and "running" not in found:
            return "pruned"  # its other seeds aren't trained any more
        order: tuple[Status, ...] = ("running", "queued", "failed", "pruned", "done")
        return next(status for status in order if status in found)

    @property
    def reason(self) -> str:
        """Why it failed or was pruned, in words; "" otherwise."""
        return next((run.reason for run in self.runs if run.reason and run.status == self.status), "")

    @property
    def epoch(self) -> int:
        """Epoch that its runs under way are in."""
        return max((run.epoch for run in self.runs if run.status == "running"), default=0)

    @property
    def figure(self) -> Spread | None:
        """The goal's figure over the seeds that were trained to their end, or until they were pruned."""
        wanted = ("done", "pruned")
        return spread(run.figure for run in self.runs if run.status in wanted)

    @property
    def test(self) -> Spread | None:
        """Test accuracy over the seeds that were trained to their end."""
        return spread(run.test for run in self.runs if run.status == "done")

    @property
    def parameters(self) -> int | None:
        """Values that training finds."""
        return next((run.parameters for run in self.runs if run.parameters is not None), None)

    @property
    def seconds(self) -> float:
        """Time that all its runs took."""
        return sum(run.seconds for run in self.runs)


def spread(values: Iterable[float | None]) -> Spread | None:
    """Mean and sample standard deviation of those values that are known; None without any."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    std = statistics.stdev(known) if len(known) > 1 else None
    return Spread(statistics.fmean(known), std, len(known))


class Trials:
    """All trials of a sweep as they follow from its records.

    Args:
        repeats: Seeds of each trial.
    """

    def __init__(self, repeats: int) -> None:
        self._repeats = repeats
        self._trials: dict[int, Trial] = {}
        self._figures: dict[tuple[int, int], dict[int, float]] = {}

    @property
    def all(self) -> tuple[Trial, ...]:
        """They, in order."""
        return tuple(self._trials.values())

    def run(self, trial: int, repeat: int) -> TrialRun:
        """One run."""
        return self._trials[trial].runs[repeat]

    def figures_at(self, epoch: int, *, without: int) -> list[float]:
        """The goal's figures that runs of other trials had at an epoch."""
        return [
            figures[epoch]
            for (trial, _), figures in self._figures.items()
            if trial != without and epoch in figures
        ]

    def follow(self, record: dict[str, Any]) -> None:
        """Takes a record in; one that says nothing sensible is left out."""
        number, repeat = record.get("trial"), record.get("repeat")
        if not _is_count(number):
            return
        if record.get("event") == "trial" and isinstance(record.get("values"), dict):
            runs = tuple(TrialRun(number, place) for place in range(self._repeats))
            self._trials.setdefault(number, Trial(number, record["values"], runs))
        elif number in self._trials and _is_count(repeat) and repeat < self._repeats:
            after = _after(self.run(number, repeat), record)
            if record.get("event") == "epoch" and after.figure is not None:
                self._figures.setdefault((number, repeat), {})[after.epoch] = after.figure
            elif record.get("event") in ("retry", "begun"):
                self._forget(number, repeat, after.epoch)
            self.put(after)

    def put(self, run: TrialRun) -> None:
        """Takes a run's new state in."""
        trial = self._trials[run.trial]
        runs = (*trial.runs[: run.repeat], run, *trial.runs[run.repeat + 1 :])
        self._trials[run.trial] = replace(trial, runs=runs)

    def _forget(self, trial: int, repeat: int, epoch: int) -> None:
        """Epochs that will be trained again."""
        known = self._figures.get((trial, repeat), {})
        self._figures[trial, repeat] = {at: figure for at, figure in known.items() if at <= epoch}


def _after(run: TrialRun, record: dict[str, Any]) -> TrialRun:
    match record.get("event"):
        case "begun":
            return replace(run, status="running", epoch=0, reason="")
        case "epoch" if _is_count(record.get("epoch")):
            return replace(run, epoch=record["epoch"], figure=_number(record.get("figure")))
        case "died":
            deaths = run.deaths + 1
            reason = f"its worker ended {deaths} times ({record.get('code')})"
            return replace(
                run, deaths=deaths, status="failed" if deaths >= DEATHS else "queued", reason=reason
            )
        case "ended" if record.get("status") in ("done", "pruned", "failed"):
            return replace(
                run,
                status=record["status"],
                epoch=record.get("epochs") or run.epoch,
                figure=_number(record.get("figure")),
                test=_number(record.get("test")),
                parameters=record.get("parameters"),
                seconds=_number(record.get("seconds")) or 0.0,
                reason=str(record.get("reason") or ""),
            )
        case "retry":
            return TrialRun(run.trial, run.repeat)
    return run


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if plain else None
