"""Learning-rate range test: which learning rates train a network, found in a hundred steps.

The rate grows from step to step by the same factor while the network trains, and the loss tells
(Smith, 2017, "Cyclical learning rates for training neural networks"): flat while the rate is too
small, falling where it is right, exploding where it is too large.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.batches import part_order
from nnstudio.data.dataset import Progress
from nnstudio.data.prepare import Prepared
from nnstudio.engine.state import TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import TrainingError

LOWEST, HIGHEST = 1e-6, 10.0
SMOOTHING = 0.9
"""Memory of the running mean of the losses, which is corrected for its start as Adam's is."""
EXPLODED = 3.0
"""The test ends where the smoothed loss is this many times the best one."""


@dataclass(frozen=True)
class RateTest:
    """What a range test found.

    Attributes:
        rates: Learning rate of each step, ``(n,)``, growing.
        losses: Mean loss of each step's batch, before the step, ``(n,)``.
        smoothed: Their running mean, ``(n,)``.
        suggestion: Rate at which the loss falls fastest, with two digits; None where it never falls.
        exploded: The loss grew beyond all bounds before the last rate was tried.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggestion: float | None
    exploded: bool


def find_learning_rate(
    project: ProjectSpec,
    data: Prepared,
    *,
    state: TrainerState | None = None,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = 120,
    progress: Progress | None = None,
) -> RateTest:
    """Runs the range test on weights of its own.

    Args:
        project: The recipe; its learning rate and schedule don't matter.
        data: The prepared data.
        state: Where to start, which is left as it is; None starts from fresh weights.
        lowest: First rate.
        highest: Last rate.
        steps: How many rates to try.
        progress: Told the share done; may raise ``Cancelled``.

    Raises:
        TrainingError: The range is empty or has fewer than 10 steps.
        ShapeError: The network has problems or doesn't fit the data.
    """
    if not 0 < lowest < highest or steps < 10:
        raise TrainingError(
            "a range of learning rates can't be tried",
            allowed="0 < lowest < highest, and at least 10 steps",
            received=f"{lowest:g} to {highest:g} in {steps} steps",
            fix="choose a wider range or more steps",
        )
    trainer = Trainer(project, data, None if state is None else _between_epochs(state))
    losses: list[float] = []
    smoothed: list[float] = []
    mean, exploded = 0.0, False
    rates = np.geomspace(lowest, highest, steps)
    batches = _batches(trainer)
    with np.errstate(all="ignore"):
        for number, rate in enumerate(rates):
            if progress is not None:
                shown = f"{rate:.2g}".replace("e-0", "e-")
                progress(f"Trying a learning rate of {shown}", number / steps)
            rows = next(batches)
            losses.append(trainer.step(rows, float(rate))[0] / len(rows))
            trainer.state.step += 1  # which Adam and the noise count by
            mean = SMOOTHING * mean + (1 - SMOOTHING) * losses[-1]
            smoothed.append(mean / (1 - SMOOTHING ** (number + 1)))
            exploded = not smoothed[-1] <= EXPLODED * min(smoothed)  # also where it is NaN
            if exploded:
                break
    tried = len(losses)
    curve = np.array(smoothed)
    return RateTest(rates[:tried], np.array(losses), curve, suggest(rates[:tried], curve), exploded)


def suggest(rates: NDArray[np.float64], smoothed: NDArray[np.float64]) -> float | None:
    """The rate at which the smoothed loss falls fastest per decade, before its lowest point.

    Args:
        rates: Growing learning rates, ``(n,)``.
        smoothed: The loss at each, ``(n,)``; the last ones may be NaN.

    Returns:
        The rate with two digits, or None if the loss never falls by a tenth.
    """
    known = np.isfinite(smoothed)
    rates, smoothed = rates[known], smoothed[known]
    if len(smoothed) < 5:
        return None
    lowest = int(smoothed.argmin())
    if lowest < 3 or smoothed[lowest] > 0.9 * smoothed[0]:
        return None
    slope = np.gradient(smoothed, np.log10(rates))
    rate = float(rates[int(slope[: lowest + 1].argmin())])
    return float(f"{rate:.1e}")


def _between_epochs(state: TrainerState) -> TrainerState:
    """A copy of a state that stands between two epochs, for any order of samples."""
    copy = state.copy()
    copy.batch, copy.seen, copy.hits, copy.loss_sum = 0, 0, 0, 0.0
    return copy


def _batches(trainer: Trainer) -> Iterator[NDArray[np.int64]]:
    """Batches of epoch after epoch, in the order that the run itself has."""
    n, epoch = len(trainer.data.train), 1
    while True:
        order = part_order(trainer.data.train, trainer.spec.seed, epoch)
        for batch in range(math.ceil(n / trainer.batch_size)):
            yield order[batch * trainer.batch_size : (batch + 1) * trainer.batch_size]
        epoch += 1
