"""Two models on the same samples: what changed, and whether the change is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnstudio.engine.analysis.confusion import Floats, Ints, confusion_difference
from nnstudio.engine.analysis.evaluation import Analysis
from nnstudio.engine.analysis.significance import PairedTest, mcnemar_test
from nnstudio.errors import DataError


@dataclass(frozen=True, eq=False)
class Comparison:
    """What one model does differently from another.

    Attributes:
        difference: Change of the share of each actual class that goes to each predicted one, ``(k, k)``.
        improved: Positions of the samples that only the first model gets right, surest first.
        worsened: Positions of those that only the other model gets right, surest mistakes first.
        f1: Change of each class's F1, ``(k,)``; NaN where one of them is unknown.
        test: McNemar's test of both.
    """

    difference: Floats
    improved: Ints
    worsened: Ints
    f1: Floats
    test: PairedTest


def compare(analysis: Analysis, other: Analysis) -> Comparison:
    """Compares two evaluations of the same samples.

    Raises:
        DataError: They are of other samples, or of other classes.
    """
    if not np.array_equal(analysis.labels, other.labels):
        raise DataError(
            "evaluations of different samples can't be compared",
            allowed="the same part of the same data",
            received=f"{analysis.samples} and {other.samples} samples",
            fix="compare runs on the same data set",
        )
    right, also = (one.predictions == one.labels for one in (analysis, other))
    return Comparison(
        difference=confusion_difference(analysis.confusion, other.confusion),
        improved=analysis.surest_first(right & ~also),
        worsened=analysis.surest_first(also & ~right),
        f1=analysis.metrics.f1 - other.metrics.f1,
        test=mcnemar_test(analysis.labels, analysis.predictions, other.predictions),
    )
