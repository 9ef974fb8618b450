"""What a classifier's probabilities are worth: top-k accuracy and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CALIBRATION_BINS = 15
"""As in Guo et al. (2017), whose figures others compare with."""


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
    labels = class_numbers(labels, probabilities.shape[1], "label")
    if not len(labels):
        return float("nan")
    scores = np.where(np.isnan(probabilities), np.inf, probabilities)  # NaN counts as largest, as in argmax
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    before = np.arange(scores.shape[1]) < labels[:, None]
    ahead = (scores > own) | ((scores == own) & before)
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
    def maximum_error(self) -> float:
        """Maximum calibration error: the largest ``|accuracy_b − confidence_b|`` of a bin with predictions.

        Naeini et al. (2015); Guo et al. (2017), equation 5.
        """
        filled = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[filled]
        return float(gaps.max()) if len(gaps) else float("nan")

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
    labels = class_numbers(labels, probabilities.shape[1], "label")
    confidence = probabilities.max(axis=1).astype(np.float64)
    hits = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    # predictions that overflowed to NaN make the figures of the lowest bin, and so the error, NaN
    bin_of = np.clip(np.ceil(np.nan_to_num(confidence) * bins).astype(np.int64) - 1, 0, bins - 1)
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


def class_numbers(values: Any, classes: int, what: str) -> Ints:
    """Checks class numbers and makes them int64, ``(N,)``.

    Args:
        values: Whole numbers.
        classes: Number of classes.
        what: What the numbers are, for the message.

    Raises:
        DataError: They aren't whole numbers from 0 to ``classes - 1`` in one dimension.
    """
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
