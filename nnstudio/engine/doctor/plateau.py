"""Plateau: the loss stays where it is although there is much left to learn."""

from __future__ import annotations

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, loss_text

EPOCHS = 8
"""Epochs without a gain before it is called a plateau."""

LEAST_GAIN = 0.02
"""Share of its best train loss that a run ought to gain in so many epochs."""

LEFT = 0.1
"""Of the loss of guessing: below that there is little left to learn."""

WAVERING = 0.02
"""Range of the losses on the plateau, as a share of them, from which on steps overshoot."""

MEANING = (
    "A loss that goes up and down on the spot overshoots: smaller steps let it sink further. A loss that "
    "stands still has reached what this network and optimizer can do: more units, or an optimizer that "
    "adapts its steps, can go on."
)


def plateau(case: Case) -> Finding | None:
    """A train loss that has not got better for :data:`EPOCHS` epochs, with much left to learn."""
    losses = [record.train_loss for record in case.history]
    if len(losses) <= EPOCHS:
        return None
    best = min(losses)
    at = next(place for place, loss in enumerate(losses) if (1 - LEAST_GAIN) * loss <= best)
    if len(losses) - 1 - at < EPOCHS or best < LEFT * case.guess_loss:
        return None
    since, last, lately = case.history[at], case.history[-1], losses[-EPOCHS:]
    evidence = (
        f"Train loss {loss_text(since.train_loss)} in epoch {since.epoch}, "
        f"{loss_text(last.train_loss)} in epoch {last.epoch}."
    )
    spread = (max(lately) - min(lately)) / min(lately)
    figures = (
        Figure(f"Train loss in epoch {since.epoch}", since.train_loss),
        Figure("Best train loss", best),
        Figure("Range of the last epochs", spread),
        Figure("Loss of guessing", case.guess_loss),
    )
    smaller = remedies.lower_rate(case)
    other = (*remedies.adam(case), *remedies.hidden_layer(case), *remedies.wider(case))
    fixes = (smaller, *other) if spread > WAVERING else (*other, smaller)
    title = f"No progress since epoch {since.epoch}"
    return Finding("plateau", "caution", title, evidence, MEANING, figures, fixes)
