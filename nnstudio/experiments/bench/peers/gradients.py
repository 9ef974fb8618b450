"""One step's gradients, ours and another library's, so that both are known to train the same network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Gather
from nnstudio.data.prepare import Prepared
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.errors import DataError
from nnstudio.experiments.bench.cases import Case
from nnstudio.layers import Dropout
from nnstudio.optim.losses import CategoricalCrossentropy

TOLERANCE = 1e-9
"""Largest difference of an array, as a share of the whole gradient's length (both Euclidean). In float64: in
float32, rounding tips a ReLU or two over to the other side, which alone is a per cent in a deep network."""
SAMPLES = 16
"""Samples of the step whose gradients are compared."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """One training step in NumPy, in float64.

    Attributes:
        x: Scaled samples, ``(n, *input_shape)``.
        labels: Class numbers, ``(n,)``.
        weights: The trainable arrays, in the order of the layers.
        gradients: Of the batch's mean loss, likewise.
    """

    x: Array
    labels: NDArray[np.int64]
    weights: list[Array]
    gradients: list[Array]


def without_dropout(network: NetworkSpec) -> NetworkSpec:
    """The network with its random layers switched off: nobody else draws the same numbers."""
    layers = tuple(layer.replace(disabled=isinstance(layer, Dropout)) for layer in network.layers)
    return network.replace(layers=layers)


def our_step(network: NetworkSpec, data: Prepared) -> Step:
    """Gradients of the first samples' mean cross-entropy at fresh weights."""
    built = Network(network, CategoricalCrossentropy())
    weights = built.initial_weights(1).astype(np.float64)
    gradients = np.zeros(built.trainable)
    workspace = built.workspace(weights, SAMPLES, gradients)
    rows = np.arange(SAMPLES)
    gather = Gather(data.train, data.scaling, SAMPLES)
    x, labels = gather.x(rows).astype(np.float64), gather.labels(rows)
    workspace.loss(workspace.forward(x, Noise(0)), labels, backward=True)
    assert workspace.d_logits is not None
    workspace.backward(workspace.d_logits / SAMPLES)
    trainable = _arrays(built, weights[: built.trainable])
    return Step(x, labels.astype(np.int64), trainable, _arrays(built, gradients))


def require_same(case: Case, library: str, expected: Sequence[Array], found: Sequence[Any]) -> None:
    """Compares gradients array by array.

    Raises:
        DataError: They differ.
    """
    length = float(np.sqrt(sum(np.square(array).sum() for array in expected)))
    for ours, theirs in zip(expected, found, strict=True):
        if np.linalg.norm(ours - np.asarray(theirs)) > TOLERANCE * length:
            raise DataError(f"{case.name} has other gradients in {library}", fix="report this")


def _arrays(network: Network, vector: Array) -> list[Array]:
    return [array for layer in network.views(vector).values() for array in layer.values()]
