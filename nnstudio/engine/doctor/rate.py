"""Learning rates that are too high or too low, told by how much a step changes the weights."""

from __future__ import annotations

import math
from itertools import pairwise

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import LOW_RATIO, Case
from nnstudio.engine.doctor.finding import Figure, Finding, loss_text, percent

ABSURD_RATIO = -1.0
"""A step that changes the weights by a tenth forgets what it learned. Small networks often train well a
little above the usual band, so below this ratio a symptom has to come with long steps."""

RISE = 0.02
"""A train loss that goes up between two epochs by so much of the loss of guessing: more than noise."""

RISES, WINDOW = 2, 5
"""So many of them among the last epochs: one alone happens to everybody."""

SLOW = 0.05
"""Share of its train loss that a run ought to gain per epoch while it has learned next to nothing."""

LEARNED = 0.5
"""Of the loss of guessing: below that, small steps may be a fine adjustment."""

HIGH_MEANING = (
    "A step that changes the weights by much more than 1 % goes further than the slope it follows holds: "
    "the loss jumps instead of settling. A smaller learning rate, or one that falls over the run, settles it."
)
LOW_MEANING = (
    "A step that changes the weights by less than 0.01 % needs thousands of steps to change anything. The "
    "loss falls, but the run will end long before it has learned what it could."
)


def rate_high(case: Case) -> Finding | None:
    """Steps above the band while the train loss goes up and down, or steps that are absurdly long."""
    ratio, losses = case.update_ratio, [record.train_loss for record in case.history[-WINDOW:]]
    if ratio is None or not case.long_steps or not losses:
        return None
    rises = [after - before for before, after in pairwise(losses)]
    jumps = [rise for rise in rises if rise > RISE * case.guess_loss]
    if ratio <= ABSURD_RATIO and len(jumps) < RISES:
        return None
    evidence = f"A step changes the weights by {percent(10**ratio)}; 0.1% is usual."
    if len(jumps) >= RISES:
        evidence += f" Train loss rose {len(jumps)} times in {len(losses)} epochs."
    figures = (
        Figure("log10(update:weight)", ratio),
        Figure("Rises of the train loss", len(jumps)),
        Figure("Largest rise", max(rises, default=0.0)),
        Figure("Learning rate", case.history[-1].learning_rate),
    )
    fixes = (remedies.learning_rate(case, 0.1, 1 / 3), *remedies.clip(case))
    return Finding("rate_high", "caution", "Learning rate is high", evidence, HIGH_MEANING, figures, fixes)


def rate_low(case: Case) -> Finding | None:
    """Steps below the band while the train loss is high and falls slowly."""
    ratio, losses = case.update_ratio, [record.train_loss for record in case.history[-WINDOW:]]
    if ratio is None or not -math.inf < ratio < LOW_RATIO or len(losses) < 2:  # no rate moves a gradient of 0
        return None
    annealed = case.history[-1].learning_rate < 0.5 * case.project.train.learning_rate
    learned = losses[-1] < LEARNED * case.guess_loss
    gain = 1 - (losses[-1] / losses[0]) ** (1 / (len(losses) - 1)) if losses[0] > 0 else 0.0
    if annealed or learned or gain > SLOW:
        return None
    evidence = f"A step changes the weights by {percent(10**ratio)}; 0.1% is usual."
    evidence += f" Train loss {loss_text(losses[0])} → {loss_text(losses[-1])} in {len(losses)} epochs."
    figures = (
        Figure("log10(update:weight)", ratio),
        Figure("Gain per epoch", gain),
        Figure("Loss of guessing", case.guess_loss),
        Figure("Learning rate", case.history[-1].learning_rate),
    )
    fixes = (remedies.learning_rate(case, 3, 100), *remedies.adam(case))
    return Finding("rate_low", "caution", "Learning rate is low", evidence, LOW_MEANING, figures, fixes)
