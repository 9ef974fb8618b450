"""Overfitting: the network goes on to learn the training samples by heart."""

from __future__ import annotations

from statistics import median

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, loss_text

RISE = 1.1
"""The validation loss has to be a tenth above its best: from epoch to epoch it wavers by a few per cent."""

LEAST_RISE = 0.01
"""Of the loss of guessing: tiny losses may multiply without meaning anything."""

LEARNED = 0.9
"""Of the loss of guessing: whoever has learned less has learned nothing by heart either."""

EPOCHS = 3
"""The rise has to last so long, in validated epochs."""

STRONG_RISE = 1.3
"""From here on the sure way comes first: back to the best epoch."""

MEANING = (
    "Since that epoch the network gets better at the training samples and worse at samples it has not seen: "
    "it learns details that are chance. Penalties, dropout and more varied data make that harder; early "
    "stopping goes back to the best epoch."
)


def overfitting(case: Case) -> Finding | None:
    """A validation loss that has risen from its best while the training loss went on falling."""
    validated = [record for record in case.history if record.val_loss is not None]
    losses = [record.val_loss for record in validated if record.val_loss is not None]
    if len(losses) <= EPOCHS:
        return None
    at = losses.index(min(losses))
    best, last = validated[at], validated[-1]
    usual = min(losses[-1], median(losses[-EPOCHS:]))  # one bad epoch is not enough, one good one acquits
    if len(losses) - 1 - at < EPOCHS or last.train_loss >= best.train_loss:
        return None
    if last.train_loss > LEARNED * case.guess_loss:
        return None
    if usual < RISE * losses[at] or usual - losses[at] < LEAST_RISE * case.guess_loss:
        return None
    evidence = f"Val loss {loss_text(losses[at])} → {loss_text(losses[-1])}, train loss still falling."
    figures = (
        Figure("Best epoch", best.epoch),
        Figure("Val loss then", losses[at]),
        Figure("Val loss now", losses[-1]),
        Figure("Train loss then", best.train_loss),
        Figure("Train loss now", last.train_loss),
    )
    harder, stop = remedies.more_l2(case), remedies.stop_early(case)
    strong = usual > STRONG_RISE * losses[at]
    first = (*stop, *harder) if strong else (*harder, *stop)
    fixes = (*first, *remedies.vary_images(case), *remedies.dropout(case))
    title = f"Overfitting since epoch {best.epoch}"
    return Finding("overfitting", "caution", title, evidence, MEANING, figures, fixes)
