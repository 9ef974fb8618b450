"""Healthy: said too, so that silence never has to be read."""

from __future__ import annotations

from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, loss_text, percent

WINDOW = 5
"""Epochs that the trend is read from."""

CONVERGED = 0.02
"""Of the loss of guessing: from there on there is next to nothing left to learn."""

BEGUN = 0.98
"""Of the loss of guessing: after a single epoch no trend is known yet, but this much is a start."""

MEANING = "The loss gets smaller, and the numbers inside the network are in the usual range."


def healthy(case: Case) -> Finding | None:
    """A loss that falls, or has nowhere left to fall to; asked only where nothing else was found."""
    lately = case.history[-WINDOW:]
    if not lately:
        return None
    first, last = lately[0].train_loss, lately[-1].train_loss
    figures = [Figure("Train loss", last)]
    if lately[-1].val_loss is not None:
        figures.append(Figure("Val loss", lately[-1].val_loss))
    if case.statistics is not None:
        figures.append(Figure("Gradient norm", case.statistics.gradient_norm))
        if case.update_ratio is not None:
            figures.append(Figure("log10(update:weight)", case.update_ratio))
    now, guess, inside = f"Train loss {loss_text(last)}", case.guess_loss, _inside(case)
    if last < CONVERGED * guess:
        evidence = f"{now}: next to nothing is left to learn."
    elif len(lately) > 1 and last < first:
        evidence = f"Train loss {loss_text(first)} → {loss_text(last)} in {len(lately)} epochs{inside}."
    elif len(lately) == 1 and last < BEGUN * guess:
        evidence = f"{now}, by guessing {loss_text(guess)}{inside}."
    else:
        return None
    return Finding("healthy", "good", "Training looks healthy", evidence, MEANING, tuple(figures))


def _inside(case: Case) -> str:
    ratio = case.update_ratio
    return f", a step changes weights by {percent(10**ratio)}" if ratio is not None else ""
