"""The number that an explanation explains: a class's logit, or its lead over another class's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis.confusion import Ints
from nnstudio.engine.confidence import class_numbers
from nnstudio.engine.model import Model
from nnstudio.errors import DataError


def coefficients(model: Model, x: NDArray[Any], label: Any, against: Any) -> NDArray[np.float32]:
    """The explained number as a weighted sum of the logits: ``f = Σ_k c_k · z_k``.

    It is the logit of ``label``, or what it is ahead of the logit of ``against``. A single sigmoid
    output ``z`` is the log odds of class 1, so ``−z`` stands for class 0, and either is its own lead
    over the other.

    Args:
        model: The model.
        x: Raw samples, ``(N, *input_shape)``.
        label: Class number, or one for each sample; None for the most probable class of each.
        against: Class number, or one for each sample, to compare with; None for the logit alone.

    Returns:
        ``c``, ``(N, outputs)``: the gradient of ``f`` with respect to the logits.

    Raises:
        DataError: A number is no class, there are fewer numbers than samples, or a class is compared
            with itself.
    """
    (outputs,) = model.network.output_shape
    labels = _each(model.predict(x).argmax(axis=1) if label is None else label, len(x), outputs)
    rows = _rows(labels, outputs)
    if against is None:
        return rows
    others = _each(against, len(x), outputs)
    if (same := np.flatnonzero(labels == others)).size:
        raise DataError(
            "a class has no lead over itself",
            allowed="two different classes",
            received=f"class {labels[same[0]]} twice for sample {same[0]}",
            fix="compare the most probable class with another",
        )
    return rows if outputs == 1 else rows - _rows(others, outputs)


def _rows(labels: Ints, outputs: int) -> NDArray[np.float32]:
    """``+1`` at each sample's class; with a single output the sign that belongs to the class."""
    if outputs == 1:
        return np.where(labels == 1, 1, -1).astype(np.float32)[:, None]
    rows = np.zeros((len(labels), outputs), np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def _each(numbers: Any, samples: int, outputs: int) -> Ints:
    """A class number for each sample."""
    array = np.asarray(numbers)
    if array.ndim == 0:
        array = np.repeat(array, samples)
    if len(array) != samples:
        raise DataError(
            "the classes don't fit the samples",
            allowed=f"one class number, or {samples}",
            received=str(len(array)),
        )
    return class_numbers(array, max(2, outputs), "class number")
