"""Which trial is best, and whether the seeds allow to say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnstudio.core.train_spec import Monitor
from nnstudio.experiments.sweeps.trials import Spread, Trial

NAMED = 2
"""Trials that the verdict names beside the best one."""

_ORDER = {"done": 0, "pruned": 1, "running": 2, "queued": 3, "failed": 4}


def is_more_better(goal: Monitor) -> bool:
    """An accuracy should be large, a loss small."""
    return goal.endswith("accuracy")


def merit(figure: float, goal: Monitor) -> float:
    """A figure turned so that more is better."""
    return figure if is_more_better(goal) else -figure


def ranked(trials: Iterable[Trial], goal: Monitor) -> list[Trial]:
    """The trials, best first; behind those that are done come the pruned, the unfinished and the failed."""

    def key(trial: Trial) -> tuple[int, float, int]:
        figure = trial.figure
        good = merit(figure.mean, goal) if figure is not None else float("-inf")
        return _ORDER[trial.status], -good, trial.number

    return sorted(trials, key=key)


def overlap(a: Spread, b: Spread) -> bool:
    """The intervals mean ± standard deviation have something in common.

    A single seed tells nothing about its spread, so it takes the other's.
    """
    widths = (a.std if a.std is not None else b.std, b.std if b.std is not None else a.std)
    return abs(a.mean - b.mean) <= (widths[0] or 0.0) + (widths[1] or 0.0)


def as_good_as_best(best_first: Sequence[Trial]) -> list[Trial]:
    """The trials whose difference from the best one is within noise, without the best one itself."""
    done = [trial for trial in best_first if trial.status == "done" and trial.figure is not None]
    if len(done) < 2 or not any(_spread(trial).std is not None for trial in done):
        return []
    return [trial for trial in done[1:] if overlap(_spread(done[0]), _spread(trial))]


def verdict(best_first: Sequence[Trial]) -> str:
    """What may be said of the best trial, in a plain sentence; "" while fewer than two are done."""
    done = [trial for trial in best_first if trial.status == "done" and trial.figure is not None]
    if len(done) < 2:
        return ""
    best = done[0].name
    if all(_spread(trial).std is None for trial in done):
        return f"Best: {best}. With one seed each, the differences may be noise; 3 seeds would tell."
    alike = as_good_as_best(best_first)
    if not alike:
        return f"Best: {best}. Its lead is larger than the spread over seeds."
    if len(alike) == len(done) - 1:
        return f"Best: {best}. The difference from all others is within noise."
    names = "; ".join(trial.name for trial in alike[:NAMED])
    more = f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    return f"Best: {best}. The difference is within noise for {names}{more}."


def _spread(trial: Trial) -> Spread:
    figure = trial.figure
    assert figure is not None
    return figure
