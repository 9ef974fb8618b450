"""Dense layers with far more inputs than units, whose kernel is too large for a core's own cache.

Such a kernel is what a convolution's values meet when they are flattened. Its few columns leave threads
little to share by features, and to read it costs as much as to multiply by it. So

- the forward pass is cut along the shared dimension, in as many parts as the layer's size asks for, whatever
  the threads are. A part reads its own columns of x and rows of the kernel alone. What the parts sum up to is
  added in their order.
- the backward pass goes through the kernel once, some rows at a time::

      dW[rows] = x[:, rows]ᵀ @ dz      dx[:, rows] = dz @ W[rows]ᵀ      then W[rows] is updated

  While a tile of the kernel is worked on, the next one is fetched.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import compiled, floats, inlined, integers, operation
from nnstudio.engine.ops.jit.kernels.convolution import put_inside, put_passed
from nnstudio.engine.ops.jit.kernels.elementwise import add, copy
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import IN_PLACE, multiply, transpose
from nnstudio.engine.ops.jit.kernels.pieces import Ahead, Product
from nnstudio.engine.ops.jit.kernels.scalars import ZERO
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.updates import OPTIMIZER, change, finish_gradient

PIECE = 16_384
"""Weights that all samples pass by at a time in the forward pass."""

LANES = 16
"""What rows that are transposed are rounded up to: floats of the longest register."""


@inlined
def rounded(size: int) -> int:
    """A size rounded up to whole registers."""
    return (size + LANES - 1) // LANES * LANES


@compiled
def _affine_parts(kernels: Any, op: Any, step: Any, thread: int, threads: int) -> None:
    """A thread's parts of ``x @ kernel``, ``(parts, batch, units)``."""
    x, x_row, kernel, inputs, units, sums, parts, depth, batch = op[1:10]
    first, last = share(parts, thread, threads, 1)
    piece, row = max(LANES, PIECE // units), FLOAT * units
    for part in range(first, last):
        target, begin, end = sums + part * batch * row, part * depth, min(inputs, (part + 1) * depth)
        for k in range(begin, end, piece):
            after = min(end, k + piece)
            product = Product(
                x + FLOAT * k,
                x_row,
                FLOAT,
                kernel + k * row,
                row,
                target,
                row,
                step[codes.SAMPLES],
                units,
                after - k,
                0,
                0,
                1 if k > begin else 0,
                0,
                0,
            )
            more = min(inputs, after + piece) - after
            multiply(kernels, product, IN_PLACE, 0, Ahead(kernel + after * row, 0, 0, 1, more * row))


@compiled
def _add_parts(op: Any, step: Any) -> None:
    """``out = Σ parts + bias``, cut at 0 where that is asked for, for a thread's samples."""
    sums, parts, units, bias, out, out_row, rectify, batch = op[1:9]
    for i in range(step[codes.FIRST], step[codes.LAST]):
        source, target = sums + FLOAT * i * units, out + i * out_row
        copy(source, target, units)
        for part in range(1, parts):
            add(target, source + FLOAT * part * batch * units, units)
        if bias != 0:
            add(target, bias, units)
        if rectify != 0:
            y = floats(target, units)
            for j in range(units):
                y[j] = ZERO if y[j] < ZERO else y[j]


@compiled
def _gradients(kernels: Any, op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """Both gradients and the update for a thread's rows of the kernel, tile by tile."""
    dz, dz_row, inputs, units, tile, samples = op[3], op[4], op[5], op[6], op[14], step[codes.SAMPLES]
    first, last = share(inputs, thread, threads, LANES)
    turned = step[codes.SCRATCH]  # (units, samples)
    transpose(kernels, dz, dz_row, turned, FLOAT * rounded(samples), samples, units)
    found = turned + FLOAT * rounded(units) * rounded(samples)
    for row in range(first, last, tile):
        height, after = min(tile, last - row), min(row + tile, last)
        start, size = FLOAT * row * units, height * units
        further, more = FLOAT * after * units, FLOAT * (min(after + tile, last) - after) * units
        _kernel_gradient(kernels, op, samples, row, height, found, _kept(op, step, further, more))
        ahead = Ahead(op[7] + further, 0, 0, 1, more)
        _input_gradient(kernels, op, samples, row, height, turned, found + FLOAT * tile * units, ahead)
        finish_gradient(found, op[7] + start, size, real[0], real[1], real[2])
        change(step, op[7] + start, found, op[9] + start, op[10], size)


@inlined
def _kept(op: Any, step: Any, start: int, size: int) -> Ahead:
    """What the optimizer keeps of some weights, of which there is time to fetch one run."""
    slot = integers(step[codes.OPTIMIZER], OPTIMIZER)[2]
    return Ahead(slot + op[9] + start, 0, 0, 1 if slot != 0 else 0, size)


@inlined
def _kernel_gradient(
    kernels: Any, op: Any, samples: int, row: int, height: int, target: int, ahead: Ahead
) -> None:
    """``x[:, rows]ᵀ @ dz``, ``(height, units)``."""
    x, x_row, dz, dz_row, units = op[1], op[2], op[3], op[4], op[6]
    to, x_rows = FLOAT * units, x + FLOAT * row
    product = Product(x_rows, FLOAT, x_row, dz, dz_row, target, to, height, units, samples, 0, 0, 0, 0, 0)
    multiply(kernels, product, IN_PLACE, 0, ahead)


@inlined
def _input_gradient(
    kernels: Any, op: Any, samples: int, row: int, height: int, turned: int, place: int, ahead: Ahead
) -> None:
    """``dx[:, rows]`` by way of its transpose, ``W[rows] @ dzᵀ``, which is smaller than the kernel is."""
    x, x_row, units, weights, dx, dx_row, undo = op[1], op[2], op[6], op[7], op[11], op[12], op[13]
    width, from_row = FLOAT * rounded(samples), FLOAT * units
    w = weights + row * from_row
    product = Product(w, from_row, FLOAT, turned, width, place, width, height, samples, units, 0, 0, 0, 0, 0)
    multiply(kernels, product, IN_PLACE, 0, ahead)
    back, back_row, start = place + rounded(height) * width, FLOAT * rounded(height), FLOAT * row
    transpose(kernels, place, width, back, back_row, height, samples)
    if undo != 0:
        put_passed(back, back_row, x + start, x_row, dx + start, dx_row, samples, height)
    else:
        put_inside(back, back_row, dx + start, dx_row, samples, height)


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """AFFINE_PARTS, ADD_PARTS and DENSE_GRADIENTS."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    if op[0] == codes.AFFINE_PARTS:
        _affine_parts(kernels, op, step, thread, threads)
    elif op[0] == codes.ADD_PARTS:
        _add_parts(op, step)
    else:
        _gradients(kernels, op, real, step, thread, threads)
