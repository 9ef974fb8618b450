"""Integrated gradients: what each input value adds to what the network says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis.confusion import Floats
from nnstudio.engine.analysis.passes import Floats32, GradientPasses, parts
from nnstudio.engine.analysis.target import coefficients
from nnstudio.engine.model import Model
from nnstudio.errors import DataError

TOLERANCE = 0.01
"""Most that may be missing from the attributions' sum: this share of the change explained, and as many
units of the logit where the change is less than 1."""
MAX_STEPS = 1024


@dataclass(frozen=True, eq=False)
class Attribution:
    """What every input value contributes to the difference from a baseline.

    Attributes:
        values: Contributions in units of the logit, ``(N, *input_shape)``.
        output: The explained number for each sample, ``(N,)``.
        baseline_output: The same for the baseline.
    """

    values: Floats32
    output: Floats32
    baseline_output: Floats32

    @property
    def gap(self) -> Floats:
        """What is missing from completeness, ``|Σ values − (f(x) − f(baseline))|``, ``(N,)``."""
        return _gap(self.values, self.output, self.baseline_output)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """The gap is within :data:`TOLERANCE`, ``(N,)``."""
        return _complete(self.gap, self.output, self.baseline_output)


def integrated_gradients(
    model: Model,
    x: Any,
    label: Any = None,
    against: Any = None,
    *,
    baseline: Any = 0,
    steps: int = 32,
) -> Attribution:
    """Integrated gradients (Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", 2017).

    ::

        a_i = (x_i − x'_i) · ∫₀¹ ∂f/∂x_i (x' + α(x − x')) dα

    The integral is a sum over the midpoints of equal steps. By the axiom of completeness the
    attributions add up to ``f(x) − f(x')``; where they don't to within :data:`TOLERANCE`, the number
    of steps is doubled, up to :data:`MAX_STEPS`, and the result says what is still missing.

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, *input_shape)``.
        label: Class number, or one for each sample; None for the most probable class of each.
        against: Class number, or one for each sample: explains the lead over it instead.
        baseline: What "nothing" looks like, as a raw sample or one number for all its values.
        steps: Steps to begin with, at least 1.

    Raises:
        DataError: Samples or baseline don't fit the network, or class numbers or steps are wrong.
    """
    samples = model.checked(x)
    if not 1 <= steps <= MAX_STEPS:
        raise DataError("integration needs steps", allowed=f"1 to {MAX_STEPS}", received=str(steps))
    rows = coefficients(model, samples, label, against)
    scaled, start = model.scaling.apply(samples), _scaled_baseline(model, baseline)
    passes = GradientPasses(model.network, model.weights, MAX_STEPS)
    values = np.empty(samples.shape, np.float32)
    output, baseline_output = np.empty((2, len(samples)), np.float32)
    for i, sample in enumerate(scaled):
        row = rows[i : i + 1]
        ends = [passes.run(point[None], row)[0][0] for point in (sample, start)]
        output[i], baseline_output[i] = ends
        values[i] = _integrate(passes, start, sample, row, steps, ends)
    return Attribution(values, output, baseline_output)


def _integrate(
    passes: GradientPasses,
    start: Floats32,
    sample: Floats32,
    row: Floats32,
    steps: int,
    ends: list[np.float32],
) -> Floats32:
    """The attributions of one sample, with as many steps as completeness takes."""
    way = sample - start
    while True:
        total = np.zeros(sample.shape, np.float64)
        midpoints = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
        for part in parts(steps, passes.batch):
            alphas = midpoints[part].reshape(-1, *(1,) * sample.ndim)
            points = start + alphas * way  # (n, *input_shape)
            total += passes.run(points, np.repeat(row, len(points), axis=0))[1].sum(axis=0)
        values = (way * (total / steps)).astype(np.float32)
        after, before = (np.array([end]) for end in ends)
        enough = _complete(_gap(values[None], after, before), after, before)[0]
        if enough or 2 * steps > MAX_STEPS or not np.isfinite(values).all():
            return values
        steps *= 2


def _scaled_baseline(model: Model, baseline: Any) -> Floats32:
    raw = np.asarray(baseline, dtype=np.float32)
    if raw.ndim == 0:
        raw = np.full(model.network.input_shape, raw, np.float32)
    scaled: Floats32 = model.scaling.apply(model.checked(raw[None]))[0]
    return scaled


def _gap(values: Floats32, output: Floats32, baseline_output: Floats32) -> Floats:
    total = values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)
    gap: Floats = np.abs(total - (output.astype(np.float64) - baseline_output))
    return gap


def _complete(gap: Floats, output: Floats32, baseline_output: Floats32) -> NDArray[np.bool_]:
    enough: NDArray[np.bool_] = gap <= TOLERANCE * np.maximum(np.abs(output - baseline_output), 1)
    return enough
