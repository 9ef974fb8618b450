"""The innermost loop of every matrix product, written as LLVM IR for one register block.

A matrix product ``C = A·B`` is cut into blocks of C small enough to stay in vector registers. The
kernel of a block of ``rows × vectors`` registers runs through the shared dimension and, at each
``k``, multiplies ``rows`` values of A, each repeated over a register, with ``vectors`` registers of a
row of B (Goto & van de Geijn, "Anatomy of high-performance matrix multiplication", 2008)::

              B[k, 0:16]  B[k, 16:32] ...     vectors registers, loaded once per k
    A[0, k]   C₀₀ += ·     C₀₁ += ·
    A[1, k]   C₁₀ += ·     C₁₁ += ·           rows · vectors sums, in registers for all k
    ...

So a load serves many multiply-adds: ``rows + vectors`` loads for ``rows · vectors`` of them.

A step asks for one line of memory, too, that something will need later: so waiting for memory and computing
go on side by side.

Two things make one kernel serve dense layers, their gradients and convolutions alike. Strides are
arguments, so A may be read along rows or columns. And it sums over a *batch* of products
(Georganas et al., "Harnessing deep learning via a single building block", 2020)::

    C (+)= Σᵢ Σₖ  A[a_offset[i] + r·a_row + k·a_step] · B[b_offset[i] + k·b_step + column]

A convolution is such a batch over the rows of its window. The last register of a block may be used in
part (``tail`` lanes): no array needs padding, and nothing is read or written beyond a row's end.

The order of the sum doesn't depend on the block's size, so results are the same to the last bit
however the rows of C are cut up or shared among threads.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import FLOAT, Emitter, Value
from nnstudio.engine.ops.jit.kernels.panels import PANEL

_NAMES = (
    "a b c depth batch a_offsets b_offsets add a_row a_step b_step c_row bias rectify tail line line_step "
    "undo factor"
)
ARGUMENTS = len(_NAMES.split())
"""Integers that a kernel takes, in the order of :func:`emit_gemm`'s description."""


def emit_gemm(module: ir.Module, rows: int, vectors: int, lanes: int, *, copying: bool = False) -> str:
    """Writes the kernel of a block of ``rows × vectors`` registers.

    The kernel's arguments, strides and offsets in bytes: addresses of A, B and C; length of the shared
    dimension; number of products in the batch; addresses of their offsets in A and in B; whether to
    add to C; A's strides by row and by k; B's by k; C's by row; address of a bias row or 0; whether to
    cut negative results to 0; lanes in use of the last register; address of a cache line to fetch
    at the first k of each product, for whatever comes later, and its stride by k; how far behind C the
    output of a ReLU lies whose gradient C is (0 for none), so that C is 0 where that is; address of a factor
    of the rest of C. One that copies takes the address of a panel (see :mod:`.panels`), too, to which it
    writes what it reads of B.

    Args:
        module: Where the function goes.
        rows: Rows of C.
        vectors: Registers per row of C.
        lanes: Floats of a register.
        copying: It copies B.

    Returns:
        The function's name.
    """
    name = kernel_name(rows, vectors, copying=copying)
    emitter = Emitter(module, name, ARGUMENTS + copying, lanes)
    _Gemm(emitter, rows, vectors).emit()
    return name


def kernel_name(rows: int, vectors: int, *, copying: bool = False) -> str:
    """Name of the kernel of a block."""
    return f"{'copying_' * copying}gemm_{rows}x{vectors}"


