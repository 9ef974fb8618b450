"""Matrix products whose B fits into the caches, as those of convolutions do: blocks for registers alone."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_gemm_ahead, compiled
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import ADDRESSES, LANES, MAX_ROWS, MOST_ROWS, MOST_VECTORS, ZERO
from nnstudio.engine.ops.jit.kernels.pieces import LINE


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
    line: int,
    end: int,
) -> int:
    """``C = A·B``, or ``C += A·B`` with ``add``, with strides in bytes.

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
        depth: Length of the shared dimension.
        add: 1 to add to what is in C.
        line: Address of the first line to fetch meanwhile, as many as there is time for.
        end: Where those lines end.

    Returns:
        The first line that is left.
    """
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
            there, step = (line, LINE) if line < end else (a + row * a_row, 0)
            line += depth * step
            call_gemm_ahead(
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
                    there,
                    step,
                    0,
                    0,
                ),
            )
            row += height
        column += vectors * lanes
    return line
