"""ROC and precision/recall curves: what every threshold on a score would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis.confusion import Floats
from nnstudio.engine.confidence import class_numbers


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Share of the positives found against share of the negatives taken for positives.

    Attributes:
        thresholds: Falling, ``(m,)``; the first, infinity, takes nothing for positive.
        false_positives: Share of the negatives with a score of at least the threshold, from 0 to 1; NaN
            without negatives.
        true_positives: Share of the positives likewise; NaN without positives.
    """

    thresholds: Floats
    false_positives: Floats
    true_positives: Floats

    @property
    def area(self) -> float:
        """Probability that a positive has a higher score than a negative, ties counting half.

        (Hanley & McNeil, "The meaning and use of the area under a receiver operating characteristic
        (ROC) curve", 1982.)
        """
        known = len(self.thresholds) > 1
        return float(np.trapezoid(self.true_positives, self.false_positives)) if known else float("nan")


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """How much of what is taken for positive is, against how much of the positives is found.

    Attributes:
        thresholds: Falling, ``(m,)``; the first, infinity, takes nothing for positive.
        precision: Share of what is taken for positive that is; 1 where nothing is.
        recall: Share of the positives that is found, from 0 to 1; NaN without positives.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats

    @property
    def area(self) -> float:
        """Average precision ``Σ (R_i − R_{i−1}) · P_i``, which doesn't interpolate between thresholds."""
        known = len(self.thresholds) > 1
        return float((np.diff(self.recall) * self.precision[1:]).sum()) if known else float("nan")


def roc_curve(scores: Any, positive: Any) -> RocCurve:
    """The ROC curve of scores, ``(N,)``, where ``positive`` ``(N,)`` says which samples are."""
    thresholds, found, taken = _counts(scores, positive)
    false = taken - found
    return RocCurve(thresholds, _of_all(false), _of_all(found))


def precision_recall_curve(scores: Any, positive: Any) -> PrecisionRecallCurve:
    """The precision/recall curve of scores, ``(N,)``, where ``positive`` ``(N,)`` says which samples are."""
    thresholds, found, taken = _counts(scores, positive)
    precision = np.where(taken > 0, found / np.maximum(taken, 1), 1.0)
    return PrecisionRecallCurve(thresholds, precision, _of_all(found))


def roc_curves(probabilities: NDArray[Any], labels: Any) -> tuple[RocCurve, ...]:
    """The ROC curve of each class against all others.

    Args:
        probabilities: ``(N, classes)``.
        labels: True class numbers, ``(N,)``.

    Raises:
        DataError: A label is no class.
    """
    classes = probabilities.shape[1]
    labels = class_numbers(labels, classes, "label")
    return tuple(roc_curve(probabilities[:, k], labels == k) for k in range(classes))


def precision_recall_curves(probabilities: NDArray[Any], labels: Any) -> tuple[PrecisionRecallCurve, ...]:
    """The precision/recall curve of each class against all others; arguments as in :func:`roc_curves`."""
    classes = probabilities.shape[1]
    labels = class_numbers(labels, classes, "label")
    return tuple(precision_recall_curve(probabilities[:, k], labels == k) for k in range(classes))


def _counts(scores: Any, positive: Any) -> tuple[Floats, Floats, Floats]:
    """Falling thresholds, positives at or above each, samples at or above each; the first is infinite."""
    scores = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))  # equal scores share one
    found = np.cumsum(np.asarray(positive, dtype=np.float64)[order])[last]
    infinite, nothing = [np.inf], [0.0]
    return (
        np.concatenate([infinite, falling[last]]),
        np.concatenate([nothing, found]),
        np.concatenate([nothing, last + 1.0]),
    )


def _of_all(counts: Floats) -> Floats:
    return counts / counts[-1] if counts[-1] else np.full_like(counts, np.nan)
