"""Passes in evaluation mode that look into a model without touching it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.network import Network
from nnstudio.errors import DataError

Floats32 = NDArray[np.float32]

_VALUES = 8_000_000
"""Outputs of all layers together in one batch: 32 MB, and as much for their gradients."""
_SAMPLES = 256


class GradientPasses:
    """Gradients of explained numbers with respect to a network's input, or to a layer's output.

    The arrays belong to the object, and weights are only read, so a model can be explained on any
    thread while others use it. A vector that is being trained must be a copy.

    Args:
        network: The network.
        weights: Flat weight vector.
        samples: Most samples wanted at once.
        layer: Name of a layer whose output and its gradient are wanted; "" for none.

    Attributes:
        batch: Samples per pass.
    """

    def __init__(self, network: Network, weights: Floats32, samples: int, layer: str = "") -> None:
        self.batch = batch_size(network, samples)
        self._workspace = network.workspace(weights, self.batch, input_gradient=True)
        self._layer = layer
        if layer:
            self._workspace.watched[layer] = None

    def run(self, x: Floats32, coefficients: Floats32) -> tuple[Floats32, Floats32]:
        """A forward and a backward pass.

        Args:
            x: Scaled samples, ``(n, *input_shape)``, at most ``batch``.
            coefficients: Weights of the logits in the explained number, ``(n, outputs)``.

        Returns:
            The explained numbers ``(n,)``, and their gradient with respect to ``x``, which the next
            run overwrites.
        """
        with np.errstate(all="ignore"):  # weights that overflow give NaN
            logits = self._workspace.forward(x)
            values = (logits * coefficients).sum(axis=1)
            gradient = self._workspace.backward(coefficients.copy())
        assert gradient is not None
        return values, gradient

    def at_layer(self) -> tuple[Floats32, Floats32]:
        """The layer's output in the last run, and the gradient of the explained number with respect to it."""
        return self._workspace.outputs()[self._layer], self._workspace.watched[self._layer]


def batch_size(network: Network, samples: int) -> int:
    """Samples per pass that keep the arrays small whatever the network."""
    values = sum(math.prod(step.output) for step in network.tree())
    return max(1, min(samples, _SAMPLES, _VALUES // max(1, values)))


def parts(samples: int, size: int) -> Iterator[slice]:
    """Slices of at most ``size`` that cover ``samples``."""
    return (slice(start, min(start + size, samples)) for start in range(0, samples, size))


def layer_names(network: Network) -> tuple[str, ...]:
    """Names of the layers that compute something, also inside blocks, in the order of the stack."""
    return tuple(step.layer.name for step in network.tree() if not step.layer.disabled)


def require_layer(network: Network, name: str) -> None:
    """Checks that a layer computes something.

    Raises:
        DataError: There is no such layer, or it is disabled.
    """
    names = layer_names(network)
    if name not in names:
        raise DataError(
            f"the network computes no layer called {name!r}", allowed=", ".join(names), received=name
        )
