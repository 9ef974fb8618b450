"""Gradient check: the hand-written backward pass against central differences, in float64.

For a weight array ``w`` and a random direction ``d`` of length 1 the derivative of the loss along
``d`` is ``⟨∂L/∂w, d⟩``; numerically it is ``(L(w + hd) − L(w − hd)) / 2h`` with an error of order
``h²`` (Nocedal & Wright, Numerical Optimization, ch. 8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise

TOLERANCE = 1e-6
DIRECTIONS = 3
_STEPS = (1e-4, 1e-5, 1e-6)


@dataclass(frozen=True)
class GradientRow:
    """Comparison for one weight array.

    Attributes:
        layer: Name of the layer.
        weight: Name of the weight ("kernel", "bias").
        analytic: Derivative along the worst direction tried, from the backward pass.
        numeric: The same from central differences.
        relative_error: ``|a − n| / max(|a|, |n|)``; 0 where both are below 1e-10.
        ok: The error is at most :data:`TOLERANCE`.
    """

    layer: str
    weight: str
    analytic: float
    numeric: float
    relative_error: float

    @property
    def ok(self) -> bool:
        """The two agree."""
        return self.relative_error <= TOLERANCE


def check_gradients(
    network: Network, weights: NDArray[Any], x: NDArray[Any], labels: NDArray[np.int64], seed: int = 0
) -> list[GradientRow]:
    """Checks every weight array of a network on one batch.

    Args:
        network: The network.
        weights: Flat weight vector to check at.
        x: Scaled samples, ``(n, *input_shape)``.
        labels: Their classes.
        seed: Fixes the directions and the dropout masks.

    Returns:
        One row per weight array that training changes.
    """
    vector = weights.astype(np.float64)
    samples = np.asarray(x, dtype=np.float64)
    gradients = np.zeros(network.trainable)
    workspace = network.workspace(vector, len(samples), gradients)

    def loss() -> float:
        noise = Noise(seed)  # the same masks at every evaluation
        return workspace.loss(workspace.forward(samples, noise), labels, backward=True)[0] / len(samples)

    loss()
    assert workspace.d_logits is not None
    workspace.backward(workspace.d_logits / len(samples))
    random = np.random.default_rng(seed)
    rows = []
    for entry in (entry for entry in network.index if entry.trainable):
        part = slice(entry.start, entry.stop)
        tries = [directional_error(loss, vector[part], gradients[part], random) for _ in range(DIRECTIONS)]
        rows.append(GradientRow(entry.layer, entry.spec.name, *max(tries, key=lambda row: row[2])))
    return rows


def directional_error(
    loss: Callable[[], float], at: NDArray[Any], gradient: NDArray[Any], random: np.random.Generator
) -> tuple[float, float, float]:
    """Analytic and numeric derivative along one random direction, and their relative error.

    Args:
        loss: The function; it reads ``at``.
        at: Where to differentiate; changed and restored.
        gradient: The gradient to check, shaped like ``at``.
        random: Draws the direction.
    """
    direction = random.standard_normal(at.shape)
    direction /= np.linalg.norm(direction) or 1.0
    analytic = float(np.sum(gradient * direction))
    start = at.copy()
    best = (analytic, float("nan"), float("inf"))
    for h in _STEPS:  # a large step may cross a kink of ReLU, a small one loses digits
        at[...] = start + h * direction
        above = loss()
        at[...] = start - h * direction
        numeric = (above - loss()) / (2 * h)
        scale = max(abs(analytic), abs(numeric))
        error = 0.0 if scale < 1e-10 else abs(analytic - numeric) / scale
        if error < best[2]:
            best = (analytic, numeric, error)
    at[...] = start
    return best
