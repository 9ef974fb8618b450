"""A piece of a panel of B, times all rows of A: the microkernels' calls.

Where a piece has to be copied together, so that later rows of A read it from the cache, the first rows do so
while they multiply.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nnstudio.engine.ops.jit.kernels.compiled import call_gemm_ahead, call_gemm_copying, compiled, inlined
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import (
    ADDRESSES,
    COPYING,
    LANES,
    MAX_ROWS,
    MOST_ROWS,
    ZERO,
)
from nnstudio.engine.ops.jit.kernels.panels import PANEL

LINE = 64
"""Bytes of a cache line."""


class Product(NamedTuple):
    """``C = A·B``, plus a bias and cut at 0, or behind a ReLU, where that is asked for; strides in bytes.

    Attributes:
        a: Address of A.
        a_row: Its stride by row.
        a_step: Its stride along the shared dimension.
        b: Address of B, or of Bᵀ; its rows are contiguous.
        b_row: Its stride by row.
        c: Address of C, whose rows are contiguous.
        c_row: Its stride by row.
        rows: Rows of A and C.
        columns: Columns of B and C.
        depth: Length of the shared dimension, 1 at least.
        bias: Address of a row that is added to each row of C, or 0.
        rectify: 1 to cut negative results to 0.
        add: 1 to add to what is in C.
        undo: How far behind C a ReLU's output lies whose gradient C is, so that it is 0 where that is; or 0.
        factor: Address of a factor of the rest of it.
    """

    a: int
    a_row: int
    a_step: int
    b: int
    b_row: int
    c: int
    c_row: int
    rows: int
    columns: int
    depth: int
    bias: int
    rectify: int
    add: int
    undo: int
    factor: int


class Ahead(NamedTuple):
    """Up to three runs of memory that are needed after a product, and fetched by turns meanwhile.

    Attributes:
        first: Address of the first one.
        second: Of the second one.
        third: Of the third one.
        runs: How many there are.
        size: Bytes of each.
    """

    first: int
    second: int
    third: int
    runs: int
    size: int


class Piece(NamedTuple):
    """Part of a panel of B, as the microkernels read it, and its place in B.

    Attributes:
        b: Its address.
        b_step: Its stride along the shared dimension, in bytes.
        copy: Where the first rows of A copy it to, for the others; 0 where all read it as it lies.
        column: Its first column.
        columns: How many.
        k: Its first row.
        depth: How many.
    """

    b: int
    b_step: int
    copy: int
    column: int
    columns: int
    k: int
    depth: int


class Strip(NamedTuple):
    """Lines to fetch for the next piece: the first one, and the strides by step and by block of A's rows."""

    first: int
    step: int
    skip: int
    blocks: int


@compiled
def multiply_piece(kernels: Any, p: Product, piece: Piece, strip: Strip, ahead: Ahead, turn: int) -> int:
    """Adds ``A·piece`` to the columns of C it belongs to, or begins them; returns whose turn it is."""
    lanes = kernels[LANES]
    most = kernels[MOST_ROWS + (piece.columns + lanes - 1) // lanes]
    blocks = (p.rows + most - 1) // most
    row = 0
    for block in range(blocks):  # of even heights: a last block of one row would be slow
        height = (p.rows - row) // (blocks - block)
        line, step = p.a + row * p.a_row + piece.k * p.a_step, 0
        if block < strip.blocks:
            line, step = strip.first + block * strip.skip, strip.step
        elif p.a_step == FLOAT and piece.column == 0 and block + 1 < blocks:
            # the next rows of A, which another core may have written; a line brings its neighbour along
            line, step = p.a + (row + height) * p.a_row, 2 * LINE
        elif p.a_step > LINE and piece.column == 0:  # the next columns of A: their values lie apart
            line, step = line + (2 * height - 1) * p.a_row, p.a_step
        elif ahead.runs > 0:
            place, run = turn // ahead.runs * LINE * piece.depth, turn % ahead.runs
            if place < ahead.size:
                begin = ahead.first if run == 0 else (ahead.second if run == 1 else ahead.third)
                line, step = begin + place, LINE
            turn += 1
        _multiply_block(kernels, p, piece, row, height, line, step)
        if piece.copy != 0:
            piece = _copied(piece, FLOAT * lanes * PANEL)
        row += height
    return turn


@inlined
def _multiply_block(
    kernels: Any, p: Product, piece: Piece, row: int, height: int, line: int, line_step: int
) -> None:
    """Calls the microkernel for some rows of C, and has it fetch lines."""
    lanes = kernels[LANES]
    vectors = (piece.columns + lanes - 1) // lanes
    number = (MAX_ROWS + 1) * vectors + height
    zero = kernels.ctypes.data + 8 * ZERO  # a batch of one product, which begins right at A and B
    finished = piece.k + piece.depth == p.depth
    arguments = (
        p.a + row * p.a_row + piece.k * p.a_step,
        piece.b,
        p.c + row * p.c_row + FLOAT * piece.column,
        piece.depth,
        1,
        zero,
        zero,
        1 if piece.k > 0 else p.add,
        p.a_row,
        p.a_step,
        piece.b_step,
        p.c_row,
        p.bias + FLOAT * piece.column if finished and p.bias != 0 else 0,
        p.rectify if finished else 0,
        piece.columns - (vectors - 1) * lanes,
        line,
        line_step,
        p.undo if finished else 0,
        p.factor,
    )
    if piece.copy != 0:
        call_gemm_copying(kernels[COPYING + number], (*arguments, piece.copy))
    else:
        call_gemm_ahead(kernels[ADDRESSES + number], arguments)


@inlined
def _copied(piece: Piece, b_step: int) -> Piece:
    """A piece where it was copied to."""
    return Piece(piece.copy, b_step, 0, piece.column, piece.columns, piece.k, piece.depth)
