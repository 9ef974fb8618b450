"""Matrix products of any size out of microkernels: blocks for the registers, blocks for the caches.

``C (rows × columns) = A (rows × depth) · B (depth × columns)`` goes panel by panel of a few registers'
width through the columns of B, in pieces of ``DEPTH`` along the shared dimension, so that a piece of a
panel stays in the caches while all rows of A pass by it.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_gemm, call_transpose, compiled, floats
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import (
    ADDRESS_OF_TRANSPOSE,
    ADDRESSES,
    LANES,
    MAX_ROWS,
    MOST_ROWS,
    MOST_VECTORS,
    ZERO,
)

MOST_LANES, WIDEST = 16, 64
"""Floats of the largest register, and of the widest block."""

PACKED_ROWS = 24
"""Rows of A from which it pays to copy a panel of B together."""

DEPTH = 512
"""Values of the shared dimension that a panel of B is worked through at a time."""


@compiled
def multiply(
    kernels: Any,
    a: int,
    a_row: int,
    a_step: int,
    b: int,
    b_step: int,
    c: int,
    c_row: int,
    rows: int,
    columns: int,
    depth: int,
    bias: int,
    rectify: int,
) -> None:
    """``C = A·B``, plus a bias and cut at 0 where that is asked for. Strides in bytes.

    Args:
        kernels: The kernel table.
        a: Address of A.
        a_row: Its stride by row.
        a_step: Its stride along the shared dimension.
        b: Address of B, whose rows are contiguous.
        b_step: Its stride by row.
        c: Address of C, whose rows are contiguous.
        c_row: Its stride by row.
        rows: Rows of A and C.
        columns: Columns of B and C.
        depth: Length of the shared dimension, 1 at least.
        bias: Address of a row that is added to each row of C, or 0.
        rectify: 1 to cut negative results to 0.
    """
    lanes, most = kernels[LANES], kernels[MOST_VECTORS]
    zero = kernels.ctypes.data + 8 * ZERO  # a batch of one product, which begins right at A and B
    column = 0
    while column < columns:
        left = columns - column
        vectors = min(most, (left + lanes - 1) // lanes)
        tail = min(lanes, left - (vectors - 1) * lanes)
        blocks = (rows + kernels[MOST_ROWS + vectors] - 1) // kernels[MOST_ROWS + vectors]
        k = 0
        while k < depth:
            length = min(DEPTH, depth - k)
            last = k + length == depth
            row = 0
            for block in range(blocks):  # of even heights: a last block of one row would be slow
                height = (rows - row) // (blocks - block)
                call_gemm(
                    kernels[ADDRESSES + (MAX_ROWS + 1) * vectors + height],
                    (
                        a + row * a_row + k * a_step,
                        b + k * b_step + FLOAT * column,
                        c + row * c_row + FLOAT * column,
                        length,
                        1,
                        zero,
                        zero,
                        1 if k > 0 else 0,
                        a_row,
                        a_step,
                        b_step,
                        c_row,
                        bias + FLOAT * column if last and bias != 0 else 0,
                        rectify if last else 0,
                        tail,
                    ),
                )
                row += height
            k += length
        column += vectors * lanes


@compiled
def add_product(
    kernels: Any,
    a: int,
    a_row: int,
    a_step: int,
    b: int,
    b_step: int,
    c: int,
    c_row: int,
    rows: int,
    columns: int,
    depth: int,
    add: int,
) -> None:
    """``C = A·B``, or ``C += A·B`` with ``add``, for a B that fits into the caches; arguments as above."""
    lanes, most = kernels[LANES], kernels[MOST_VECTORS]
    zero = kernels.ctypes.data + 8 * ZERO
    column = 0
    while column < columns:
        left = columns - column
        vectors = min(most, (left + lanes - 1) // lanes)
        tail = min(lanes, left - (vectors - 1) * lanes)
        blocks = (rows + kernels[MOST_ROWS + vectors] - 1) // kernels[MOST_ROWS + vectors]
        row = 0
        for block in range(blocks):
            height = (rows - row) // (blocks - block)
            call_gemm(
                kernels[ADDRESSES + (MAX_ROWS + 1) * vectors + height],
                (
                    a + row * a_row,
                    b + FLOAT * column,
                    c + row * c_row + FLOAT * column,
                    depth,
                    1,
                    zero,
                    zero,
                    add,
                    a_row,
                    a_step,
                    b_step,
                    c_row,
                    0,
                    0,
                    tail,
                ),
            )
            row += height
        column += vectors * lanes


@compiled
def multiply_packed(
    kernels: Any,
    a: int,
    a_row: int,
    b: int,
    b_step: int,
    c: int,
    c_row: int,
    rows: int,
    columns: int,
    depth: int,
    bias: int,
    rectify: int,
    panel: int,
) -> None:
    """``C = A·B`` as :func:`multiply`, with each panel of B copied together first.

    In a wide B the rows of a panel lie on a page of memory each: beyond what the processor looks up or
    fetches ahead without waiting.

    Args:
        kernels: The kernel table.
        a: Address of A, whose rows are contiguous.
        a_row: Its stride by row, in bytes.
        b: Address of B, whose rows are contiguous.
        b_step: Its stride by row.
        c: Address of C, whose rows are contiguous.
        c_row: Its stride by row.
        rows: Rows of A and C.
        columns: Columns of B and C.
        depth: Length of the shared dimension, 1 at least.
        bias: Address of a row that is added to each row of C, or 0.
        rectify: 1 to cut negative results to 0.
        panel: Address of scratch for :func:`panel_size` floats.
    """
    width = kernels[LANES] * kernels[MOST_VECTORS]
    for column in range(0, columns, width):
        used = min(width, columns - column)
        for k in range(depth):
            source = floats(b + k * b_step + FLOAT * column, used)
            target = floats(panel + k * FLOAT * width, used)
            for i in range(used):
                target[i] = source[i]
        multiply(
            kernels,
            a,
            a_row,
            FLOAT,
            panel,
            FLOAT * width,
            c + FLOAT * column,
            c_row,
            rows,
            used,
            depth,
            bias + FLOAT * column if bias != 0 else 0,
            rectify,
        )


@compiled
def multiply_transposed(
    kernels: Any,
    a: int,
    a_row: int,
    b: int,
    b_row: int,
    c: int,
    c_row: int,
    rows: int,
    columns: int,
    depth: int,
    panel: int,
) -> None:
    """``C = A·Bᵀ`` for a B of ``columns × depth``, by transposing a panel of B at a time.

    Args:
        kernels: The kernel table.
        a: Address of A, whose rows are contiguous.
        a_row: Its stride by row, in bytes.
        b: Address of B, whose rows are contiguous.
        b_row: Its stride by row.
        c: Address of C, whose rows are contiguous.
        c_row: Its stride by row.
        rows: Rows of A and C.
        columns: Rows of B, columns of C.
        depth: Columns of A and B.
        panel: Address of scratch for :func:`panel_size` floats.
    """
    width = kernels[LANES] * kernels[MOST_VECTORS]
    for column in range(0, columns, width):
        used = min(width, columns - column)
        transpose(kernels, b + column * b_row, b_row, panel, FLOAT * width, used, depth)
        multiply(
            kernels,
            a,
            a_row,
            FLOAT,
            panel,
            FLOAT * width,
            c + FLOAT * column,
            c_row,
            rows,
            used,
            depth,
            0,
            0,
        )


@compiled
def transpose(
    kernels: Any, source: int, source_row: int, target: int, target_row: int, rows: int, columns: int
) -> None:
    """Writes a matrix of ``rows × columns`` transposed; the target is filled up to whole registers."""
    lanes = kernels[LANES]
    for row in range(0, rows, lanes):
        for column in range(0, columns, lanes):
            call_transpose(
                kernels[ADDRESS_OF_TRANSPOSE],
                (
                    source + row * source_row + FLOAT * column,
                    source_row,
                    target + column * target_row + FLOAT * row,
                    target_row,
                    min(lanes, rows - row),
                    min(lanes, columns - column),
                ),
            )


def panel_size(depth: int) -> int:
    """Floats of scratch that a transposed panel takes, on any machine."""
    return -(-depth // MOST_LANES) * MOST_LANES * WIDEST
