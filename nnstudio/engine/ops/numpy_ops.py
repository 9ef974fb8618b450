"""The compute primitives in NumPy: the readable reference, and the portable path."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.engine.crew import Crew
from nnstudio.engine.ops import activations, noise
from nnstudio.engine.ops.composed import ComposedOps
from nnstudio.engine.ops.convolution import ConvolutionOps
from nnstudio.engine.ops.depthwise import DepthwiseOps
from nnstudio.engine.ops.normalisation import NormalisationOps
from nnstudio.engine.ops.padding import PaddingOps
from nnstudio.engine.ops.pooling import PoolingOps
from nnstudio.engine.ops.products import ProductOps

Array = Any

LEAST_DRAWN = 20_000
"""Values of a dropout mask from which a helper draws it: 5 ns each."""


class NumpyOps(
    ComposedOps, ConvolutionOps, DepthwiseOps, NormalisationOps, PaddingOps, PoolingOps, ProductOps
):
    """Primitives that write into arrays they are given.

    One object serves one thread and its crew: it keeps the scratch arrays that the primitives need, so
    a step allocates nothing as large as a batch.

    Args:
        crew: Helps that thread with large arrays; None for nobody.
    """

    def __init__(self, crew: Crew | None = None) -> None:
        super().__init__(crew)
        self._rows = np.arange(0)
        self._drawn: dict[int, Callable[[], None]] = {}  # by key: waits until a mask is there

    def affine(self, x: Array, kernel: Array, bias: Array | None, out: Array) -> Array:
        """``out = x @ kernel + bias``: ``(n, N) @ (N, U) + (U,) -> (n, U)``."""
        self.product(x, kernel, out, bias)
        return out

    def affine_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """``d_kernel = xᵀ @ dz``, ``d_bias = Σ dz``, ``dx = dz @ kernelᵀ``."""
        if d_kernel is not None:
            self.product(x.T, dz, d_kernel, later=True)  # (N, n) @ (n, U) -> (N, U)
        if d_bias is not None:
            self.row_sum(dz, 0, d_bias)  # (n, U) -> (U,)
        if dx is not None:
            self.input_gradient(dz, kernel, dx)  # (n, U) @ (U, N) -> (n, N)

    def activate(self, function: ActivationFunction, z: Array, out: Array) -> Array:
        """``out = f(z)``; ``out`` may be ``z``."""
        if z.nbytes <= self.block_bytes:
            self._activate_piece(function, z, out)
            return out

        def compute(part: slice) -> None:
            there = z[part]
            self._activate_piece(function, there, there if out is z else out[part])

        self.share(compute, self.parts(len(z), z[:1].nbytes))
        return out

    def activate_backward(self, function: ActivationFunction, dy: Array, y: Array, z: Array | None) -> Array:
        """``dy * f'(z)``, in place of ``dy``."""
        if function == LINEAR:
            return dy
        if dy.nbytes <= self.block_bytes:
            self._activate_backward_piece(function, dy, y, z)
            return dy

        def compute(part: slice) -> None:
            self._activate_backward_piece(function, dy[part], y[part], None if z is None else z[part])

        self.share(compute, self.parts(len(dy), dy[:1].nbytes))
        return dy

    def _activate_backward_piece(
        self, function: ActivationFunction, dy: Array, y: Array, z: Array | None
    ) -> None:
        activations.backward(np, function, dy, y, z, lambda slot: self.scratch(slot, dy.shape, dy.dtype))

    def begin_dropout(self, rate: float, key: int, mask: Array) -> None:
        """A helper begins to draw a large mask."""
        if mask.size >= LEAST_DRAWN:
            self._drawn[key] = self.crew.begin([partial(self._draw, rate, key, mask)], soon=True)

    def dropout(self, x: Array, rate: float, key: int, mask: Array, out: Array) -> Array:
        """``out = x * mask`` with a mask of zeros and ``1 / (1 - rate)`` that follows from ``key``."""
        self._drawn.pop(key, partial(self._draw, rate, key, mask))()
        return np.multiply(x, mask, out=out)

    def _draw(self, rate: float, key: int, mask: Array) -> None:
        bits = noise.random_bits(key, mask.size, self.scratch).reshape(mask.shape)
        np.greater_equal(bits, np.uint32(round(rate * 2**32)), out=mask)
        np.multiply(mask, mask.dtype.type(1 / (1 - rate)), out=mask)

    def gaussian_noise(self, x: Array, stddev: float, key: int, out: Array) -> Array:
        """``out = x + stddev · N(0, 1)``; what is added follows from ``key`` and the position."""
        normal = noise.standard_normal(key, x.size, x.dtype, self.scratch).reshape(x.shape)
        np.multiply(normal, x.dtype.type(stddev), out=normal)
        return np.add(x, normal, out=out)

    def copy(self, x: Array, out: Array) -> Array:
        """``out = x``."""
        np.copyto(out, x)
        return out

    def add(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a + b``."""
        return np.add(a, b, out=out)

    def multiply(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a * b``."""
        return np.multiply(a, b, out=out)

    def softmax_cross_entropy(
        self, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Summed ``log Σ e^(z−max) − (z_label − max)`` and hits; gradient ``softmax − onehot``."""
        (n, k), rows = logits.shape, self._row_numbers(len(logits))
        z, e = (self.scratch(slot, (k, n), logits.dtype) for slot in (0, 1))
        np.copyto(z, logits.T)  # whose rows are long, so that the largest and the sum are found faster
        np.subtract(z, z.max(axis=0), out=z)  # (k, n), 0 at the largest
        np.exp(z, out=e)
        total = e.sum(axis=0)  # (n,)
        loss = float((np.log(total) - z[labels, rows]).sum(dtype=np.float64))
        hits = int(np.count_nonzero(logits.argmax(axis=1) == labels))
        if gradient is not None:
            np.divide(e.T, total[:, None], out=gradient)
            gradient[rows, labels] -= 1
        return loss, hits

    def sigmoid_cross_entropy(
        self, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Summed ``max(z,0) − z·t + log(1 + e^−|z|)`` over the mean of the outputs, and hits."""
        n, k = logits.shape
        target = self.scratch(0, logits.shape, logits.dtype)
        if k == 1:
            target[:, 0] = labels
            hits = int(np.count_nonzero((logits[:, 0] > 0) == labels))
        else:
            target[...] = 0
            target[self._row_numbers(n), labels] = 1
            hits = int(np.count_nonzero(logits.argmax(axis=1) == labels))
        term = self.scratch(1, logits.shape, logits.dtype)
        np.abs(logits, out=term)
        np.negative(term, out=term)
        np.exp(term, out=term)
        np.log1p(term, out=term)
        loss = float(term.sum(dtype=np.float64))
        np.maximum(logits, 0, out=term)
        loss += float(term.sum(dtype=np.float64))
        np.multiply(logits, target, out=term)
        loss -= float(term.sum(dtype=np.float64))
        if gradient is not None:
            self.activate(ActivationFunction("sigmoid"), logits, gradient)
            np.subtract(gradient, target, out=gradient)
            np.divide(gradient, k, out=gradient)
        return loss / k, hits

    def _row_numbers(self, n: int) -> Array:
        if len(self._rows) < n:
            self._rows = np.arange(n)
        return self._rows[:n]
