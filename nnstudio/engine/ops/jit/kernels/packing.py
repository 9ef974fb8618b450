"""Matrices as panels one behind the other, for products that read them often.

A panel holds all rows, two registers of each. So what a product reads step by step lies in one piece: nothing
has to be copied together, rows begin at a cache line, and the processor sees by itself what comes next.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_copy, compiled
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import MOST_LANES
from nnstudio.engine.ops.jit.kernels.objects import ADDRESS_OF_COPY, LANES
from nnstudio.engine.ops.jit.kernels.panels import PANEL


@compiled
def pack(kernels: Any, source: int, source_row: int, target: int, rows: int, columns: int) -> None:
    """Copies a matrix as panels, row by row, as it lies in memory."""
    width = kernels[LANES] * PANEL
    whole, panel_row = columns // width, FLOAT * width
    for row in range(rows):
        begin, place = source + row * source_row, target + row * panel_row
        call_copy(kernels[ADDRESS_OF_COPY], (begin, panel_row, place, rows * panel_row, whole, width))
    if whole * width < columns:
        begin, place = source + whole * panel_row, target + whole * rows * panel_row
        rest = columns - whole * width
        call_copy(kernels[ADDRESS_OF_COPY], (begin, source_row, place, panel_row, rows, rest))


def packed_size(rows: int, columns: int) -> int:
    """Floats that a packed matrix takes, on any machine."""
    width = MOST_LANES * PANEL
    return rows * -(-columns // width) * width
