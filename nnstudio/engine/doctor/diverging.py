"""Diverging: the loss goes up instead of down."""

from __future__ import annotations

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, loss_text

RISE = 2.0
"""The train loss has to be twice its best, or twice that of the fresh network; less happens in noisy runs
that go on well."""

LEAST_RISE = 0.25
"""Of the loss of guessing: doubling from 0.001 to 0.002 is no drama."""

MEANING = (
    "Each step goes down the slope of the loss as it is here. Steps that are too long land higher up on the "
    "other side, where the slope is steeper still, and so the loss grows from step to step."
)


def diverging(case: Case) -> Finding | None:
    """A mean train loss of the last epoch that is far above one that the run has had."""
    last = case.last
    if last is None:
        return None
    losses = {f"in epoch {record.epoch}": record.train_loss for record in case.history[:-1]}
    if case.start_loss is not None:
        losses["at the beginning"] = case.start_loss
    if not losses:
        return None
    then = min(losses, key=lambda when: losses[when])
    best = losses[then]
    if last.train_loss <= RISE * best or last.train_loss - best <= LEAST_RISE * case.guess_loss:
        return None
    evidence = f"Train loss {loss_text(best)} {then}, {loss_text(last.train_loss)} in epoch {last.epoch}."
    if last.train_loss > case.guess_loss:
        evidence = f"{evidence[:-1]}; guessing gives {loss_text(case.guess_loss)}."
    figures = (
        Figure(f"Train loss in epoch {last.epoch}", last.train_loss),
        Figure("Smallest train loss before", best),
        Figure("Loss of guessing", case.guess_loss),
        Figure("Learning rate", last.learning_rate),
    )
    fixes = (*remedies.scale_inputs(case), remedies.lower_rate(case), *remedies.clip(case))
    return Finding("diverging", "error", "Training diverges", evidence, MEANING, figures, fixes)
