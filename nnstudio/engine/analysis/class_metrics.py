"""Precision, recall and F1 of each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis.confusion import Floats, Ints


@dataclass(frozen=True, eq=False)
class ClassMetrics:
    """Figures of each class, ``(k,)`` each, with the conventions of scikit-learn.

    With ``TP`` true positives, ``FP`` false positives and ``FN`` false negatives of a class
    (van Rijsbergen, "Information Retrieval", 1979, chapter 7):

    * precision ``TP / (TP + FP)``: of what was taken for the class, the share that is;
    * recall ``TP / (TP + FN)``: of what is the class, the share that was found;
    * F1 ``2 TP / (2 TP + FP + FN)``, their harmonic mean.

    ``0 / 0`` counts as 0: a class that was never predicted has precision 0. A class that is neither
    among the labels nor among the predictions has no figures: NaN, and it is left out of the averages.

    Attributes:
        precision: Share of the predictions that are right.
        recall: Share of the samples that were found.
        f1: Harmonic mean of both.
        support: Number of samples.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: Ints

    @property
    def macro_precision(self) -> float:
        """Plain mean over the classes that occur; NaN where none does."""
        return _mean_of_known(self.precision)

    @property
    def macro_recall(self) -> float:
        """Plain mean over the classes that occur; NaN where none does."""
        return _mean_of_known(self.recall)

    @property
    def macro_f1(self) -> float:
        """Mean of the classes' F1 (not the F1 of the means); NaN where no class occurs."""
        return _mean_of_known(self.f1)


def class_metrics(confusion: Ints) -> ClassMetrics:
    """Precision, recall, F1 and support of each class of a confusion matrix."""
    hits = np.diagonal(confusion).astype(np.float64)
    support = confusion.sum(axis=1)
    predicted = confusion.sum(axis=0)
    occurs = (support + predicted) > 0
    return ClassMetrics(
        precision=_share(hits, predicted, occurs),
        recall=_share(hits, support, occurs),
        f1=_share(2 * hits, support + predicted, occurs),
        support=support,
    )


def _share(part: Floats, whole: Ints, known: NDArray[np.bool_]) -> Floats:
    return np.where(known, part / np.maximum(whole, 1), np.nan)


def _mean_of_known(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
