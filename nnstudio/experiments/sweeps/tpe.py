"""Combinations that learn from earlier trials: Optuna's tree-structured Parzen estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnstudio.core.sweep_spec import SweepSpec
from nnstudio.experiments.sweeps.expansion import Axis, Combination, drawn

STARTUP = 10
"""Trials drawn at random before there is enough to learn from."""


def suggested(
    sweep: SweepSpec,
    axes: tuple[Axis, ...],
    number: int,
    known: Sequence[tuple[Combination, float]],
    others: Sequence[Combination],
) -> Combination:
    """The combination of a trial, from what is known at that moment and nothing else.

    Args:
        sweep: The set-up.
        axes: What varies.
        number: Number of the trial, from 0.
        known: Combinations that were tried, and how good they were (more is better).
        others: Combinations that are being tried.
    """
    taken = [combination for combination, _ in known] + list(others)
    if number >= STARTUP and known:
        found = _ask(sweep.seed + number, axes, known, others)
        if found not in taken:
            return found
    fresh = (drawn(axes, sweep.seed, number + further) for further in range(max(1, sweep.trials)))
    return next(
        (combination for combination in fresh if combination not in taken), taken[-1] if taken else {}
    )


def _ask(
    seed: int,
    axes: tuple[Axis, ...],
    known: Sequence[tuple[Combination, float]],
    others: Sequence[Combination],
) -> Combination:
    import optuna  # imported late: most sweeps don't need it
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {axis.vary.path: _distribution(axis) for axis in axes}
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=1, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    tried: list[tuple[Combination, TrialState, float | None]] = []
    tried += [(combination, TrialState.COMPLETE, value) for combination, value in known]
    tried += [(combination, TrialState.RUNNING, None) for combination in others]
    for combination, state, value in tried:
        params = {axis.vary.path: _place(axis, combination[axis.vary.path]) for axis in axes}
        study.add_trial(create_trial(params=params, distributions=space, value=value, state=state))
    asked = study.ask(space).params
    return {axis.vary.path: _value(axis, asked[axis.vary.path]) for axis in axes}


def _ordered(axis: Axis) -> tuple[Any, ...] | None:
    """The numbers of a list, lowest first, so that neighbours count as such; None for other lists."""
    values = axis.vary.values
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return tuple(sorted(values)) if numbers else None


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    vary = axis.vary
    if vary.kind == "list":
        ordered = _ordered(axis)
        last = len(vary.values) - 1
        return IntDistribution(0, last) if ordered else CategoricalDistribution(tuple(range(last + 1)))
    values = axis.values()
    if values is not None:
        return IntDistribution(0, len(values) - 1)
    assert vary.low is not None
    assert vary.high is not None
    if axis.whole:
        return IntDistribution(int(vary.low), int(vary.high), log=vary.kind == "log")
    return FloatDistribution(vary.low, vary.high, log=vary.kind == "log")


def _listed(axis: Axis) -> tuple[Any, ...] | None:
    """The values that the search knows by their place."""
    return (_ordered(axis) or axis.vary.values) if axis.vary.kind == "list" else axis.values()


def _place(axis: Axis, value: Any) -> Any:
    listed = _listed(axis)
    return value if listed is None else listed.index(value)


def _value(axis: Axis, asked: Any) -> Any:
    listed = _listed(axis)
    return axis.tidy(asked) if listed is None else listed[asked]
