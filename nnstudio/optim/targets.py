"""What the gradient aims at in place of the plain labels: smoothed ones, and classes that count more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import TrainSpec
from nnstudio.errors import TrainingError

Array = Any


@dataclass(frozen=True, eq=False)
class Targets:
    """Label smoothing and class weights of a run. They change the gradient, never the reported loss.

    Attributes:
        smoothing: Share ``s`` of a label that is spread evenly over all classes (Szegedy et al., 2016).
        weights: Factor of the gradient of a sample of each class, ``(classes,)``; None for 1.
    """

    smoothing: float = 0.0
    weights: Array | None = None

    def weigh(self, gradient: Array, labels: Array) -> None:
        """Multiplies each sample's gradient ``(n, outputs)`` by the weight of its class, in place.

        A batch's gradient is still divided by its number of samples, not by the sum of their
        weights, as in Keras.
        """
        if self.weights is not None:
            gradient *= self.weights[labels][:, None]


def targets_for(recipe: TrainSpec, counts: NDArray[np.int64]) -> Targets | None:
    """The targets that a recipe asks for, or None for the plain labels.

    Args:
        recipe: The training recipe.
        counts: Training samples of each class, ``(classes,)``.

    Raises:
        TrainingError: The recipe has another number of class weights than there are classes.
    """
    weights = _class_weights(recipe, counts)
    if weights is None and recipe.label_smoothing == 0:
        return None
    return Targets(recipe.label_smoothing, weights)


def balanced(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Weights that give every class that occurs the same total, and the samples a mean of 1.

    ``samples / (classes that occur · samples of the class)`` (King & Zeng, 2001), 1 for the others.
    """
    occurs = counts > 0
    weights = np.ones(len(counts))
    np.divide(counts.sum(), occurs.sum() * counts, out=weights, where=occurs)
    return weights.astype(np.float32)


def _class_weights(recipe: TrainSpec, counts: NDArray[np.int64]) -> NDArray[np.float32] | None:
    chosen = recipe.class_weights
    if chosen is None:
        return None
    if isinstance(chosen, str):
        return balanced(counts)
    if len(chosen) != len(counts):
        raise TrainingError(
            "there must be one class weight per class",
            allowed=f"{len(counts)} numbers",
            received=f"{len(chosen)} numbers",
            fix="give as many class weights as the data has classes, or choose balanced",
        )
    return np.array(chosen, dtype=np.float32)
