"""What a look inside a run at one moment shows, layer by layer: plain data, and how values become it.

A look is made by ``nnstudio.engine.probe``; what it means is said by ``nnstudio.engine.doctor``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

BINS = 64
"""Bins of every histogram: fine enough for a curve, and even, so that 0 is an edge."""

_CHUNK = 65_536  # values in float64 at a time, so that a large layer needs no copy of its own size
_SMALLEST_LIMIT = float(np.finfo(np.float32).tiny)

Place = Literal["input", "weights", "outputs", "gradients"]


@dataclass(frozen=True)
class Histogram:
    """Counts of finite values in :data:`BINS` equal bins over ``[-limit, limit]``.

    The limit is a power of two, so the bins of two histograms are the same or nest, and
    :func:`on_shared_edges` can bring any of them together without the values.

    Attributes:
        limit: Where the last bin ends, above every value; 0 is the edge in the middle.
        counts: One count per bin; a bin holds its lower edge.
    """

    limit: float
    counts: tuple[int, ...]

    @property
    def edges(self) -> tuple[float, ...]:
        """The ``BINS + 1`` edges."""
        return tuple(float(edge) for edge in np.linspace(-self.limit, self.limit, BINS + 1))

    def within(self, limit: float) -> Histogram:
        """The same counts in the wider bins of a limit that is this one doubled any number of times."""
        counts, width = np.array(self.counts, dtype=np.int64), self.limit
        while width < limit and width > 0:
            merged = np.zeros_like(counts)
            merged[BINS // 4 : -BINS // 4] = counts.reshape(-1, 2).sum(axis=1)
            counts, width = merged, 2 * width
        return Histogram(width, tuple(counts.tolist()))


def histogram(values: Any) -> Histogram:
    """The histogram of the finite ones among some values."""
    return summarise(values).histogram


def on_shared_edges(histograms: Sequence[Histogram]) -> tuple[Histogram, ...]:
    """Some histograms over the widest of their ranges, to be drawn or compared together."""
    limit = max((one.limit for one in histograms), default=0.0)
    return tuple(one.within(limit) for one in histograms)


@dataclass(frozen=True)
class ValueStatistics:
    """What an array holds. All figures but the last are of its finite values.

    Attributes:
        size: Number of values, finite or not.
        mean: Their mean; 0 without any.
        std: Their standard deviation (of the population).
        norm: Their L2 norm.
        largest: Largest absolute value.
        histogram: How they are distributed.
        nonfinite: Share of the values that are NaN or infinite.
    """

    size: int
    mean: float
    std: float
    norm: float
    largest: float
    histogram: Histogram
    nonfinite: float = 0.0

    @property
    def rms(self) -> float:
        """Root of the mean square: the norm without the influence of the size."""
        finite = round(self.size * (1 - self.nonfinite))
        return self.norm / math.sqrt(finite) if finite else 0.0


def summarise(*arrays: Any) -> ValueStatistics:
    """What some arrays of any shape and float type hold together; sums are taken in float64."""
    flat = [np.asarray(array).reshape(-1) for array in arrays]
    size = sum(part.size for part in flat)
    finite = [part if (known := np.isfinite(part)).all() else part[known] for part in flat]
    finite = [part for part in finite if part.size]
    count = sum(part.size for part in finite)
    largest = max((max(float(part.max()), -float(part.min())) for part in finite), default=0.0)
    limit = max(_SMALLEST_LIMIT, math.ldexp(1.0, math.frexp(largest)[1]))  # the next power of two above it
    counts, total, squares = np.zeros(BINS, dtype=np.int64), 0.0, 0.0
    for part in finite:
        for start in range(0, part.size, _CHUNK):
            chunk = part[start : start + _CHUNK].astype(np.float64)
            total += float(chunk.sum())
            squares += float(np.dot(chunk, chunk))
            chunk *= BINS / 2 / limit  # exact: a power of two
            bins = np.floor(chunk, out=chunk).astype(np.int64) + BINS // 2
            counts += np.bincount(np.minimum(bins, BINS - 1), minlength=BINS)
    mean = total / max(1, count)
    variance = max(0.0, squares / max(1, count) - mean * mean)
    shape = Histogram(limit, tuple(counts.tolist()))
    missing = 1 - count / size if size else 0.0
    return ValueStatistics(size, mean, math.sqrt(variance), math.sqrt(squares), largest, shape, missing)


def l2_norm(*arrays: Any) -> float:
    """The L2 norm of some arrays together, in float64."""
    squares = 0.0
    for array in arrays:
        flat = np.asarray(array).reshape(-1)
        for start in range(0, flat.size, _CHUNK):
            chunk = flat[start : start + _CHUNK].astype(np.float64)
            squares += float(np.dot(chunk, chunk))
    return math.sqrt(squares)


@dataclass(frozen=True)
class LayerStatistics:
    """One layer at the moment of a look.

    Attributes:
        name: Name of the layer.
        kind: Its type ("Dense").
        activation: Name of the function its outputs come from ("linear" where there is none).
        outputs: Its outputs for the samples of the look.
        weights: Its trainable weights, all arrays together, or None without any.
        gradients: Their gradient, the mean over the samples, or None.
        update_norm: L2 norm of the change that the next step makes to them, or None.
        dead: Share of units (channels) that are 0 for every sample and position. None unless the
            function is ReLU: others give 0 only by chance.
        saturated: Share of outputs so near to the end of their range that the slope is below
            :data:`FLAT_SLOPE` of its largest. None unless the function is sigmoid or tanh.
    """

    name: str
    kind: str
    activation: str
    outputs: ValueStatistics
    weights: ValueStatistics | None = None
    gradients: ValueStatistics | None = None
    update_norm: float | None = None
    dead: float | None = None
    saturated: float | None = None

    @property
    def update_ratio(self) -> float | None:
        """``log10(‖Δw‖ / ‖w‖)`` of the next step, −inf for a step of 0; None where it means nothing."""
        if self.weights is None or self.update_norm is None or not math.isfinite(self.update_norm):
            return None
        if self.weights.norm == 0 or self.weights.nonfinite:
            return None
        return math.log10(self.update_norm / self.weights.norm) if self.update_norm else -math.inf


FLAT_SLOPE = 0.05
"""Share of its largest slope below which a sigmoid or a tanh counts as saturated."""


def dead_share(outputs: Any) -> float:
    """Share of the units in ``(n, ..., units)`` that are 0 for every sample and position."""
    units = np.asarray(outputs).reshape(-1, outputs.shape[-1])
    return float(1 - units.any(axis=0).mean())  # NaN counts as alive: it is another finding


def saturated_share(function: str, outputs: Any) -> float:
    """Share of the outputs of a sigmoid or tanh whose slope is below :data:`FLAT_SLOPE` of the largest.

    With the centred output ``u`` in (−1, 1), ``u = 2y − 1`` for sigmoid and ``u = y`` for tanh, the
    slope relative to its largest is ``1 − u²`` for both.
    """
    edge = math.sqrt(1 - FLAT_SLOPE)
    low, high = ((1 - edge) / 2, (1 + edge) / 2) if function == "sigmoid" else (-edge, edge)
    values = np.asarray(outputs)
    return float((np.count_nonzero(values < low) + np.count_nonzero(values > high)) / max(1, values.size))


@dataclass(frozen=True)
class NonFinite:
    """Where NaN or infinity appeared first.

    Attributes:
        layer: Name of the layer; empty for the input.
        place: In which of its numbers.
        share: Share of them that is not finite.
    """

    layer: str
    place: Place
    share: float


def first_nonfinite(inputs: ValueStatistics, layers: Sequence[LayerStatistics]) -> NonFinite | None:
    """Where NaN or infinity appeared first, or None.

    Weights come before outputs: with broken weights everything behind them is broken too. Gradients
    flow from the last layer to the first, and what breaks one layer's breaks the weights of all in
    front of it, so of several layers with broken weights or gradients the last one was the first.

    Args:
        inputs: The network's input.
        layers: The layers in the order of the forward pass.
    """
    if inputs.nonfinite:
        return NonFinite("", "input", inputs.nonfinite)
    for layer in reversed(layers):
        if layer.weights is not None and layer.weights.nonfinite:
            return NonFinite(layer.name, "weights", layer.weights.nonfinite)
    for layer in layers:
        if layer.outputs.nonfinite:
            return NonFinite(layer.name, "outputs", layer.outputs.nonfinite)
    for layer in reversed(layers):
        if layer.gradients is not None and layer.gradients.nonfinite:
            return NonFinite(layer.name, "gradients", layer.gradients.nonfinite)
    return None


@dataclass(frozen=True)
class RunStatistics:
    """A look inside a run: one forward and one backward pass over a few training samples.

    Attributes:
        epoch: Epochs completed.
        batch: Steps completed in the epoch under way; 0 between two epochs.
        samples: Number of samples looked at.
        loss: Their mean loss.
        inputs: The network's input.
        layers: The layers that compute something, in the order of the forward pass.
    """

    epoch: int
    batch: int
    samples: int
    loss: float
    inputs: ValueStatistics
    layers: tuple[LayerStatistics, ...]

    @cached_property
    def nonfinite(self) -> NonFinite | None:
        """Where NaN or infinity appeared first, or None."""
        return first_nonfinite(self.inputs, self.layers)

    @cached_property
    def trainable(self) -> tuple[LayerStatistics, ...]:
        """The layers that learn."""
        return tuple(layer for layer in self.layers if layer.gradients is not None)

    @property
    def gradient_norm(self) -> float:
        """L2 norm of the gradient over all layers."""
        return math.hypot(*(layer.gradients.norm for layer in self.trainable if layer.gradients))

    @property
    def update_ratio(self) -> float | None:
        """Median of the layers' update:weight ratios (log10), or None where none is known."""
        known = sorted(layer.update_ratio for layer in self.trainable if layer.update_ratio is not None)
        return known[len(known) // 2] if known else None
