"""Dense layers: forward, and the gradient of their input."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import compiled, floats, integers, operation
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import (
    COPIED,
    IN_PLACE,
    PACKED_COLUMNS,
    PACKED_ROWS,
    TRANSPOSED,
    multiply,
    multiply_packed,
)
from nnstudio.engine.ops.jit.kernels.objects import LANES
from nnstudio.engine.ops.jit.kernels.packing import pack
from nnstudio.engine.ops.jit.kernels.panels import PANEL
from nnstudio.engine.ops.jit.kernels.pieces import Ahead, Product
from nnstudio.engine.ops.jit.kernels.shares import part, share


@compiled
def _affine(kernels: Any, op: Any, step: Any, thread: int, threads: int) -> None:
    x, x_row, kernel, bias, out, out_row = op[1], op[2], op[3], op[4], op[5], op[6]
    inputs, units, rectify = op[7], op[8], op[9]
    first, last, left, right = part(op, units, step, thread, threads)
    product = Product(
        step[codes.WINDOW] if x == 0 else x + first * x_row,
        x_row,
        FLOAT,
        kernel + FLOAT * left,
        FLOAT * units,
        out + first * out_row + FLOAT * left,
        out_row,
        last - first,
        right - left,
        inputs,
        bias + FLOAT * left if bias != 0 else 0,
        rectify,
        0,
        0,
        0,
    )
    if op[10] != 0:
        multiply_packed(kernels, product, op[10], step[codes.SCRATCH])
        return
    way = COPIED if last - first >= PACKED_ROWS and right - left >= PACKED_COLUMNS else IN_PLACE
    multiply(kernels, product, way, step[codes.SCRATCH], Ahead(0, 0, 0, 0, 0))


@compiled
def _affine_input(kernels: Any, op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    dz, dz_row, kernel, dx, dx_row, inputs, units, y = op[1:9]
    first, last, left, right = part(op, inputs, step, thread, threads)
    product = Product(
        dz + first * dz_row,
        dz_row,
        FLOAT,
        kernel + FLOAT * units * left,
        FLOAT * units,
        dx + first * dx_row + FLOAT * left,
        dx_row,
        last - first,
        right - left,
        units,
        0,
        0,
        0,
        y - dx if y != 0 else 0,
        real.ctypes.data,
    )
    ahead = Ahead(y + first * dx_row, 0, 0, 1 if y != 0 else 0, (last - first) * dx_row)
    multiply(kernels, product, TRANSPOSED, step[codes.SCRATCH], ahead)


@compiled
def _pack_kernel(kernels: Any, op: Any, thread: int, threads: int) -> None:
    kernel, packed, inputs, units = op[1], op[2], op[3], op[4]
    left, right = share(units, thread, threads, kernels[LANES] * PANEL)
    if right > left:
        target = packed + FLOAT * left * inputs
        pack(kernels, kernel + FLOAT * left, FLOAT * units, target, inputs, right - left)


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """AFFINE, AFFINE_INPUT and PACK_KERNEL."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    if op[0] == codes.AFFINE:
        _affine(kernels, op, step, thread, threads)
    elif op[0] == codes.PACK_KERNEL:
        _pack_kernel(kernels, op, thread, threads)
    else:
        _affine_input(kernels, op, real, step, thread, threads)