class _Gemm:
    """One kernel under construction."""

    def __init__(self, emitter: Emitter, rows: int, vectors: int) -> None:
        self._e, self._rows, self._vectors = emitter, rows, vectors
        self._bytes = FLOAT * emitter.lanes
        self._given: dict[str, Any] = dict(zip(_NAMES.split(), emitter.arguments, strict=False))
        self._copy = emitter.variable(emitter.arguments[-1]) if len(emitter.arguments) > ARGUMENTS else None
        self._mask = emitter.mask(self._given["tail"])
        self._a_rows = [emitter.times(self._given["a_row"], row) for row in range(rows)]
        self._c_rows = [
            emitter.add(self._given["c"], emitter.times(self._given["c_row"], row)) for row in range(rows)
        ]

    def emit(self) -> None:
        """Load or clear the sums, run through the batch, finish and store."""
        e, given = self._e, self._given
        self._sums = [[e.variable(e.zeros()) for _ in range(self._vectors)] for _ in range(self._rows)]
        with e.when(e.is_set(given["add"])):
            for row, address in enumerate(self._c_rows):
                for sum_, value in zip(self._sums[row], self._load_row(address), strict=True):
                    e.set(sum_, value)
        with e.repeat(given["batch"]) as i:
            self._product(i)
        with e.when(e.is_set(given["bias"])):
            bias = self._load_row(given["bias"])
            self._change(lambda value, vector: e.builder.fadd(value, bias[vector]))
        with e.when(e.is_set(given["rectify"])):
            self._change(lambda value, vector: e.rectified(value))
        with e.when(e.is_set(given["undo"])):
            self._undo()
        for row, address in enumerate(self._c_rows):
            for vector, sum_ in enumerate(self._sums[row]):
                e.store(e.get(sum_), e.add(address, vector * self._bytes), self._mask_of(vector))
        e.finish()

    def _undo(self) -> None:
        """A ReLU's backward pass, while its output's gradient is in registers."""
        e, given = self._e, self._given
        factor = e.broadcast(given["factor"])
        for sums, address in zip(self._sums, self._c_rows, strict=True):
            for sum_, y in zip(sums, self._load_row(e.add(address, given["undo"])), strict=True):
                e.set(sum_, e.passed(e.builder.fmul(e.get(sum_), factor), y))

    def _product(self, i: Value) -> None:
        """Adds the ``i``-th product of the batch to the sums."""
        e, given = self._e, self._given
        offset = e.times(i, 8)
        a = e.variable(e.add(given["a"], e.load_integer(e.add(given["a_offsets"], offset))))
        b = e.variable(e.add(given["b"], e.load_integer(e.add(given["b_offsets"], offset))))
        line = e.variable(given["line"])
        with e.repeat(given["depth"]):
            self._rank_one(a, b)
            e.prefetch(e.get(line))
            for place, stride in ((a, "a_step"), (b, "b_step"), (line, "line_step")):
                e.set(place, e.add(e.get(place), given[stride]))

    def _rank_one(self, a: Value, b: Value) -> None:
        """``C += A[:, k] ⊗ B[k, :]``.

        A's rows are reached from every fourth one, as the processor adds 0, 1 or 2 strides to an address for
        nothing. The compiler must not see how those are related: it would add up the strides one by one.
        """
        e = self._e
        registers = self._load_row(e.get(b))
        if self._copy:
            for vector, register in enumerate(registers):
                e.store(register, e.add(e.get(self._copy), vector * self._bytes))
            e.set(self._copy, e.add(e.get(self._copy), PANEL * self._bytes))
        for row in range(self._rows):
            if row % 4 == 0:
                fourth = e.opaque(e.add(e.get(a), self._a_rows[row]))
            factor = e.broadcast(e.add(fourth, self._a_rows[row % 4]))
            for register, sum_ in zip(registers, self._sums[row], strict=True):
                e.set(sum_, e.multiply_add(factor, register, e.get(sum_)))

    def _load_row(self, address: Value) -> list[Value]:
        return [
            self._e.load(self._e.add(address, vector * self._bytes), self._mask_of(vector))
            for vector in range(self._vectors)
        ]

    def _mask_of(self, vector: int) -> Value | None:
        """Only the last register of a row may be used in part."""
        return self._mask if vector == self._vectors - 1 else None

    def _change(self, function: Any) -> None:
        for row in self._sums:
            for vector, sum_ in enumerate(row):
                self._e.set(sum_, function(self._e.get(sum_), vector))
