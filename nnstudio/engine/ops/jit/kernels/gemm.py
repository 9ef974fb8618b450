"""Matrix products of any size out of microkernels: blocks for the registers, blocks for the caches.

``C (rows × columns) = A (rows × depth) · B (depth × columns)`` goes panel by panel of two registers'
width through the columns of B, in pieces along the shared dimension, so that a piece of a panel stays in
the caches while all rows of A pass by it (see :mod:`.pieces`). The rows of a panel of a wide B lie far
apart, on a page of memory each, so that the first rows of A to pass by copy them together for the others.
Where B is given as its transpose, its panels are transposed one by one. A few columns that are left over go
by themselves (see :mod:`.dots`).

Most of B is too large for a core's own caches, and so are weights and what an optimizer keeps of them. So
what comes next is fetched while the present piece is worked on: each step of a microkernel asks for a line.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_dots, call_transpose, compiled, inlined
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import (
    ADDRESS_OF_TRANSPOSE,
    DOTS,
    LANES,
    MOST_ROWS,
    MOST_VECTORS,
)
from nnstudio.engine.ops.jit.kernels.panels import PANEL
from nnstudio.engine.ops.jit.kernels.pieces import LINE, Ahead, Piece, Product, Strip, multiply_piece

MOST_LANES, WIDEST = 16, 64
"""Floats of the largest register, and of the widest panel."""

PACKED_ROWS, PACKED_COLUMNS = 24, 65
"""Rows of A and columns of B from which it pays to copy panels of B together."""

DEPTH = 512
"""Most values of the shared dimension that a panel of B is worked through at a time."""

DOTTED = 64
"""Length of the shared dimension from which a few columns that are left over go by themselves."""

IN_PLACE, COPIED, TRANSPOSED, PANELS = range(4)
"""How panels of B come about: they are read where they lie, are copied together, B is given as Bᵀ, or it is
given as panels one behind the other (see :mod:`.packing`)."""


@compiled
def multiply(kernels: Any, p: Product, way: int, panel: int, ahead: Ahead) -> None:
    """Computes a product.

    Args:
        kernels: The kernel table.
        p: The product.
        way: How panels of B come about.
        panel: Address of scratch for :func:`panel_size` floats; 0 for none, where they are read in place.
        ahead: What else to fetch meanwhile.
    """
    left_over = _left_over(kernels, p, panel)
    if left_over > 0:
        _multiply_last(kernels, p, p.columns - left_over, way, panel)
        p = _first_columns(p, p.b, p.columns - left_over)
    width = kernels[LANES] * _registers(kernels, p, way)
    pieces = (p.depth + DEPTH - 1) // DEPTH
    depth = (p.depth + pieces - 1) // pieces
    copy = panel if way == COPIED else 0
    turn = 0
    for column in range(0, p.columns, width):
        columns = min(width, p.columns - column)
        for k in range(0, p.depth, depth):
            length = min(depth, p.depth - k)
            b, b_step = p.b + k * p.b_row + FLOAT * column, p.b_row
            if way == TRANSPOSED:
                b, b_step = panel, FLOAT * width
                transpose(kernels, p.b + column * p.b_row + FLOAT * k, p.b_row, b, b_step, columns, length)
            elif way == PANELS:
                b, b_step = p.b + FLOAT * (column * p.depth + k * width), FLOAT * width
            strip = _next_strip(p, way, column, width, k, depth, ahead)
            turn = multiply_piece(
                kernels, p, Piece(b, b_step, copy, column, columns, k, length), strip, ahead, turn
            )


@inlined
def _registers(kernels: Any, p: Product, way: int) -> int:
    """Registers of a panel's width."""
    lanes: int = kernels[LANES]
    most: int = kernels[MOST_VECTORS]
    if way != PANELS and p.rows <= kernels[MOST_ROWS + most]:
        return most
    if most > PANEL and way != COPIED and way != PANELS and (p.columns + lanes - 1) // lanes == PANEL + 1:
        return PANEL + 1  # rather than a narrow last one
    return PANEL


