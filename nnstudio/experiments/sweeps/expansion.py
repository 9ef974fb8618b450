"""From a sweep set-up to combinations of values: a function of the set-up and its seed alone."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.core.spec import ProjectSpec
from nnstudio.core.sweep_check import check_sweep
from nnstudio.core.sweep_spec import MAX_TRIALS, SweepSpec, Value, Vary, value_text
from nnstudio.errors import SpecError

GRID_POINTS = 5
"""Values that a grid takes of a range without a step."""
SHUFFLED = 100_000
"""Up to so many combinations a search never draws one twice."""
DIGITS = 4
"""Significant digits of drawn numbers, so that a run's name tells them exactly."""

Combination = dict[str, Value]
"""A value per dotted path."""


@dataclass(frozen=True)
class Axis:
    """One setting that varies.

    Attributes:
        vary: Over what.
        whole: It takes whole numbers only.
    """

    vary: Vary
    whole: bool

    def values(self) -> tuple[Value, ...] | None:
        """All its values, or None where there is anything in between."""
        vary = self.vary
        if vary.kind == "list":
            return vary.values
        low, high = _ends(vary)
        step = vary.step or (1.0 if self.whole and vary.kind == "range" else None)
        if step is None or (high - low) / step >= SHUFFLED:
            return None
        steps = math.floor((high - low) / step + 1e-9)
        return self._tidy([low + k * step for k in range(steps + 1)])

    def grid(self) -> tuple[Value, ...]:
        """The values that a grid takes."""
        values = self.values()
        if values is not None and (self.vary.kind == "list" or self.vary.step is not None):
            return values
        low, high = _ends(self.vary)
        spaced = np.geomspace if self.vary.kind == "log" else np.linspace
        return self._tidy([float(value) for value in spaced(low, high, GRID_POINTS)])

    def draw(self, random: np.random.Generator) -> Value:
        """A random value."""
        values = self.values()
        if values is not None:
            return values[int(random.integers(len(values)))]
        low, high = _ends(self.vary)
        if self.vary.kind == "log":
            return self.tidy(math.exp(random.uniform(math.log(low), math.log(high))))
        return self.tidy(random.uniform(low, high))

    def tidy(self, value: float) -> Value:
        """A number of the range, rounded and inside it."""
        low, high = _ends(self.vary)
        rounded = round(value) if self.whole else float(f"{value:.{DIGITS}g}")
        inside = min(max(rounded, low), high)
        return int(inside) if self.whole else inside

    def _tidy(self, numbers: list[float]) -> tuple[Value, ...]:
        low, high = _ends(self.vary)
        digits = DIGITS if self.vary.kind == "log" else 10
        rounded = [round(x) if self.whole else float(f"{x:.{digits}g}") for x in numbers]
        return tuple(dict.fromkeys(min(max(x, low), high) if not self.whole else x for x in rounded))


def axes_of(project: ProjectSpec) -> tuple[Axis, ...]:
    """What the project's sweep varies.

    Raises:
        SpecError: The sweep doesn't fit the project.
    """
    settings = check_sweep(project)
    pairs = zip(project.sweep.vary, settings, strict=True)
    return tuple(Axis(vary, setting.row.kind == "int") for vary, setting in pairs)


def trial_count(sweep: SweepSpec, axes: tuple[Axis, ...]) -> int:
    """How many trials the sweep has.

    Raises:
        SpecError: They are too many.
    """
    possible = _possible(axes)
    if sweep.strategy != "grid":
        return min(sweep.trials, possible) if possible is not None else sweep.trials
    size = math.prod(len(axis.grid()) for axis in axes)
    if size > MAX_TRIALS:
        raise SpecError(
            "the grid has too many combinations",
            allowed=f"at most {MAX_TRIALS:,}",
            received=f"{size:,}",
            fix="vary fewer values, or use the strategy random or tpe",
        )
    return size


def grid(axes: tuple[Axis, ...]) -> list[Combination]:
    """Every combination; the last setting changes fastest."""
    paths = [axis.vary.path for axis in axes]
    every = itertools.product(*(axis.grid() for axis in axes))
    return [dict(zip(paths, values, strict=True)) for values in every]


def drawn(axes: tuple[Axis, ...], seed: int, number: int) -> Combination:
    """The random combination of a trial: the same whatever was drawn before.

    Where there are finitely many combinations, no two trials share one.

    Args:
        axes: What varies.
        seed: Seed of the search.
        number: Number of the trial, from 0.
    """
    possible = _possible(axes)
    if possible is None:
        random = np.random.default_rng([seed, number])
        return {axis.vary.path: axis.draw(random) for axis in axes}
    place = int(np.random.default_rng(seed).permutation(possible)[number % possible])
    combination: Combination = {}
    for axis in reversed(axes):
        values = axis.values() or ()
        place, at = divmod(place, len(values))
        combination[axis.vary.path] = values[at]
    return {axis.vary.path: combination[axis.vary.path] for axis in axes}


def short_names(paths: list[str]) -> dict[str, str]:
    """The shortest ends of dotted paths that tell them apart: ``learning_rate``, ``dense_1.units``."""
    names = {}
    for path in paths:
        parts = path.split(".")
        ends = (".".join(parts[-length:]) for length in range(1, len(parts) + 1))
        others = [other for other in paths if other != path]
        names[path] = next(
            (end for end in ends if not any(f".{other}".endswith(f".{end}") for other in others)), path
        )
    return names


def combination_text(combination: dict[str, Any]) -> str:
    """``learning_rate=0.01, units=32``: the varied values name the trial."""
    names = short_names(list(combination))
    return ", ".join(f"{names[path]}={value_text(value)}" for path, value in combination.items())


def _possible(axes: tuple[Axis, ...]) -> int | None:
    """Number of possible combinations; None where there are too many to list."""
    sizes = [axis.values() for axis in axes]
    if any(values is None for values in sizes):
        return None
    size = math.prod(len(values) for values in sizes if values is not None)
    return size if size <= SHUFFLED else None


def _ends(vary: Vary) -> tuple[float, float]:
    assert vary.low is not None
    assert vary.high is not None
    return vary.low, vary.high
