"""What a network makes of samples: the outputs of a layer, and their directions in space."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.analysis.passes import Floats32, batch_size, parts
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.threads import one_blas_thread

BUCKETS = 8192
"""Features above which they are added up in so many buckets."""


def feature_layer(network: Network) -> str:
    """Name of the layer in front of the last one with weights: what the network makes of a sample.

    Dropout and its like, which only do something in training, are passed over.
    """
    running = [step for step in network.steps if not step.skip and step.layer.category != "regularisation"]
    weighted = [place for place, step in enumerate(running) if step.weights or step.branches]
    return running[max(0, weighted[-1] - 1)].layer.name


def layer_outputs(model: Model, x: Any, layer: str) -> Floats32:
    """What a layer of the outer stack gives for raw samples, in evaluation mode.

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, *input_shape)``.
        layer: The layer's name.

    Returns:
        ``(N, features)``, the layer's output laid flat.

    Raises:
        DataError: The samples don't fit the network.
    """
    samples = model.checked(x)
    batch = batch_size(model.network, len(samples))
    workspace = model.network.workspace(model.weights, batch)
    found = []
    for part in parts(len(samples), batch):
        with one_blas_thread(), np.errstate(all="ignore"):  # weights that overflow give NaN
            workspace.forward(model.scaling.apply(samples[part]))
        outputs = workspace.outputs()[layer]
        found.append(outputs.reshape(len(outputs), -1).astype(np.float32))
    return np.concatenate(found) if found else np.zeros((0, 1), np.float32)


def directions(features: Floats32) -> Floats32:
    """Rows of length 1; a row of zeros stays one, and one that overflowed becomes one."""
    known = np.nan_to_num(features, nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(known, axis=1, keepdims=True)
    return np.asarray(known / np.where(lengths > 0, lengths, 1), np.float32)


class Compression:
    """Shortens directions so that their products stay nearly what they were.

    They are projected on the axes along which a sample of them reaches furthest (an uncentred principal
    component analysis). Of very many features, sums over buckets with random signs are taken first, whose
    products are right on average (Weinberger et al., "Feature hashing for large scale multitask learning",
    2009), so that the axes need little room.

    Args:
        features: Length of the directions.
        width: Numbers to keep of each, at most.
    """

    def __init__(self, features: int, width: int) -> None:
        random = np.random.default_rng(0)
        self._features, self._width = features, width
        self._signs = random.choice(np.array([-1, 1], np.float32), features)
        self._shuffled = random.permutation(features)
        self._axes = np.zeros((0, 0), np.float32)

    def learn(self, sample: Floats32) -> None:
        """Chooses the axes by some directions that were hashed, ``(n, features or buckets)``."""
        values, among = np.linalg.eigh((sample @ sample.T).astype(np.float64))  # of the rows: they are fewer
        kept = np.flatnonzero(values > 1e-6 * values[-1])[::-1][: self._width]
        self._axes = (sample.T @ (among[:, kept] / np.sqrt(values[kept]))).astype(np.float32)

    def __call__(self, given: Floats32) -> Floats32:
        """Directions ``(n, features)`` shortened to ``(n, width)`` or less."""
        return np.asarray(self.hashed(given) @ self._axes, np.float32)

    def hashed(self, given: Floats32) -> Floats32:
        """Directions, of very many features added up in buckets."""
        if self._features <= BUCKETS:
            return given
        mixed = (given * self._signs)[:, self._shuffled]
        padded = np.pad(mixed, ((0, 0), (0, -self._features % BUCKETS)))
        return np.asarray(padded.reshape(len(mixed), -1, BUCKETS).sum(axis=1), np.float32)
