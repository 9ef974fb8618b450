"""What an evaluation says about a classifier: confusion, per-class figures, mistakes.

Everything is computed from labels, predictions and probabilities in whole-array operations, so that
10,000 samples cost milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.confidence import Calibration, calibration, class_numbers
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.engine.model import Evaluation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def confusion_matrix(labels: Any, predictions: Any, classes: int) -> Ints:
    """Counts how often each class was taken for each.

    Args:
        labels: True class numbers, ``(N,)``.
        predictions: Predicted class numbers, ``(N,)``.
        classes: Number of classes ``k``.

    Returns:
        ``(k, k)``; row = actual class, column = predicted class.

    Raises:
        DataError: The lengths differ, or a number is no class.
    """
    labels = class_numbers(labels, classes, "label")
    predictions = class_numbers(predictions, classes, "prediction")
    if len(labels) != len(predictions):
        raise DataError(
            "labels and predictions can't be compared",
            allowed="as many predictions as labels",
            received=f"{len(labels)} labels and {len(predictions)} predictions",
        )
    counts = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


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


def accuracy(confusion: Ints) -> float:
    """Share of the samples on the diagonal; NaN without samples."""
    total = int(confusion.sum())
    return int(np.trace(confusion)) / total if total else float("nan")


def row_shares(confusion: Ints) -> Floats:
    """Each count as a share of its actual class, ``(k, k)``; 0 in a row without samples."""
    shares: Floats = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    return shares


def column_shares(confusion: Ints) -> Floats:
    """Each count as a share of its predicted class, ``(k, k)``; 0 in a column without predictions."""
    shares: Floats = confusion / np.maximum(confusion.sum(axis=0, keepdims=True), 1)
    return shares


@dataclass(frozen=True)
class Mistake:
    """One class taken for another.

    Attributes:
        actual: Class number of the samples.
        predicted: Class number they were taken for.
        count: How many.
        share: Of all samples of the actual class.
    """

    actual: int
    predicted: int
    count: int
    share: float


def frequent_mistakes(confusion: Ints, limit: int | None = None) -> tuple[Mistake, ...]:
    """The cells off the diagonal that hold samples, most frequent first.

    Equal counts are ordered by the share of their row, then by class number.

    Args:
        confusion: ``(k, k)``, rows = actual.
        limit: How many at most; None for all.
    """
    shares = row_shares(confusion)
    actual, predicted = np.nonzero(confusion - np.diag(np.diagonal(confusion)))
    order = np.lexsort((-shares[actual, predicted], -confusion[actual, predicted]))[:limit]
    return tuple(
        Mistake(int(i), int(j), int(confusion[i, j]), float(shares[i, j]))
        for i, j in zip(actual[order], predicted[order], strict=True)
    )


@dataclass(frozen=True, eq=False)
class Analysis:
    """An evaluation with everything that is derived from it.

    Attributes:
        loss: Mean loss over the samples.
        labels: True class numbers, ``(N,)``.
        predictions: Predicted class numbers, ``(N,)``.
        probabilities: ``(N, k)``.
        confidences: Probability of the predicted class, ``(N,)``.
        confusion: ``(k, k)``, rows = actual.
        metrics: Figures of each class.
        calibration: Confidence against accuracy.
    """

    loss: float
    labels: Ints
    predictions: Ints
    probabilities: NDArray[np.float32]
    confidences: NDArray[np.float32]
    confusion: Ints
    metrics: ClassMetrics
    calibration: Calibration

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.labels)

    @property
    def errors(self) -> int:
        """Number of samples classified wrongly."""
        return self.samples - int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of samples classified correctly."""
        return accuracy(self.confusion)

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All kinds of mistakes, most frequent first."""
        return frequent_mistakes(self.confusion)

    def members(self, actual: int, predicted: int) -> Ints:
        """Positions of the samples in one cell of the matrix, surest prediction first."""
        return self._surest_first((self.labels == actual) & (self.predictions == predicted))

    def mistaken(self, actual: int) -> Ints:
        """Positions of a class's samples that were taken for another, surest prediction first."""
        return self._surest_first((self.labels == actual) & (self.predictions != actual))

    def _surest_first(self, chosen: NDArray[np.bool_]) -> Ints:
        found = np.flatnonzero(chosen).astype(np.int64)
        return found[np.argsort(-self.confidences[found], kind="stable")]


def analyse(evaluation: Evaluation) -> Analysis:
    """Derives everything from an evaluation."""
    classes = evaluation.probabilities.shape[1]
    predictions = evaluation.predictions
    confusion = confusion_matrix(evaluation.labels, predictions, classes)
    return Analysis(
        loss=evaluation.loss,
        labels=evaluation.labels,
        predictions=predictions,
        probabilities=evaluation.probabilities,
        confidences=evaluation.probabilities.max(axis=1),
        confusion=confusion,
        metrics=class_metrics(confusion),
        calibration=calibration(evaluation.probabilities, evaluation.labels),
    )


def _share(part: Floats, whole: Ints, known: NDArray[np.bool_]) -> Floats:
    return np.where(known, part / np.maximum(whole, 1), np.nan)


def _mean_of_known(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
