"""One layer on its own: a pass forwards and backwards over a batch, from given weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnstudio.engine.ops import NumpyOps
from nnstudio.layers.base import Frame, Layer

Array = NDArray[Any]


@dataclass(frozen=True)
class Passed:
    """What a pass over one batch gave.

    Attributes:
        x: The input.
        weights: The weights, by name, as they were before.
        after: The weights behind the pass: running statistics have moved.
        y: The output.
        dy: The gradient of the output that was sent back.
        dx: The gradient of the input.
        gradients: The gradients of the weights, by name.
    """

    x: Array
    weights: dict[str, Array]
    after: dict[str, Array]
    y: Array
    dy: Array
    dx: Array
    gradients: dict[str, Array]


def passed(
    layer: Layer, shape: tuple[int, ...], batch: int, seed: int = 0, dtype: DTypeLike = np.float32
) -> Passed:
    """Runs a layer over random samples, with random weights, and sends a random gradient back."""
    random = np.random.default_rng(seed)

    def drawn(*size: int) -> Array:
        return random.standard_normal(size).astype(dtype)

    activation = layer.activation_function()
    specs = {spec.name: spec for spec in layer.weights(shape)}
    weights = {name: drawn(*spec.shape) for name, spec in specs.items()}
    if "moving_variance" in weights:
        weights["moving_variance"] **= 2
    frame = Frame(
        ops=NumpyOps(),
        weights=weights,
        gradients={name: np.full_like(weights[name], np.nan) for name in specs if specs[name].trainable},
        buffers={
            name: np.full(spec.shape if spec.per_batch else (batch, *spec.shape), np.nan, spec.dtype or dtype)
            for name, spec in layer.buffers(shape, activation).items()
        },
        activation=activation,
        training=True,
        learning=True,
    )
    before = {name: array.copy() for name, array in weights.items()}
    x, dy = drawn(batch, *shape), drawn(batch, *layer.output_shape(shape))
    y = layer.forward(frame, x).copy()
    dx = layer.backward(frame, x, y, dy.copy())
    assert dx is not None
    return Passed(x, before, weights, y, dy, dx, dict(frame.gradients))
