"""The confusion matrix: which class was taken for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.confidence import class_numbers
from nnstudio.errors import DataError

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


def confusion_difference(confusion: Ints, other: Ints) -> Floats:
    """How much larger a share of each actual class goes to each predicted one than in another matrix.

    Shares, so that matrices of parts of different sizes can be compared; on the same samples a
    difference times the row's sum is the difference of the counts.

    Returns:
        ``row_shares(confusion) − row_shares(other)``, ``(k, k)`` from −1 to 1.

    Raises:
        DataError: The matrices have different numbers of classes.
    """
    if confusion.shape != other.shape:
        raise DataError(
            "confusion matrices of different classes can't be compared",
            allowed=f"{len(confusion)} classes",
            received=f"{len(other)} classes",
            fix="compare runs on the same data set",
        )
    return row_shares(confusion) - row_shares(other)


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
