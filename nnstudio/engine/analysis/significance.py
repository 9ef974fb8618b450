"""How much of an accuracy, or of the difference of two, may be chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.errors import DataError


def wilson_interval(hits: int, samples: int, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a share, such as an accuracy, from ``hits`` among ``samples``.

    All shares ``p`` with ``|p̂ − p| ≤ z·√(p(1 − p)/n)``, where ``p̂ = hits / n`` and ``z`` is the normal
    quantile; unlike ``p̂ ± z·√(p̂(1 − p̂)/n)`` it keeps to 0...1 and is good for few samples, too (Wilson,
    "Probable inference, the law of succession, and statistical inference", 1927).

    Args:
        hits: From 0 to ``samples``.
        samples: Number of samples.
        confidence: How often such intervals hold the true share, between 0 and 1.

    Returns:
        Lower and upper end; 0 and 1 without samples.

    Raises:
        DataError: The counts or the confidence are impossible.
    """
    from statistics import NormalDist

    if not 0 <= hits <= samples:
        raise DataError("hits can't be more than samples", allowed=f"0 to {samples}", received=str(hits))
    if not 0 < confidence < 1:
        raise DataError("no such confidence", allowed="between 0 and 1", received=str(confidence))
    if not samples:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = hits / samples, z * z / samples
    centre = (share + weight / 2) / (1 + weight)
    half = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    # rounding must not put the share itself outside
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


@dataclass(frozen=True)
class PairedTest:
    """Two classifiers on the same samples.

    Attributes:
        samples: Number of samples.
        only_first: Samples that only the first one got right.
        only_second: Samples that only the second one got right.
        p_value: Probability of a difference at least as large if the two were equally good.
    """

    samples: int
    only_first: int
    only_second: int
    p_value: float

    @property
    def difference(self) -> float:
        """Accuracy of the first minus that of the second; NaN without samples."""
        return (self.only_first - self.only_second) / self.samples if self.samples else float("nan")


def mcnemar_test(labels: Any, first: Any, second: Any) -> PairedTest:
    """Whether one of two classifiers is better, from their predictions for the same samples.

    Only samples that one of them got right and the other wrong say anything. If both are equally good
    they fall to either side like a coin, so the p-value is that of the two-sided binomial test (McNemar,
    "Note on the sampling error of the difference between correlated proportions or percentages", 1947,
    in its exact form).

    Args:
        labels: True class numbers, ``(N,)``.
        first: The first one's predictions, ``(N,)``.
        second: The second one's predictions, ``(N,)``.

    Raises:
        DataError: The lengths differ.
    """
    labels, first, second = np.asarray(labels), np.asarray(first), np.asarray(second)
    if not labels.shape == first.shape == second.shape:
        raise DataError(
            "the predictions can't be compared",
            allowed="both classifiers' predictions for the same samples",
            received=f"{len(labels)} labels, {len(first)} and {len(second)} predictions",
            fix="evaluate both on the same part of the data",
        )
    right, also = first == labels, second == labels
    only_first, only_second = int((right & ~also).sum()), int((also & ~right).sum())
    return PairedTest(len(labels), only_first, only_second, _coin(only_first, only_second))


def _coin(heads: int, tails: int) -> float:
    """Two-sided p-value of such a result, or a more extreme one, with a fair coin."""
    n = heads + tails
    log_all = math.lgamma(n + 1) - n * math.log(2)
    tail = sum(
        math.exp(log_all - math.lgamma(i + 1) - math.lgamma(n - i + 1)) for i in range(min(heads, tails) + 1)
    )
    return min(1.0, 2 * tail)
