"""Chance level: the network does no better than naming the most frequent class."""

from __future__ import annotations

import math

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, ProjectFix, percent

EPOCHS, STEPS = 3, 100
"""A run gets so many of both before it is judged."""

ERRORS = 3.0
"""Standard errors of the accuracy: guessing reaches more in one case of a thousand."""

NO_GAIN = 0.97
"""Of the loss of guessing: below that the network has learned something that its hits don't show yet."""

MEANING = (
    "So far the outputs say nothing about the sample. The steps may be too short or too long, the network "
    "may be unable to tell the classes apart, or labels and samples may not belong together: look at some "
    "samples with their labels on the Data page."
)


def chance(case: Case) -> Finding | None:
    """Accuracy within the noise of guessing and a loss to match, after enough training."""
    last = case.last
    if last is None or not case.samples or last.epoch < EPOCHS or case.steps < STEPS:
        return None
    name, loss, accuracy, samples = "Train", last.train_loss, last.train_accuracy, case.samples
    if last.val_loss is not None and last.val_accuracy is not None and case.validation_samples:
        name, loss, accuracy, samples = "Val", last.val_loss, last.val_accuracy, case.validation_samples
    guess = case.guess_accuracy
    noise = math.sqrt(guess * (1 - guess) / samples)
    if accuracy > guess + ERRORS * noise or loss < NO_GAIN * case.guess_loss:
        return None
    evidence = (
        f"{name} accuracy {percent(accuracy)} after {last.epoch} epochs; "
        f"always naming the most frequent class gives {percent(guess)}."
    )
    figures = (
        Figure(f"{name} accuracy", accuracy),
        Figure("Accuracy of guessing", guess),
        Figure(f"{name} loss", loss),
        Figure("Loss of guessing", case.guess_loss),
        Figure("Train accuracy", last.train_accuracy),
    )
    fixes = (*remedies.hidden_layer(case), *remedies.adam(case), _other_rate(case))
    return Finding("chance", "error", "No better than guessing", evidence, MEANING, figures, fixes)


def _other_rate(case: Case) -> ProjectFix:
    """A lower learning rate, or a higher one where steps are short."""
    ratio = case.update_ratio
    short_steps = ratio is not None and ratio < remedies.RATIO_GOAL
    return remedies.learning_rate(case, 3, 100) if short_steps else remedies.lower_rate(case)
