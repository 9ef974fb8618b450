"""Batch and layer normalisation."""

from __future__ import annotations

from typing import Any

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.engine.ops.gpu import sources
from nnstudio.engine.ops.gpu.pointwise import PointwiseOps
from nnstudio.layers.ops import Normalisation, Statistics

Array = Any

_PART, _SQUARES, _LINES = 0, 5, 6  # scratch slots


class NormaliseOps(PointwiseOps):
    """The primitives of normalisation layers; letters: M values of each of C channels."""

    def batch_statistics(
        self,
        x: Array,
        statistics: Statistics,
        moving: tuple[Array, Array],
        momentum: float,
        epsilon: float,
    ) -> None:
        """The statistics of a batch ``(..., C)``; moves the running mean and variance towards them."""
        channels = x.shape[-1]
        count = x.size // channels
        strips = self.strips(count, channels)
        means = self.scratch(_PART, (strips.chunks, channels), x.dtype)
        squares = self.scratch(_SQUARES, (strips.chunks, channels), x.dtype)
        self.launch.strips("chunk_moments", strips, x, means, squares, *strips.shape)
        found = (statistics.mean, statistics.variance, statistics.inverse)
        numbers = (count, channels, strips.chunk_rows, float(momentum), float(epsilon))
        arguments = (means, squares, *found, *moving, self.alive, *numbers)
        self.launch.rows("batch_statistics", channels, strips.chunks, *arguments)

    def moving_statistics(self, statistics: Statistics, moving: tuple[Array, Array], epsilon: float) -> None:
        """The running mean and variance as the statistics."""
        found = (statistics.mean, statistics.variance, statistics.inverse)
        channels = statistics.mean.size
        self.launch.each("moving_statistics", channels, *moving, *found, channels, float(epsilon))

    def batch_norm(
        self, x: Array, norm: Normalisation, function: ActivationFunction, z: Array, out: Array
    ) -> Array:
        """``z = gamma · (x − mean) · inverse + beta`` and ``out = f(z)``; ``out`` may be ``z``."""
        softmax = function.name == "softmax"
        target, kept = (z, None) if softmax else (out, None if z is out else z)
        source = sources.activation(LINEAR if softmax else function, self._dtype)
        learnt = (norm.mean, norm.inverse, norm.gamma, norm.beta)
        arguments = (x, *learnt, kept, target, x.size, x.shape[-1])
        self.launch.each("batch_norm", x.size, *arguments, source=source)
        return self.activate(function, z, out) if softmax else out

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
        """Gradients of :meth:`batch_norm`; ``dx``, if needed, in place of ``dz``."""
        channels = x.shape[-1]
        count = x.size // channels
        strips = self.strips(count, channels)
        sums = self.scratch(_PART, (2, strips.chunks, channels), x.dtype)
        lines = self.scratch(_LINES, (2, channels), x.dtype)
        self.launch.strips("batch_norm_sums", strips, dz, x, norm.mean, sums, *strips.shape)
        gradients = (sums, norm.mean, norm.inverse, d_gamma, d_beta, lines)
        numbers = (count, channels, strips.chunk_rows, of_batch)
        self.launch.rows("batch_norm_gradients", channels, strips.chunks, *gradients, *numbers)
        if not needs_dx:
            return None
        arguments = (dz, x, norm.mean, norm.inverse, norm.gamma, lines, count, channels)
        self.launch.each("batch_norm_input", x.size, *arguments)
        return dz

    def layer_norm(self, x: Array, norm: Normalisation, epsilon: float, out: Array) -> Array:
        """``out = gamma · (x − mean) · inverse + beta`` over the last axis; fills the statistics."""
        rows, channels = x.size // x.shape[-1], x.shape[-1]
        arguments = (x, norm.gamma, norm.beta, norm.mean, norm.inverse, out, rows, channels)
        self.launch.rows("layer_norm", rows, channels, *arguments, float(epsilon))
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
        """Gradients of :meth:`layer_norm`; ``dx``, if needed, in place of ``dy``."""
        rows, channels = x.size // x.shape[-1], x.shape[-1]
        statistics = (norm.mean, norm.inverse)
        if d_gamma is not None or d_beta is not None:
            strips = self.strips(rows, channels)
            chunks = strips.chunks
            sums = self.scratch(_PART, (2, chunks, channels), x.dtype)
            self.launch.strips("layer_norm_sums", strips, dy, x, *statistics, sums, *strips.shape)
            for part, total in zip(sums, (d_beta, d_gamma), strict=True):
                if total is not None:
                    self.launch.rows("sum_of_chunks", channels, chunks, part, total, chunks, channels)
        if not needs_dx:
            return None
        self.launch.rows("layer_norm_input", rows, channels, dy, x, *statistics, norm.gamma, rows, channels)
        return dy
