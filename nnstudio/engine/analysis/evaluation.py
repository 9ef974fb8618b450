"""An evaluation with everything that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis.class_metrics import ClassMetrics, class_metrics
from nnstudio.engine.analysis.confusion import (
    Floats,
    Ints,
    Mistake,
    accuracy,
    confusion_matrix,
    frequent_mistakes,
)
from nnstudio.engine.confidence import Calibration, calibration

if TYPE_CHECKING:
    from nnstudio.engine.model import Evaluation


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

    @cached_property
    def losses(self) -> Floats:
        """Cross-entropy of each sample, ``−log p(label)``, ``(N,)``."""
        own = self.probabilities[np.arange(self.samples), self.labels].astype(np.float64)
        return -np.log(np.maximum(own, np.finfo(np.float32).tiny))

    @cached_property
    def margins(self) -> Floats:
        """Lead of each prediction over the second class, ``(N,)``, 0 to 1."""
        if self.probabilities.shape[1] < 2:
            return np.ones(self.samples)
        second, first = np.sort(self.probabilities.astype(np.float64), axis=1)[:, -2:].T
        lead: Floats = first - second
        return lead

    @cached_property
    def suspects(self) -> Ints:
        """Positions of the samples whose label is likely wrong, the most suspicious first.

        Confident learning (Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
        dataset labels", 2021): a sample is suspected where the network takes it for another class, and is
        at least as sure of that as it is on average of samples that bear that label. They are ordered by
        their loss.
        """
        usual = np.full(self.probabilities.shape[1], np.inf)
        for number in np.unique(self.labels):
            usual[number] = self.probabilities[self.labels == number, number].mean()
        wrong = self.predictions != self.labels
        found = np.flatnonzero(wrong & (self.confidences >= usual[self.predictions])).astype(np.int64)
        return found[np.argsort(-self.losses[found], kind="stable")]

    def members(self, actual: int, predicted: int) -> Ints:
        """Positions of the samples in one cell of the matrix, surest prediction first."""
        return self.surest_first((self.labels == actual) & (self.predictions == predicted))

    def mistaken(self, actual: int) -> Ints:
        """Positions of a class's samples that were taken for another, surest prediction first."""
        return self.surest_first((self.labels == actual) & (self.predictions != actual))

    def surest_first(self, chosen: NDArray[np.bool_]) -> Ints:
        """Positions of the chosen samples, ``(N,)``, surest prediction first."""
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
