"""Schedules: the learning rate of every step, as a pure function of the step and the run's history.

A schedule keeps no state, so a run that is resumed at any step has the rate it would have had.
The formulas are written once, over an array of steps: an epoch's rates are computed when it begins,
and a preview asks for the whole curve.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.fields import field
from nnstudio.core.spec import SCHEDULES, ScheduleSpec, TrainSpec
from nnstudio.core.train_spec import Monitor
from nnstudio.optim.monitor import Record, figures

Rates = NDArray[np.float64]
Steps = NDArray[np.int64]

WARM_UP_START = 0.01
"""Share of the rate that a warm-up begins with."""


@dataclass(frozen=True)
class Length:
    """How long a run is.

    Attributes:
        batches: Steps in an epoch.
        epochs: Epochs of the whole run.
    """

    batches: int
    epochs: int

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.batches * self.epochs


class Schedule(ScheduleSpec):
    """How the learning rate changes over a run."""

    @abstractmethod
    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """The learning rate of each of ``steps``.

        Args:
            base: The recipe's learning rate.
            steps: Numbers of steps over the whole run, from 0.
            length: How long the run is.
            history: Records of the completed epochs. Those behind a step don't count for it.

        Returns:
            One rate per step, all greater than 0 as long as the schedule's last rate is.
        """

    def rate(
        self, base: float, step: int, batches: int, epochs: int, history: Sequence[Record] = ()
    ) -> float:
        """The learning rate of one step (from 0) in a run of ``epochs`` epochs of ``batches`` steps."""
        return float(self.rates(base, np.array([step]), Length(batches, epochs), history)[0])


@SCHEDULES.register
class Constant(Schedule):
    """The same learning rate throughout."""

    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """``α``."""
        return np.full(len(steps), base)


@SCHEDULES.register
class Step(Schedule):
    """Multiplies the rate by a factor every few epochs: ``α·factor^⌊epoch / every⌋``."""

    factor: float = field(0.5, help="What the rate is multiplied by.", gt=0, le=1, step=0.1)
    every: int = field(5, help="Epochs between two changes.", ge=1, le=1_000_000, unit="epochs")

    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """See the class; the epoch counts from 0."""
        return base * np.power(self.factor, steps // length.batches // self.every)


@SCHEDULES.register
class Exponential(Schedule):
    """Falls smoothly by the same share in every epoch: ``α·factor^(step / steps per epoch)``."""

    factor: float = field(0.9, help="What one epoch multiplies the rate by.", gt=0, le=1, step=0.01)

    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """See the class."""
        return base * np.power(self.factor, steps / length.batches)


@SCHEDULES.register
class Cosine(Schedule):
    """Falls along half a cosine over the whole run (Loshchilov & Hutter, 2017, without restarts).

    ``α·(f + (1−f)·(1 + cos(π·step / steps)) / 2)`` with the floor ``f``.
    """

    floor: float = field(
        0.0, help="Share of the learning rate that is left at the end.", ge=0, le=1, step=0.01
    )

    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """See the class."""
        done = np.minimum(steps / length.steps, 1.0)
        return base * (self.floor + (1 - self.floor) * _half_cosine(done))


@SCHEDULES.register
class OneCycle(Schedule):
    """Rises to a multiple of the rate and falls far below it, both along half a cosine (Smith, 2018).

    The run begins with the learning rate itself. A rise that takes ``r`` of all ``S`` steps ends at
    step ``rS − 1``, and the last step, ``S − 1``, has the final rate.
    """

    peak: float = field(10.0, help="Largest rate, in learning rates.", ge=1, le=10_000, log=True)
    rise: float = field(0.3, help="Share of the run in which the rate rises.", ge=0, le=1, step=0.05)
    final: float = field(1e-4, help="Last rate, in learning rates.", ge=0, le=1, log=True)

    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """See the class."""
        top, last = self.rise * length.steps - 1, length.steps - 1
        up = np.clip(steps / top if top > 0 else np.ones(len(steps)), 0, 1)
        down = np.clip((steps - top) / (last - top) if last > top else np.zeros(len(steps)), 0, 1)
        rising = self.peak + (1 - self.peak) * _half_cosine(up)
        falling = self.final + (self.peak - self.final) * _half_cosine(down)
        return base * np.where(steps <= top, rising, falling)


@SCHEDULES.register
class ReduceOnPlateau(Schedule):
    """Multiplies the rate by a factor whenever a figure has not improved for some epochs."""

    factor: float = field(0.5, help="What the rate is multiplied by.", gt=0, lt=1, step=0.1)
    patience: int = field(
        3, help="Epochs without improvement before the rate falls.", ge=1, le=10_000, unit="epochs"
    )
    min_delta: float = field(
        1e-4, label="Least gain", help="Smaller changes don't count as improvement.", ge=0, le=1e6, log=True
    )
    min_rate: float = field(0.0, label="Least rate", help="The rate never falls below it.", ge=0, le=1e6)
    monitor: Monitor = field(
        "val_loss", help="What has to improve. Without validation data the training figure is used."
    )

    def rates(self, base: float, steps: Steps, length: Length, history: Sequence[Record] = ()) -> Rates:
        """``max(α·factor^k, least rate)`` after ``k`` plateaus; an epoch that nobody judged doesn't count."""
        epochs = np.minimum(steps // length.batches, len(history))
        falls: Steps = np.array(self._falls(history))[epochs]
        rates: Rates = base * np.power(self.factor, falls)
        return np.maximum(rates, min(self.min_rate, base))

    def _falls(self, history: Sequence[Record]) -> list[int]:
        """How often the rate has fallen, before the first epoch and after each one."""
        best, waited, falls = math.inf, 0, [0]
        for figure in figures(history, self.monitor):
            falls.append(falls[-1])
            if figure is None:
                continue
            waited += 1
            if figure < best - self.min_delta:
                best, waited = figure, 0
            elif waited >= self.patience:
                falls[-1] += 1
                waited = 0
        return falls


def epoch_rates(recipe: TrainSpec, batches: int, epoch: int, history: Sequence[Record]) -> Rates:
    """The learning rate of every step of an epoch, with warm-up.

    Args:
        recipe: The training recipe.
        batches: Steps in an epoch.
        epoch: Number of the epoch, from 0.
        history: Records of the epochs before it.
    """
    first = epoch * batches
    return _rates(recipe, np.arange(first, first + batches), batches, history)


def curve(
    recipe: TrainSpec, batches: int, history: Sequence[Record] = (), points: int = 500
) -> tuple[Rates, Rates]:
    """The learning rate over the whole run, for a plot.

    Args:
        recipe: The training recipe.
        batches: Steps in an epoch.
        history: Records of the completed epochs; the others are taken to bring no plateau.
        points: Most points to compute.

    Returns:
        Positions in epochs, from 0, and the rates there.
    """
    last = recipe.epochs * batches - 1
    steps = np.linspace(0, last, min(points, last + 1)).astype(np.int64)  # at least 1 apart: all differ
    return steps / batches, _rates(recipe, steps, batches, history)


def _rates(recipe: TrainSpec, steps: Steps, batches: int, history: Sequence[Record]) -> Rates:
    schedule = cast(Schedule, recipe.schedule)
    rates = schedule.rates(recipe.learning_rate, steps, Length(batches, recipe.epochs), history)
    warm = recipe.warmup * batches  # steps
    if warm > 0:
        rates = rates * (WARM_UP_START + (1 - WARM_UP_START) * np.minimum(steps / warm, 1.0))
    return rates


def _half_cosine(done: Rates) -> Rates:
    """From 1 to 0 while ``done`` goes from 0 to 1."""
    return (1 + np.cos(np.pi * done)) / 2
