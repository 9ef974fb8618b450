"""A network's training step as a table of operations, which one compiled function runs.

Whatever the architecture, :mod:`.kernels.interpreter` is the same machine code; only the table differs. An
operation is a row of integers (its code, addresses, strides in bytes, sizes) and a row of floats.

This module is the only door to raw memory. It takes arrays, checks that their shapes, types and
layouts fit the operation, and only then writes down where they lie. The arrays are kept alive here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT

_ALIGNED = 16
"""Floats that a row begins at a multiple of: a cache line."""


class Matrix:
    """A value for every sample and feature of a batch, ``(batch, width)``.

    Rows lie behind each other without gaps, except where their size would put the same column of many
    rows into the same few places of the first-level cache; then a gap of a cache line spreads them.

    Args:
        batch: Most samples.
        width: Features.
    """

    def __init__(self, batch: int, width: int) -> None:
        stride = width + _ALIGNED if width >= 128 and width % 64 == 0 else width
        self.width = width
        self.array = aligned(batch * stride).reshape(batch, stride)

    @property
    def batch(self) -> int:
        """Most samples."""
        return len(self.array)

    @property
    def address(self) -> int:
        """Where it begins."""
        return int(self.array.ctypes.data)

    @property
    def row(self) -> int:
        """Stride by sample, in bytes."""
        return int(self.array.strides[0])


@dataclass(frozen=True, eq=False)
class Weights:
    """One weight array, with what its update needs.

    Attributes:
        values: The weights, a view into the flat vector.
        gradient: Where whole gradients are wanted first: a view into the gradient vector. None to go from
            each tile of the gradient straight to the weights.
        offset: Place of the first weight in the flat vectors.
        decayed: The optimizer shrinks it.
        l1: λ of the penalty's Σ|w|.
        l2: λ of Σw².
    """

    values: NDArray[np.float32]
    gradient: NDArray[np.float32] | None
    offset: int
    decayed: bool = False
    l1: float = 0.0
    l2: float = 0.0


class Program:
    """Operations in order, as they are added.

    Args:
        batch: Most samples of a step; every matrix must have as many rows.

    Attributes:
        batch: Most samples of a step.
        by_features: Threads share the results of what is added now by features, not by samples.
    """

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.by_features = False
        self._integers: list[list[int]] = []
        self._reals: list[list[float]] = []
        self._kept: list[Any] = []

    def tables(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The operations: integers ``(n, codes.INTEGERS)`` and floats ``(n, codes.REALS)``."""
        integers = np.zeros((len(self._integers), codes.INTEGERS), np.int64)
        reals = np.zeros((len(self._reals), codes.REALS), np.float32)
        for i, (row, numbers) in enumerate(zip(self._integers, self._reals, strict=True)):
            integers[i, : len(row)] = row
            reals[i, : len(numbers)] = numbers
        return integers, reals

    def matrix(self, width: int) -> Matrix:
        """A new matrix for this program's batches."""
        return Matrix(self.batch, width)

    def barrier(self) -> None:
        """All threads wait for each other."""
        if self._integers and self._integers[-1][0] != codes.BARRIER:
            self._add(codes.BARRIER)

    def gather(
        self,
        raw: NDArray[Any],
        offset: float | NDArray[np.float32],
        scale: float | NDArray[np.float32],
        x: Matrix,
    ) -> None:
        """``x = (raw[rows] − offset)·scale``.

        Args:
            raw: All samples, ``(rows, width)``, uint8 or float32.
            offset: One number, or one per feature, ``(width,)``.
            scale: Likewise.
            x: Where they go.
        """
        _require(raw.ndim == 2 and raw.shape[1] == x.width and raw.flags.c_contiguous, "samples")
        _require(raw.dtype in (np.uint8, np.float32), "samples")
        each = [0, 0]
        if isinstance(offset, np.ndarray) or isinstance(scale, np.ndarray):
            vectors = [np.broadcast_to(np.float32(v), (x.width,)).copy() for v in (offset, scale)]
            each = [self._vector(vector, x.width) for vector in vectors]
            offset, scale = 0.0, 1.0
        self._kept.append(raw)
        size = raw.itemsize
        self._add(
            codes.GATHER,
            raw.ctypes.data,
            size,
            x.width,
            *self._place(x),
            *each,
            reals=(float(offset), float(scale)),
        )

    def affine(
        self,
        x: Matrix,
        kernel: NDArray[np.float32],
        bias: NDArray[np.float32] | None,
        out: Matrix,
        *,
        rectify: bool = False,
    ) -> None:
        """``out = x @ kernel + bias``, cut at 0 with ``rectify``."""
        self._add(
            codes.AFFINE,
            *self._place(x),
            self._vector(kernel, x.width * out.width),
            0 if bias is None else self._vector(bias, out.width),
            *self._place(out),
            x.width,
            out.width,
            int(rectify),
        )

    def affine_input(self, dz: Matrix, kernel: NDArray[np.float32], dx: Matrix) -> None:
        """``dx = dz @ kernelᵀ``."""
        weights = self._vector(kernel, dx.width * dz.width)
        self._add(codes.AFFINE_INPUT, *self._place(dz), weights, *self._place(dx), dx.width, dz.width)

    def copy(self, source: Matrix, target: Matrix) -> None:
        """``target = source``."""
        _require(source.width == target.width, "copy")
        self._add(codes.COPY, *self._place(source), source.width, *self._place(target))

    def activate(self, function: int, alpha: float, values: Matrix) -> None:
        """``f(values)`` in place."""
        self._add(codes.ACTIVATE, *self._place(values), values.width, function, reals=(alpha,))

    def activate_backward(self, function: int, alpha: float, dy: Matrix, y: Matrix, z: Matrix | None) -> None:
        """``dy·f'(z)`` in place of ``dy``."""
        given = y if z is None else z
        _require(dy.row == y.row == given.row and dy.width == y.width == given.width, "activation")
        places = (*self._place(dy), dy.width, self._place(y)[0], self._place(given)[0])
        self._add(codes.ACTIVATE_BACKWARD, *places, function, reals=(alpha,))

    def softmax(self, values: Matrix) -> None:
        """``softmax(values)`` in place."""
        self._add(codes.SOFTMAX, *self._place(values), values.width)

    def softmax_backward(self, dy: Matrix, y: Matrix) -> None:
        """Softmax's gradient in place of ``dy``."""
        _require(dy.row == y.row and dy.width == y.width, "softmax")
        self._add(codes.SOFTMAX_BACKWARD, *self._place(dy), self._place(y)[0], dy.width)

    def dropout(self, values: Matrix, rate: float, number: int) -> None:
        """Multiplies by the dropout mask of the layer with that number, in place."""
        threshold = min(round(rate * 2**32), 2**32 - 1)
        self._add(
            codes.DROPOUT, *self._place(values), values.width, threshold, number, reals=(1 / (1 - rate),)
        )

    def loss(
        self,
        kind: int,
        logits: Matrix,
        gradient: Matrix,
        labels: NDArray[np.int64],
        weights: NDArray[np.float32] | None,
        smoothing: float,
        *,
        mean: bool,
    ) -> None:
        """Loss, hits and the logits' gradient; a :meth:`tally` behind the next barrier adds them up.

        Args:
            kind: Which loss.
            logits: The network's output.
            gradient: Filled with their gradient.
            labels: Class of every sample of the data, each less than the number of classes.
            weights: Class weights of the gradient, or None.
            smoothing: Label smoothing of the gradient.
            mean: Divide the gradient by the number of samples.
        """
        classes = max(2, logits.width)
        _require(logits.row == gradient.row and logits.width == gradient.width, "loss")
        _require(labels.dtype == np.int64 and labels.flags.c_contiguous, "labels")
        _require(len(labels) == 0 or (labels.min() >= 0 and labels.max() < classes), "labels")
        self._losses, self._hits = np.zeros(self.batch), np.zeros(self.batch, np.int64)
        self._kept += [labels, self._losses, self._hits]
        self._add(
            codes.LOSS,
            *self._place(logits),
            self._place(gradient)[0],
            logits.width,
            labels.ctypes.data,
            0 if weights is None else self._vector(weights, classes),
            self._losses.ctypes.data,
            self._hits.ctypes.data,
            kind,
            int(mean),
            reals=(smoothing,),
        )

    def tally(self) -> None:
        """Adds up loss and hits; the run ends here if the loss is not finite."""
        self._add(codes.TALLY, self._losses.ctypes.data, self._hits.ctypes.data)

    def kernel_gradient(self, x: Matrix, dz: Matrix, weights: Weights, limit: float) -> None:
        """``d kernel = xᵀ @ dz`` with its penalties, cut at ± ``limit`` (0 for none), and the update."""
        size = x.width * dz.width
        places = (*self._place(x), *self._place(dz), x.width, dz.width)
        reals = (weights.l1, 2 * weights.l2, limit)
        self._add(codes.KERNEL_GRADIENT, *places, *self._weights(weights, size), reals=reals)

    def bias_gradient(self, dz: Matrix, weights: Weights, limit: float) -> None:
        """``d bias = Σ dz`` over the samples, and the update."""
        places = (*self._place(dz), dz.width)
        reals = (weights.l1, 2 * weights.l2, limit)
        self._add(codes.BIAS_GRADIENT, *places, *self._weights(weights, dz.width), reals=reals)

    def norm(self, gradients: NDArray[np.float32], run: int) -> None:
        """Sums the squares of runs of gradients; :meth:`update` finds their norm behind a barrier."""
        self._parts = np.zeros(-(-len(gradients) // run))
        self._kept.append(self._parts)
        place = self._vector(gradients, len(gradients))
        self._add(codes.NORM, place, len(gradients), self._parts.ctypes.data)

    def update(self, weights: Weights, gradients: NDArray[np.float32], limit: float) -> None:
        """The update of one weight array from whole gradients, whose norm is cut at ``limit``."""
        assert weights.gradient is not None
        parts = (self._parts.ctypes.data, len(self._parts))
        places = self._weights(weights, weights.values.size)
        self._add(codes.UPDATE, weights.values.size, *parts, *places, reals=(limit,))

    def _add(self, code: int, *integers: int, reals: tuple[float, ...] = ()) -> None:
        row = [code, *map(int, integers), *[0] * (codes.BY_FEATURES - 1 - len(integers))]
        self._integers.append([*row, int(self.by_features)])
        self._reals.append(list(reals))

    def _place(self, matrix: Matrix) -> tuple[int, int]:
        _require(matrix.batch == self.batch, "matrix")
        self._kept.append(matrix)
        return matrix.address, matrix.row

    def _vector(self, array: NDArray[Any], size: int) -> int:
        _require(array.dtype == np.float32 and array.size == size and array.flags.c_contiguous, "array")
        self._kept.append(array)
        return int(array.ctypes.data)

    def _weights(self, weights: Weights, size: int) -> tuple[int, int, int, int]:
        gradient = 0 if weights.gradient is None else self._vector(weights.gradient, size)
        return self._vector(weights.values, size), gradient, FLOAT * weights.offset, int(weights.decayed)


def aligned(size: int) -> NDArray[np.float32]:
    """Zeros that begin at a cache line."""
    room = np.zeros(size + _ALIGNED, np.float32)
    start = -room.ctypes.data // FLOAT % _ALIGNED
    return room[start : start + size]


def _require(right: bool, what: str) -> None:
    if not right:
        raise ValueError(f"an array for the compiled kernels has the wrong size, type or layout: {what}")