@inlined
def _left_over(kernels: Any, p: Product, panel: int) -> int:
    """How many last columns go by themselves: the same for any number of rows."""
    lanes = kernels[LANES]
    if p.a_step != FLOAT or p.depth < DOTTED or p.add != 0 or panel == 0 or p.columns % lanes > lanes // 4:
        return 0
    columns: int = p.columns % lanes
    return columns


@compiled
def multiply_packed(kernels: Any, p: Product, packed: int, panel: int) -> None:
    """As :func:`multiply`, bit for bit, for a B that is also given as panels one behind the other."""
    left_over = _left_over(kernels, p, panel)
    if left_over > 0:
        _multiply_last(kernels, p, p.columns - left_over, IN_PLACE, panel)
    first = _first_columns(p, packed, p.columns - left_over)
    multiply(kernels, first, PANELS, 0, Ahead(0, 0, 0, 0, 0))


@inlined
def _first_columns(p: Product, b: int, columns: int) -> Product:
    """Part of a product, with B at another place."""
    return Product(
        p.a,
        p.a_row,
        p.a_step,
        b,
        p.b_row,
        p.c,
        p.c_row,
        p.rows,
        columns,
        p.depth,
        p.bias,
        p.rectify,
        p.add,
        p.undo,
        p.factor,
    )


@compiled
def _multiply_last(kernels: Any, p: Product, column: int, way: int, panel: int) -> None:
    """The columns from one on, fewer than a register holds."""
    columns, start = p.columns - column, FLOAT * column
    b, b_row = p.b + column * p.b_row, p.b_row
    if way != TRANSPOSED:
        b, b_row = panel, FLOAT * p.depth
        transpose(kernels, p.b + start, p.b_row, b, b_row, p.depth, columns)
    bias = p.bias + start if p.bias != 0 else 0
    to = (p.c + start, p.c_row, p.rows, p.depth, bias, p.rectify, p.undo, p.factor)
    place = (p.a, p.a_row, b, b_row, *to)
    call_dots(kernels[DOTS + columns], place)


@inlined
def _next_strip(p: Product, way: int, column: int, width: int, k: int, depth: int, ahead: Ahead) -> Strip:
    """Where the piece of B lies that comes after the one at ``(k, column)``."""
    lines = FLOAT * width // LINE + 1  # of a row of a piece, which need not begin at a line
    as_it_lies = way == COPIED or (way == IN_PLACE and ahead.runs == 0)
    if as_it_lies and k + depth < p.depth:
        return Strip(p.b + (k + depth) * p.b_row + FLOAT * column, p.b_row, LINE, lines)
    if as_it_lies and column + width < p.columns:
        return Strip(p.b + FLOAT * (column + width), p.b_row, LINE, lines)
    if way == TRANSPOSED and column + width < p.columns:  # whole rows, one behind the other
        blocks = FLOAT * width * p.depth // (LINE * depth) + 1
        return Strip(p.b + (column + width) * p.b_row, LINE, LINE * depth, blocks)
    if way == PANELS and p.a_step == FLOAT:  # of a kernel; else they were packed just now
        place = p.b + FLOAT * (column * p.depth + min(p.depth, k + depth) * width)
        return Strip(place, LINE, LINE * depth, FLOAT * width // LINE)
    return Strip(0, 0, 0, 0)


@compiled
def transpose(
    kernels: Any, source: int, source_row: int, target: int, target_row: int, rows: int, columns: int
) -> None:
    """Writes a matrix of ``rows × columns`` transposed; the target needs rows for whole registers."""
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
    """Floats of scratch that a panel takes, or columns that are left over, on any machine."""
    rows = -(-depth // MOST_LANES) * MOST_LANES
    return max(min(rows, DEPTH) * WIDEST, rows * MOST_LANES)
