"""Batch and layer normalisation, in place and a cache-sized piece at a time.

Sums run over at most a few hundred float32 values in a row and are then added up in float64, and
the variance comes from values whose mean was taken off before (Chan, Golub & LeVeque, "Algorithms
for computing the sample variance", 1983). So neither many values per channel nor a large offset
costs digits. Nothing as large as a batch is kept for the backward pass: it takes the mean off again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nnstudio.core.activations import ActivationFunction
from nnstudio.engine.ops import activations
from nnstudio.engine.ops.shared import SharedOps
from nnstudio.layers.ops import Normalisation, Statistics

Array = Any

PIECE = 65_536
"""Values that all steps of a pass are done on before the next ones: they stay in the second-level cache."""
PIECES = 8
"""Pieces that a thread takes at a time."""
_WIDTH = 512  # few channels are laid side by side up to this width, since NumPy is slow in short rows
_SLOT = 6  # activations use the slots below on the same pieces


class NormalisationOps(SharedOps):
    """The primitives of normalisation layers."""

    def batch_statistics(
        self,
        x: Array,
        statistics: Statistics,
        moving: tuple[Array, Array],
        momentum: float,
        epsilon: float,
    ) -> None:
        """The statistics of a batch ``(..., C)``; moves the running mean and variance towards them."""
        mean, variance = statistics.mean, statistics.variance
        self.moments(x, mean, variance)
        for running, found in zip(moving, (mean, variance), strict=True):
            running[...] = momentum * running + (1 - momentum) * found
        statistics.inverse[...] = (variance + epsilon) ** -0.5

    def moving_statistics(self, statistics: Statistics, moving: tuple[Array, Array], epsilon: float) -> None:
        """The running mean and variance as the statistics."""
        statistics.mean[...], statistics.variance[...] = moving
        statistics.inverse[...] = (statistics.variance + epsilon) ** -0.5

    def moments(self, x: Array, mean: Array, variance: Array) -> None:
        """Mean and biased variance of every channel: ``(..., C) -> (C,)``, float64."""
        xp, channels = self.xp, x.shape[-1]
        count = x.size // channels
        mean[...] = sum(self._piecewise(lambda piece: _channel_sums(piece, channels), x))
        near = (mean / count).astype(x.dtype)  # what rounding takes off here is added again at the end
        near_wide = _wide(near)

        def compute(piece: Array) -> Array:
            centred = self.scratch(_SLOT, piece.shape, piece.dtype)
            xp.subtract(piece, near_wide[: piece.shape[1]], out=centred)
            rest = _channel_sums(centred, channels)
            xp.multiply(centred, centred, out=centred)
            return np.stack([rest, _channel_sums(centred, channels)])

        rest, variance[...] = sum(self._piecewise(compute, x)) / count
        variance -= rest * rest
        xp.maximum(variance, 0, out=variance)
        xp.add(near, rest, out=mean)

    def batch_norm(
        self, x: Array, norm: Normalisation, function: ActivationFunction, z: Array, out: Array
    ) -> Array:
        """``z = gamma · (x − mean) · inverse + beta`` and ``out = f(z)`` in one pass."""
        xp, channels = self.xp, x.shape[-1]
        near = norm.mean.astype(x.dtype)
        factor = _factor(norm)
        shift = (near - norm.mean) * factor  # of what the rounded mean leaves
        if norm.beta is not None:
            shift += norm.beta
        near, factor, shift = (_wide(vector.astype(x.dtype)) for vector in (near, factor, shift))

        def compute(source: Array, part: Array, end: Array) -> None:
            width = source.shape[1]
            xp.subtract(source, near[:width], out=part)
            xp.multiply(part, factor[:width], out=part)
            xp.add(part, shift[:width], out=part)
            rows = part.reshape(-1, channels)
            finished = rows if z is out else end.reshape(-1, channels)
            self._activate_piece(function, rows, finished)

        self._piecewise(compute, x, z, out)
        return out

    def _activate_piece(self, function: ActivationFunction, z: Array, out: Array) -> None:
        activations.forward(self.xp, function, z, out, lambda slot: self.scratch(slot, z.shape, z.dtype))

    def batch_norm_backward(
        self,
        dz: Array,
        x: Array,
        norm: Normalisation,
        d_gamma: Array | None,
        d_beta: Array | None,
        *,
        of_batch: bool,
        needs_dx: bool,
    ) -> Array | None:
        """Gradients of :meth:`batch_norm`; ``dx``, if needed, in place of ``dz``.

        With ``x̂ = (x − mean) · inverse`` and M values per channel (Ioffe & Szegedy, 2015)::

            dbeta = Σ dz,  dgamma = Σ dz·x̂
            dx    = gamma · inverse · (dz − dbeta/M − x̂·dgamma/M)

        where the last two terms fall away for statistics that don't follow from the batch.
        """
        dz = self.xp.ascontiguousarray(dz)
        near = norm.mean.astype(x.dtype)
        of_dz, of_product = self._backward_sums(dz, x, near)
        of_product -= (norm.mean - near) * of_dz
        of_product *= norm.inverse
        if d_beta is not None:
            d_beta[...] = of_dz
        if d_gamma is not None:
            d_gamma[...] = of_product
        if not needs_dx:
            return None
        share = x.shape[-1] / x.size if of_batch else 0.0  # 1/M
        slope = norm.inverse * of_product * share  # of x − mean
        shift = of_dz * share - slope * (norm.mean - near)
        self._backward_dx(dz, x, near, slope, shift, _factor(norm))
        return dz

    def _backward_sums(self, dz: Array, x: Array, near: Array) -> tuple[Array, Array]:
        """``Σ dz`` and ``Σ dz·(x − near)``."""
        xp, channels, near = self.xp, x.shape[-1], _wide(near)

        def compute(piece: Array, source: Array) -> Array:
            product = self.scratch(_SLOT, piece.shape, piece.dtype)
            xp.subtract(source, near[: piece.shape[1]], out=product)
            xp.multiply(product, piece, out=product)
            return np.stack([_channel_sums(piece, channels), _channel_sums(product, channels)])

        of_dz, of_product = sum(self._piecewise(compute, dz, x))
        return of_dz, of_product

    def _backward_dx(
        self, dz: Array, x: Array, near: Array, slope: Array, shift: Array, factor: Array
    ) -> None:
        """``dz ← (dz − shift − slope·(x − near)) · factor``."""
        xp = self.xp
        near, slope, shift, factor = (_wide(v.astype(x.dtype)) for v in (near, slope, shift, factor))

        def compute(piece: Array, source: Array) -> None:
            width = piece.shape[1]
            term = self.scratch(_SLOT, piece.shape, piece.dtype)
            xp.subtract(source, near[:width], out=term)
            xp.multiply(term, slope[:width], out=term)
            xp.subtract(piece, shift[:width], out=piece)
            xp.subtract(piece, term, out=piece)
            xp.multiply(piece, factor[:width], out=piece)

        self._piecewise(compute, dz, x)

    def _piecewise(self, compute: Callable[..., Array | None], *arrays: Array) -> list[Any]:
        """What a function gives for each of the :func:`pieces` of some arrays, in their order."""
        work = list(pieces(arrays[0].shape[-1], *arrays))
        found: list[Any] = [None] * len(work)

        def some(part: slice) -> None:
            found[part] = [compute(*piece) for piece in work[part]]

        self.share(some, self.parts(len(work), 1, PIECES))
        return found

    def layer_norm(self, x: Array, norm: Normalisation, epsilon: float, out: Array) -> Array:
        """``out = gamma · (x − mean) · inverse + beta`` over the last axis; fills the statistics."""
        xp = self.xp
        for mean, inverse, source, y in _rows(norm, x, out):
            xp.mean(source, axis=1, keepdims=True, out=mean)
            xp.subtract(source, mean, out=y)
            rest = xp.mean(y, axis=1, keepdims=True, out=inverse)
            xp.subtract(y, rest, out=y)  # what rounding left of the mean, else constants came out as ±1
            xp.add(mean, rest, out=mean)
            square = self.scratch(_SLOT, y.shape, y.dtype)
            xp.multiply(y, y, out=square)
            xp.mean(square, axis=1, keepdims=True, out=inverse)
            xp.add(inverse, inverse.dtype.type(epsilon), out=inverse)
            xp.sqrt(inverse, out=inverse)
            xp.reciprocal(inverse, out=inverse)
            xp.multiply(y, inverse, out=y)
            if norm.gamma is not None:
                xp.multiply(y, norm.gamma, out=y)
            if norm.beta is not None:
                xp.add(y, norm.beta, out=y)
        return out

    def layer_norm_backward(
        self,
        dy: Array,
        x: Array,
        norm: Normalisation,
        d_gamma: Array | None,
        d_beta: Array | None,
        *,
        needs_dx: bool,
    ) -> Array | None:
        """Gradients of :meth:`layer_norm`; ``dx``, if needed, in place of ``dy``.

        With ``g = gamma · dy`` and means over the C values of a row (Ba, Kiros & Hinton, 2016)::

            dbeta = Σ dy,  dgamma = Σ dy·x̂,  dx = inverse · (g − mean g − x̂ · mean g·x̂)
        """
        xp, channels = self.xp, x.shape[-1]
        dy = xp.ascontiguousarray(dy)
        of_dy, of_product = xp.zeros(channels), xp.zeros(channels)
        for mean, inverse, gradient, source in _rows(norm, dy, x):
            unit = self.scratch(_SLOT, source.shape, source.dtype)
            product = self.scratch(_SLOT + 1, source.shape, source.dtype)
            xp.subtract(source, mean, out=unit)
            xp.multiply(unit, inverse, out=unit)  # x̂
            xp.multiply(gradient, unit, out=product)
            of_dy += _channel_sums(gradient, channels)
            of_product += _channel_sums(product, channels)
            if needs_dx:
                self._layer_dx(gradient, unit, product, inverse, norm.gamma)
        if d_beta is not None:
            d_beta[...] = of_dy
        if d_gamma is not None:
            d_gamma[...] = of_product
        return dy if needs_dx else None

    def _layer_dx(self, dy: Array, unit: Array, product: Array, inverse: Array, gamma: Array | None) -> None:
        """``dy ← inverse · (g − mean g − x̂ · mean g·x̂)``; ``product`` holds ``dy·x̂``."""
        xp = self.xp
        per_row = self.scratch(_SLOT + 2, inverse.shape, inverse.dtype)
        if gamma is not None:
            xp.multiply(dy, gamma, out=dy)
            xp.multiply(product, gamma, out=product)
        xp.mean(product, axis=1, keepdims=True, out=per_row)
        xp.multiply(unit, per_row, out=unit)
        xp.mean(dy, axis=1, keepdims=True, out=per_row)
        xp.subtract(dy, per_row, out=dy)
        xp.subtract(dy, unit, out=dy)
        xp.multiply(dy, inverse, out=dy)


def pieces(channels: int, *arrays: Array) -> Iterator[tuple[Array, ...]]:
    """The same values of all arrays, a cache-sized piece at a time.

    Args:
        channels: Length of the last axis.
        arrays: ``(..., C)``, all of one shape; those that are written must be contiguous.

    Yields:
        Views ``(rows, k·C)``: k positions side by side in each row.
    """
    flat = [array.reshape(-1, channels) for array in arrays]  # (n, H, W, C) -> (M, C)
    count, side = len(flat[0]), _side(channels)
    whole = count - count % side
    step = max(1, PIECE // (side * channels)) * side
    for start in range(0, whole, step):
        stop = min(start + step, whole)
        yield tuple(array[start:stop].reshape(-1, side * channels) for array in flat)
    if whole < count:
        yield tuple(array[whole:] for array in flat)


def _rows(norm: Normalisation, *arrays: Array) -> Iterator[tuple[Array, ...]]:
    """:func:`pieces` as ``(rows, C)``, behind their mean and inverse ``(rows, 1)``."""
    channels, start = arrays[0].shape[-1], 0
    mean, inverse = norm.mean.reshape(-1, 1), norm.inverse.reshape(-1, 1)
    for piece in pieces(channels, *arrays):
        rows = [array.reshape(-1, channels) for array in piece]
        part = slice(start, start + len(rows[0]))
        yield mean[part], inverse[part], *rows
        start = part.stop


def _side(channels: int) -> int:
    """Positions side by side in a row of a piece."""
    return max(1, _WIDTH // channels)


def _wide(vector: Array) -> Array:
    """A value per channel, repeated to the width of the pieces; its front fits narrower ones."""
    return np.tile(vector, _side(len(vector)))


def _channel_sums(piece: Array, channels: int) -> Array:
    """Sum of every channel over a piece: ``(C,)``, float64."""
    width = _side(channels) * channels
    wide = piece.reshape(-1, channels if piece.size % width else width)
    return wide.sum(axis=0).reshape(-1, channels).sum(axis=0, dtype=np.float64)


def _factor(norm: Normalisation) -> Array:
    """What ``x − mean`` is multiplied by, ``(C,)``."""
    return norm.inverse if norm.gamma is None else norm.inverse * norm.gamma
