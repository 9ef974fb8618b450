"""A network's step as a table of operations, which one compiled function runs.

Whatever the architecture, the machine code is the same; only the table differs. An operation is a row
of integers (its code, addresses, strides in bytes, sizes) and a row of floats.

This module and the functions of :mod:`.instructions` are the only door to raw memory. They take arrays,
check that their shapes, types and layouts fit the operation, and only then write down where they lie.
The arrays are kept alive here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.operands import Matrix, Weights, Window, require
from nnstudio.engine.ops.jit.plans.windows import Plan

BLOCK_BYTES, ROW_BYTES = 192 << 10, 1 << 20
"""What the samples may take that operations in a row are carried out for, images or rows of values: part of a
core's own cache."""

LEAST_ROWS = 256
"""Fewest rows of values at a time, as a kernel is read for them each time."""


class Program:
    """Operations in order, as they are added by the functions of :mod:`.instructions`.

    Args:
        batch: Most samples of a step; every matrix must have as many rows.

    Attributes:
        batch: Most samples of a step.
        grain: Threads share samples in multiples of this.
        by_features: Threads share the results of what is added now by features, not by samples.
        scratch: Floats of scratch that a thread needs.
        window: Floats of a thread's room for scaled samples.
        features: Width of the samples it reads; 0 if it reads none.
        itemsize: Bytes of their values.
        outputs: Width of the results it gives out; 0 if it gives out none.
        classes: Most classes that labels may name; 0 if it computes no loss.
    """

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.grain = 1
        self.by_features = False
        self.scratch = 64
        self.window = 0
        self.features = self.itemsize = self.outputs = self.classes = 0
        self._integers: list[list[int]] = []
        self._reals: list[list[float]] = []
        self._prepared: list[list[list[int]]] = [[], []]
        self._kept: list[Any] = []
        self._touched = 0
        self._bytes: list[int] = []
        self._window_rows = batch
        self._block = 0

    def tables(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The operations: integers ``(n, codes.INTEGERS)`` and floats ``(n, codes.REALS)``."""
        first = [row for rows in self._prepared if rows for row in (*rows, [codes.BARRIER])]
        integers = np.zeros((len(first) + len(self._integers), codes.INTEGERS), np.int64)
        reals = np.zeros((len(integers), codes.REALS), np.float32)
        for i, row in enumerate([*first, *self._integers]):
            integers[i, : len(row)] = row
        for i, numbers in enumerate(self._reals, len(first)):
            reals[i, : len(numbers)] = numbers
        for place, length, images in self._runs():
            most = max(1, *self._bytes[place : place + length])
            block = max(1, BLOCK_BYTES // most) if images else max(LEAST_ROWS, ROW_BYTES // most)
            if any(row[0] == codes.GATHER for row in self._integers[place : place + length]):
                block = min(block, self._window_rows)
            block = self._block or block
            if length > 1 and block < self.batch:
                integers[len(first) + place, [codes.BLOCK, codes.RUN]] = block, length
        return integers, reals

    def _runs(self) -> Iterator[tuple[int, int, bool]]:
        """Operations in a row that may be done for some samples at a time: the first, how many, on images."""
        place, kinds = 0, [_kind(row) for row in self._integers]
        while place < len(kinds):
            end, kind = place, codes.EITHER
            while end < len(kinds) and (both := _together(kind, kinds[end])):
                end, kind = end + 1, both
            if end > place:
                yield place, end - place, kind is not codes.ROWS_OF_VALUES
            place = max(end, place + 1)

    def matrix(self, width: int) -> Matrix:
        """A new matrix for this program's batches."""
        return Matrix(self.batch, width)

    def barrier(self) -> None:
        """All threads wait for each other."""
        if self._integers and self._integers[-1][0] != codes.BARRIER:
            self.add(codes.BARRIER)

    def share(self, *, by_features: bool) -> None:
        """How threads share what follows. Unless it was and stays by samples, they must have met."""
        if by_features or self.by_features:
            self.barrier()
        self.by_features = by_features

    def in_one_run(self) -> bool:
        """All that was added so far is carried out for some samples at a time, which are at hand still."""
        kinds = {_kind(row) for row in self._integers}
        return self.window > 0 and kinds <= {codes.EITHER, codes.ROWS_OF_VALUES}

    def cut(self, parts: int) -> int:
        """Cuts a batch into so many parts at most, which threads never share; returns the samples of one.

        A part is worked on in blocks that are at hand as a whole, the same ones whatever the threads.
        """
        part = -(-self.batch // parts)
        blocks = -(-part // self._window_rows)
        self._block = -(-part // blocks)
        self.grain = self._block * blocks
        return self.grain

    def need_scratch(self, floats: int) -> None:
        """A thread needs as much scratch at least."""
        self.scratch = max(self.scratch, floats)

    # For the functions of .instructions

    def add(self, code: int, *integers: int, reals: tuple[float, ...] = ()) -> None:
        """Adds an operation."""
        assert 1 + len(integers) <= codes.RUN
        row = [code, *map(int, integers), *[0] * (codes.BY_FEATURES - 1 - len(integers))]
        assert len(reals) <= codes.REALS
        self._integers.append([*row, int(self.by_features)])
        self._reals.append(list(reals))
        self._bytes.append(self._touched)
        self._touched = 0

    def prepare(self, code: int, *integers: int, again: bool = False) -> None:
        """Adds an operation in front of all others, which puts weights into another form.

        Args:
            code: The operation.
            *integers: Its integers.
            again: It starts from what others have prepared.
        """
        self._prepared[again].append([code, *map(int, integers)])

    def keep(self, array: NDArray[Any]) -> int:
        """Address of an array, which now lives as long as the program."""
        self._kept.append(array)
        return int(array.ctypes.data)

    def place(self, matrix: Matrix) -> tuple[int, int]:
        """Address and stride of a matrix of this program."""
        require(matrix.batch == self.batch and not isinstance(matrix, Window), "matrix")
        self._touched += matrix.row
        return self.keep(matrix.array), matrix.row

    def place_samples(self, matrix: Matrix) -> tuple[int, int]:
        """Likewise, of one that may be a window: then the address is 0."""
        if not isinstance(matrix, Window):
            return self.place(matrix)
        require(matrix.batch == self.batch and not self.by_features, "window")
        self.window = max(self.window, matrix.rows * matrix.row // FLOAT)
        self._window_rows = matrix.rows
        self._touched += matrix.row
        return 0, matrix.row

    def samples(self, window: Window, room: int) -> tuple[int, int, int, int]:
        """What it takes to convert samples again: features, bytes of a value, offsets and scales.

        Args:
            window: The samples.
            room: Floats that a thread needs for them.
        """
        self.window = max(self.window, room)
        offsets, scales = (self.vector(vector, window.width) for vector in (window.offsets, window.scales))
        return window.width, window.itemsize, offsets, scales

    def vector(self, array: NDArray[Any], size: int) -> int:
        """Address of a contiguous float32 array of a size."""
        require(array.dtype == np.float32 and array.size == size and array.flags.c_contiguous, "array")
        return self.keep(array)

    def plan(self, plan: Plan) -> int:
        """Address of a plan's integers."""
        self.need_scratch(plan.scratch)
        for table in plan.tables:
            self.keep(table)
        return self.keep(plan.integers)

    def weights(self, weights: Weights, size: int) -> tuple[int, int, int, int]:
        """What an update needs to know of a weight array."""
        gradient = 0 if weights.gradient is None else self.vector(weights.gradient, size)
        return self.vector(weights.values, size), gradient, FLOAT * weights.offset, int(weights.decayed)


def _kind(operation: list[int]) -> frozenset[int] | None:
    """Which operations it may be carried out together with for some samples; None for none."""
    if operation[codes.BY_FEATURES]:
        return None
    kinds = (codes.EITHER, codes.IMAGES, codes.ROWS_OF_VALUES)
    return next((kind for kind in kinds if operation[0] in kind), None)


def _together(a: frozenset[int], b: frozenset[int] | None) -> frozenset[int] | None:
    """Kind of operations of two kinds in a row; None if they can't be carried out together."""
    if b is codes.EITHER or a is b:
        return a
    return b if a is codes.EITHER else None
