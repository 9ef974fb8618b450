"""Gradient check: the hand-written backward pass against central differences, in float64.

For a weight array ``w`` and a direction ``d`` of length 1 the derivative of the loss along ``d`` is
``⟨∂L/∂w, d⟩``; numerically it is ``(L(w + hd) − L(w − hd)) / 2h`` with an error of order ``h²``
(Nocedal & Wright, Numerical Optimization, ch. 8). Two things set bounds to that: a small step loses
digits, and within a large one some ReLU or maximum may switch, so several steps are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.plan import WeightView
from nnstudio.engine.threads import one_blas_thread

TOLERANCE = 1e-6
DIRECTIONS = 3
SAMPLES = 16
_FEW_SAMPLES = 4
_STEPS = (1e-6, 1e-7, 1e-5, 1e-4)
"""The likeliest to do first: without kinks any is good, among many kinks only small ones are."""
_DRAWS = 5
"""Directions tried where the differences don't settle, before that counts as a failure."""
_WORK = 4e9
"""Multiply-adds that a check should keep to: a few seconds."""


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


class Comparison(NamedTuple):
    """The derivative along one direction.

    Attributes:
        analytic: From the backward pass.
        numeric: From central differences, with the step that comes closest to ``analytic``.
        relative_error: See :class:`GradientRow`.
        settled: Two steps gave the same difference. If none did, some function has a kink there, and
            the direction says nothing.
    """

    analytic: float
    numeric: float
    relative_error: float
    settled: bool


@dataclass(frozen=True)
class Effort:
    """How thorough a check is.

    Attributes:
        samples: Size of the batch.
        directions: Directions tried for each weight array.
    """

    samples: int = SAMPLES
    directions: int = DIRECTIONS


def affordable_effort(network: Network) -> Effort:
    """As many samples and directions as a few seconds allow: fewer for large networks."""
    costs = [row.multiply_adds or 0 for row in network.report.layers]
    places = {step.layer.name: i for i, outer in enumerate(network.steps) for step in outer.tree()}
    arrays = (entry for entry in network.index if entry.trainable)
    work = 2 * sum(sum(costs[places[entry.layer] :]) for entry in arrays)  # of a sample, in one direction
    for directions in (DIRECTIONS, 1):
        samples = int(_WORK // max(1, work * directions))
        if samples >= _FEW_SAMPLES:
            return Effort(min(samples, SAMPLES), directions)
    return Effort(max(1, samples), 1)


def check_gradients(
    network: Network,
    weights: NDArray[Any],
    x: NDArray[Any],
    labels: NDArray[np.int64],
    seed: int = 0,
    *,
    directions: int = DIRECTIONS,
    progress: Callable[[str, float | None], None] | None = None,
) -> list[GradientRow]:
    """Checks every weight array of a network on one batch, in training mode.

    Args:
        network: The network.
        weights: Flat weight vector to check at.
        x: Scaled samples, ``(n, *input_shape)``.
        labels: Their classes.
        seed: Fixes the directions and the dropout masks.
        directions: Directions tried for each array.
        progress: Told what is being checked, and the share done.

    Returns:
        One row per weight array that training changes.
    """
    vector, n = weights.astype(np.float64), len(x)
    gradients = np.zeros(network.trainable)
    workspace = network.workspace(vector, n, gradients)
    random = np.random.default_rng(seed)
    entries = [entry for entry in network.index if entry.trainable]

    def row(entry: WeightView) -> GradientRow:
        def loss() -> float:  # with the same dropout masks at every evaluation
            return workspace.loss(workspace.chain.repeat(entry.layer), labels, backward=False)[0] / n

        part = slice(entry.start, entry.stop)
        tries = [_settled_comparison(loss, vector[part], gradients[part], random) for _ in range(directions)]
        worst = max(tries, key=lambda one: one.relative_error)
        return GradientRow(entry.layer, entry.spec.name, worst.analytic, worst.numeric, worst.relative_error)

    rows = []
    with one_blas_thread():
        logits = workspace.forward(np.asarray(x, dtype=np.float64), Noise(seed))
        workspace.loss(logits, labels, backward=True)
        assert workspace.d_logits is not None
        workspace.backward(workspace.d_logits / n)
        for done, entry in enumerate(reversed(entries)):  # last first: what lies in front is as it was then
            if progress is not None:
                progress(f"Checking gradients: {entry.layer} {entry.spec.name}", done / len(entries))
            rows.append(row(entry))
    return rows[::-1]


def directional_error(
    loss: Callable[[], float], at: NDArray[Any], gradient: NDArray[Any], random: np.random.Generator
) -> Comparison:
    """Analytic and numeric derivative along one direction.

    The direction is half random and half that of the gradient: along a random one alone the
    derivative of a large array is so small that rounding hides it.

    Args:
        loss: The function; it reads ``at``.
        at: Where to differentiate; changed and restored.
        gradient: The gradient to check, shaped like ``at``.
        random: Draws the direction.
    """
    drawn = random.standard_normal(at.shape)
    if np.sum(drawn * gradient) < 0:  # so that the halves don't cancel each other
        drawn = -drawn
    direction = _unit(_unit(drawn) + _unit(gradient))
    analytic = float(np.sum(gradient * direction))
    start = at.copy()
    found: list[float] = []
    best, smallest = float("nan"), float("inf")
    for h in _STEPS:
        at[...] = start + h * direction
        above = loss()
        at[...] = start - h * direction
        found.append((above - loss()) / (2 * h))
        error = _relative_error(analytic, found[-1])
        if error < smallest:
            best, smallest = found[-1], error
        if smallest <= TOLERANCE / 10:
            break
    at[...] = start
    pairs = ((a, b) for i, a in enumerate(found) for b in found[:i])
    settled = any(_relative_error(a, b) <= TOLERANCE for a, b in pairs)
    return Comparison(analytic, best, smallest, settled or smallest <= TOLERANCE)


def _settled_comparison(
    loss: Callable[[], float], at: NDArray[Any], gradient: NDArray[Any], random: np.random.Generator
) -> Comparison:
    """The comparison along the first direction that says something."""
    for _ in range(_DRAWS):
        found = directional_error(loss, at, gradient, random)
        if found.settled:
            break
    return found


def _relative_error(a: float, b: float) -> float:
    scale = max(abs(a), abs(b))
    return 0.0 if scale < 1e-10 else abs(a - b) / scale


def _unit(vector: NDArray[Any]) -> NDArray[Any]:
    length = np.linalg.norm(vector)
    return vector / length if length else vector
