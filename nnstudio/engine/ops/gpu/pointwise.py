"""Primitives on single values, and sums down columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnstudio.core.activations import ActivationFunction
from nnstudio.engine.ops.gpu import sources
from nnstudio.engine.ops.gpu.clock import ClockKey
from nnstudio.engine.ops.gpu.device import Device, Launcher
from nnstudio.engine.ops.gpu.strips import Strips, strips_of
from nnstudio.engine.ops.scratch import ScratchOps

Array = Any

_PART = 0  # scratch slot
_ALONE = ("linear", "softmax")
"""Activations that have no elementwise kernel: nothing to do, or whole rows at a time."""


class PointwiseOps(ScratchOps):
    """Activations, noise and sums.

    Args:
        device: Where to compute.
        dtype: Type of all values.

    Attributes:
        alive: 0 as soon as a loss was not finite, ``(1,)`` int32 on the device: running statistics and
            weights then stay as they are.
    """

    few_rows = 1024
    """Up to so many rows a block adds up whole columns: cheaper than to start a second kernel."""
    least_chunk = 16
    """Of more rows a thread adds up so many at least."""
    most_chunks = 4096
    """Parts that a sum by single threads is cut into at most."""

    def __init__(self, device: Device, dtype: Any = np.float32) -> None:
        super().__init__()
        self.xp = device.xp
        self.device = device
        self.launch = Launcher(device, dtype)
        self.alive = self.xp.ones(1, np.int32)
        self._dtype = self.launch.dtype.name

    def activate(self, function: ActivationFunction, z: Array, out: Array) -> Array:
        """``out = f(z)``; ``out`` may be ``z``."""
        return self.finish(function, z, None, z, out)

    def finish(
        self, function: ActivationFunction, values: Array, bias: Array | None, z: Array, out: Array
    ) -> Array:
        """``z = values + bias`` and ``out = f(z)`` in one pass, for ``(..., C)`` and ``(C,)``.

        ``values`` may be ``z``, and ``out``, too.
        """
        columns = values.shape[-1]
        if function.name == "softmax":
            if bias is not None:
                self.finish(ActivationFunction("linear"), values, bias, z, z)
            self.launch.rows("softmax", z.size // columns, columns, z, out, z.size // columns, columns)
            return out
        if function.name == "linear" and bias is None and values is out:
            return out
        kept = None if z is out or (bias is None and z is values) else z
        source = sources.activation(function, self._dtype)
        self.launch.each("activate", z.size, values, bias, kept, out, z.size, columns, source=source)
        return out

    def activate_backward(self, function: ActivationFunction, dy: Array, y: Array, z: Array | None) -> Array:
        """``dy * f'(z)``, in place of ``dy``."""
        return self.activate_and_sum(function, dy, y, z, None)

    def activate_and_sum(
        self, function: ActivationFunction, dy: Array, y: Array, z: Array | None, sums: Array | None
    ) -> Array:
        """``dz = dy * f'(z)``, in place of ``dy``, and ``sums = Σ dz`` over all but the last axis."""
        columns = dy.shape[-1]
        rows = dy.size // columns
        if function.name in _ALONE:
            if function.name == "softmax":
                self.launch.rows("softmax_input", rows, columns, dy, y, rows, columns)
            if sums is not None:
                self.column_sums(dy, sums)
            return dy
        source = sources.activation(function, self._dtype)
        if sums is None:
            self.launch.each("activate_backward", dy.size, dy, y, z, dy.size, source=source)
            return dy
        strips = self.strips(rows, columns)
        part = self._part(strips, sums)
        arguments = (dy, y, z, part, *strips.shape)
        self.launch.strips("activate_backward_and_sum", strips, *arguments, source=source)
        self._add_chunks(part, sums)
        return dy

    def column_sums(self, matrix: Array, sums: Array) -> None:
        """``sums = Σ`` over all but the last axis, ``(..., C) -> (C,)``."""
        columns = matrix.shape[-1]
        rows = matrix.size // columns
        strips = self.strips(rows, columns)
        part = self._part(strips, sums)
        self.launch.strips("sum_chunks", strips, matrix, part, *strips.shape)
        self._add_chunks(part, sums)

    def strips(self, rows: int, columns: int) -> Strips:
        """How sums down columns are shared out to blocks."""
        device = self.device
        enough = max(4, device.most_blocks // 8)
        return strips_of(rows, columns, device.threads, enough, self.few_rows, self.least_chunk)

    def chunks(self, rows: int, columns: int) -> tuple[int, int]:
        """How they are shared out to single threads: rows of a chunk, and number of chunks."""
        if rows <= self.few_rows:
            return rows, 1
        enough = self.device.threads * self.device.most_blocks
        step = max(self.least_chunk, -(-rows // self.most_chunks), rows * columns // enough)
        return step, -(-rows // step)

    def _part(self, strips: Strips, sums: Array) -> Array:
        """Where the strips' sums go: to the end, if each goes over all rows."""
        if strips.chunks == 1:
            return sums
        return self.scratch(_PART, (strips.chunks, strips.columns), sums.dtype)

    def _add_chunks(self, part: Array, sums: Array) -> None:
        if part is not sums:
            chunks, columns = len(part), sums.size
            self.launch.rows("sum_of_chunks", columns, chunks, part, sums, chunks, columns)

    def begin_dropout(self, rate: float, key: int, mask: Array) -> None:
        """Nothing: the mask is drawn where it is used."""

    def dropout(self, x: Array, rate: float, key: int, mask: Array, out: Array) -> Array:
        """``out = x * mask`` with a mask of zeros and ``1 / (1 - rate)`` that follows from ``key``."""
        numbers = (mask.size, *_key(key), float(round(rate * 2**32)), 1 / (1 - rate))
        if mask.size == x.size:
            self.launch.each("dropout", mask.size, x, mask, out, *numbers)
            return out
        self.launch.each("dropout_mask", mask.size, mask, *numbers)
        return self.multiply(x, mask, out)

    def gaussian_noise(self, x: Array, stddev: float, key: int, out: Array) -> Array:
        """``out = x + stddev · N(0, 1)``; what is added follows from ``key`` and the position."""
        self.launch.each("gaussian_noise", x.size, x, out, x.size, *_key(key), float(stddev))
        return out

    def copy(self, x: Array, out: Array) -> Array:
        """``out = x``."""
        self.launch.copy(x, out)
        return out

    def add(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a + b``."""
        self.launch.each("add", out.size, a, b, out, out.size)
        return out

    def multiply(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a * b``; ``b`` may be the same for all pixels of an image, ``(n, 1, 1, C)``."""
        pixels = 1 if b.size == a.size else math.prod(a.shape[1:-1])
        self.launch.each("times_mask", out.size, a, b, out, out.size, pixels, a.shape[-1])
        return out


def _key(key: int) -> tuple[Any, ...]:
    """The kernels' parameters ``KEY``: the lower and the upper 32 bits, and what else it follows from."""
    halves = (np.uint32(key & 0xFFFFFFFF), np.uint32(key >> 32))
    return (*halves, key.clock.now, key.layer) if isinstance(key, ClockKey) else (*halves, None, 0)
