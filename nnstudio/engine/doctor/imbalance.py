"""Unbalanced classes: rare ones hardly count."""

from __future__ import annotations

from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, set_train, short

MAX_RATIO = 4.0
"""Of the most frequent class to the rarest one. Two classes at 4 : 1 leave 20 % to the rarer, where Google's
machine-learning guide sees the step from mild to moderate imbalance."""

MEANING = (
    "The loss is a mean over the samples, so a class with few of them hardly counts, and a network does well "
    "by ignoring it; its accuracy hides that. Balanced class weights give every class the same total."
)


def imbalance(case: Case) -> Finding | None:
    """Classes of very different size, unless class weights make up for it."""
    counts = case.class_counts
    if len(counts) < 2 or case.project.train.class_weights is not None:
        return None
    most, least = counts.index(max(counts)), counts.index(min(counts))
    if counts[most] <= MAX_RATIO * counts[least]:
        return None
    evidence = f"{case.name_of(most)} has {counts[most]:,} samples, {case.name_of(least)} {counts[least]:,}"
    evidence += f": {short(counts[most] / counts[least])} to 1." if counts[least] else "."
    figures = tuple(Figure(case.name_of(k), count) for k, count in enumerate(counts))
    fixes = (set_train("class_weights", "balanced"),) if counts[least] else ()
    return Finding("imbalance", "caution", "Classes are unbalanced", evidence, MEANING, figures, fixes)
