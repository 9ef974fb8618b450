"""How evenly samples spread over the classes."""

from __future__ import annotations

import math
from collections.abc import Sequence


def missing_classes(counts: Sequence[int]) -> tuple[int, ...]:
    """Numbers of the classes that have no sample.

    Args:
        counts: Number of samples of each class, as :meth:`Part.class_counts` gives it.
    """
    return tuple(number for number, count in enumerate(counts) if not count)


def imbalance_ratio(counts: Sequence[int]) -> float:
    """Samples of the largest class for each one of the smallest: 1 when all are alike.

    Classes without samples are left out, since no weight could make up for them (see
    :func:`missing_classes`); without any sample it is 1.
    """
    present = [count for count in counts if count]
    return max(present) / min(present) if present else 1.0


def evenness(counts: Sequence[int]) -> float:
    """How near the classes are to sharing the samples alike: 1 when they do, 0 when one has them all.

    The entropy of the shares divided by its largest value, ``log(classes)`` (Pielou, "The measurement of
    diversity in different types of biological collections", 1966). A single class, or none, counts as even.
    """
    total = sum(counts)
    if len(counts) < 2 or not total:
        return 1.0
    shares = [count / total for count in counts if count]
    return max(0.0, -sum(share * math.log(share) for share in shares) / math.log(len(counts)))
