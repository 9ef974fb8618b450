"""The last few columns of a matrix product, as LLVM IR.

Columns that fill a small part of a register would cost as much as those of a whole one. Where the values of A
lie side by side along the shared dimension, each of their results is rather the sum of a register of products
along it::

    C[r, c] = Σ A[r, k : k + lanes] · Bᵀ[c, k : k + lanes]

A few rows of A go together, so that there are enough independent sums.
"""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import Emitter, Value

ARGUMENTS = 12
ROWS = 4
"""Rows that go together."""


def most_columns(lanes: int) -> int:
    """Most columns of a kernel: as many sums as there are registers for."""
    return lanes // 4


def dots_name(columns: int) -> str:
    """Name of the kernel for some columns."""
    return f"dots_{columns}"


def emit_dots(module: ir.Module, columns: int, lanes: int) -> None:
    """Writes the kernel for some columns and any number of rows.

    The kernel's arguments, strides in bytes: addresses of A, Bᵀ and C, each with its stride by row; rows of
    A; length of the shared dimension; address of a bias row or 0; whether to cut negative results to 0; how
    far behind C the output of a ReLU lies that is undone (0 for none); address of a factor of the rest of C.

    Args:
        module: Where the function goes.
        columns: Rows of Bᵀ.
        lanes: Floats of a register.
    """
    e = Emitter(module, dots_name(columns), ARGUMENTS, lanes)
    rows, bias = e.arguments[6], e.arguments[8]
    shift, mask = e.variable(e.zeros()), e.mask(e.integer(columns))
    with e.when(e.is_set(bias)):
        e.set(shift, e.load(bias, mask))
    blocks, rest = e.builder.sdiv(rows, e.integer(ROWS)), e.builder.srem(rows, e.integer(ROWS))
    with e.repeat(blocks) as block:
        _emit_rows(e, e.times(block, ROWS), ROWS, columns, e.get(shift))
    with e.repeat(rest) as row:
        _emit_rows(e, e.add(e.times(blocks, ROWS), row), 1, columns, e.get(shift))
    e.finish()


def _emit_rows(e: Emitter, first: Value, rows: int, columns: int, shift: Value) -> None:
    """Some rows of C, from the first one on."""
    a, a_row, b, b_row, c, c_row, _, depth, _, rectify, undo, scale = e.arguments
    begin = e.add(a, e.builder.mul(first, a_row))
    sums = [[e.variable(e.zeros()) for _ in range(columns)] for _ in range(rows)]

    def multiply(place: Value, mask: Value | None) -> None:
        right = [e.load(e.add(e.add(b, e.times(b_row, j)), place), mask) for j in range(columns)]
        for i in range(rows):
            left = e.load(e.add(e.add(begin, e.times(a_row, i)), place), mask)
            for sum_, factor in zip(sums[i], right, strict=True):
                e.set(sum_, e.multiply_add(left, factor, e.get(sum_)))

    e.by_registers(depth, multiply)
    target, mask = e.add(c, e.builder.mul(first, c_row)), e.mask(e.integer(columns))
    for i in range(rows):
        totals = e.zeros()
        for j in range(columns):
            totals = e.placed(e.lanes_sum(e.get(sums[i][j])), totals, j)
        place = e.add(target, e.times(c_row, i))
        result = e.variable(e.at_least(e.builder.fadd(totals, shift), e.floor(e.is_set(rectify))))
        with e.when(e.is_set(undo)):
            y = e.load(e.add(place, undo), mask)
            e.set(result, e.passed(e.builder.fmul(e.get(result), e.broadcast(scale)), y))
        e.store(e.get(result), place, mask)
