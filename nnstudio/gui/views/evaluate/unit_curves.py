"""ROC and precision/recall curves of all classes, as points to be drawn. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis import Analysis, precision_recall_curves, roc_curves

_POINTS = 400  # of a curve on the screen


@dataclass(frozen=True, eq=False)
class Curve:
    """One class's curve.

    Attributes:
        x: From 0 to 1, ``(m,)``.
        y: From 0 to 1, ``(m,)``.
        area: Area under it; NaN where the class has no samples, or only them.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: float


def class_curves(analysis: Analysis, kind: str) -> tuple[Curve, ...]:
    """The curves of all classes; ``kind`` is "roc" or "precision"."""
    if kind == "roc":
        rocs = roc_curves(analysis.probabilities, analysis.labels)
        return tuple(Curve(one.false_positives, one.true_positives, one.area) for one in rocs)
    curves = precision_recall_curves(analysis.probabilities, analysis.labels)
    return tuple(Curve(one.recall, one.precision, one.area) for one in curves)


def thinned(curve: Curve, points: int = _POINTS) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A curve's points, evenly picked where there are many; its ends stay."""
    count = len(curve.x)
    chosen = np.unique(np.linspace(0, count - 1, min(points, count)).round().astype(int))
    return curve.x[chosen], curve.y[chosen]
