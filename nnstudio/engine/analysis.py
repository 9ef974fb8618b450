"""What an evaluation says about a classifier: confusion, per-class figures, calibration, mistakes.

Everything is computed from labels, predictions and probabilities in whole-array operations, so that
10,000 samples cost milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.engine.model import Evaluation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CALIBRATION_BINS = 15
"""As in Guo et al. (2017), whose figures others compare with."""


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
    labels = _class_numbers(labels, classes, "label")
    predictions = _class_numbers(predictions, classes, "prediction")
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


def top_k_accuracy(probabilities: NDArray[Any], labels: Any, k: int) -> float:
    """Share of the samples whose class is among the ``k`` most probable ones.

    A class that ties with the label counts in its favour only if its number is smaller, as for
    ``argmax``, so that ``k = 1`` is the accuracy.

    Args:
        probabilities: ``(N, classes)``.
        labels: True class numbers, ``(N,)``.
        k: At least 1; from the number of classes on the result is 1.

    Raises:
        DataError: ``k`` is less than 1, or a label is no class.
    """
    if k < 1:
        raise DataError("top-k accuracy needs a number of places", allowed="1 or more", received=str(k))
    labels = _class_numbers(labels, probabilities.shape[1], "label")
    if not len(labels):
        return float("nan")
    own = np.take_along_axis(probabilities, labels[:, None], axis=1)
    before = np.arange(probabilities.shape[1]) < labels[:, None]
    ahead = (probabilities > own) | ((probabilities == own) & before)
    return float((ahead.sum(axis=1) < k).mean())


@dataclass(frozen=True, eq=False)
class Calibration:
    """Whether the probability of a prediction is the share of such predictions that are right.

    The predictions are put into bins of equal width by their confidence, the largest probability.

    Attributes:
        confidence: Mean confidence of each bin, ``(bins,)``; NaN where a bin is empty.
        accuracy: Share of hits of each bin; NaN where a bin is empty.
        counts: Predictions in each bin.
    """

    confidence: Floats
    accuracy: Floats
    counts: Ints

    @property
    def error(self) -> float:
        """Expected calibration error: ``Σ_b (n_b / N) · |accuracy_b − confidence_b|``.

        Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning"
        (2015); Guo et al., "On calibration of modern neural networks" (2017), equation 3.
        """
        return self._weighted(np.abs(self.accuracy - self.confidence))

    @property
    def overconfidence(self) -> float:
        """Mean confidence minus accuracy: positive where the network is surer than it is right."""
        return self._weighted(self.confidence - self.accuracy)

    def _weighted(self, gaps: Floats) -> float:
        total = int(self.counts.sum())
        filled = self.counts > 0
        return float((gaps[filled] * self.counts[filled]).sum() / total) if total else float("nan")


def calibration(probabilities: NDArray[Any], labels: Any, bins: int = CALIBRATION_BINS) -> Calibration:
    """Confidence against accuracy in ``bins`` bins ``(b/bins, (b+1)/bins]`` of the confidence.

    Args:
        probabilities: ``(N, classes)``.
        labels: True class numbers, ``(N,)``.
        bins: Number of bins, at least 1.

    Raises:
        DataError: ``bins`` is less than 1, or a label is no class.
    """
    if bins < 1:
        raise DataError("calibration needs bins", allowed="1 or more", received=str(bins))
    labels = _class_numbers(labels, probabilities.shape[1], "label")
    confidence = probabilities.max(axis=1).astype(np.float64)
    hits = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    bin_of = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    filled = np.where(counts > 0, counts, np.nan)
    return Calibration(
        confidence=np.bincount(bin_of, confidence, bins) / filled,
        accuracy=np.bincount(bin_of, hits, bins) / filled,
        counts=counts.astype(np.int64),
    )


def expected_calibration_error(
    probabilities: NDArray[Any], labels: Any, bins: int = CALIBRATION_BINS
) -> float:
    """The expected calibration error; see :attr:`Calibration.error`."""
    return calibration(probabilities, labels, bins).error


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


def _class_numbers(values: Any, classes: int, what: str) -> Ints:
    numbers = np.asarray(values)
    if numbers.size == 0:
        return np.zeros(0, np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise DataError(
            f"a {what} is no class number",
            allowed="whole numbers in one dimension",
            received=f"{numbers.dtype} of shape {numbers.shape}",
        )
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= classes:
        raise DataError(
            f"a {what} is no class", allowed=f"0 to {classes - 1}", received=str(low if low < 0 else high)
        )
    return numbers.astype(np.int64)
