"""The weights' gradients and their updates. Threads share them by weights, so that none adds to another's."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes, elementwise
from nnstudio.engine.ops.jit.kernels.compiled import compiled, doubles, floats, inlined, integers, operation
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import IN_PLACE, PANELS, multiply, transpose
from nnstudio.engine.ops.jit.kernels.objects import LANES
from nnstudio.engine.ops.jit.kernels.packing import pack
from nnstudio.engine.ops.jit.kernels.pieces import LINE, Ahead, Product
from nnstudio.engine.ops.jit.kernels.samples import convert
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.updates import (
    NORM_RUN,
    OPTIMIZER,
    TILE,
    TILE_ROWS,
    TURNED_ROWS,
    change,
    finish_gradient,
    norm_factor,
    squares,
)

TURNING = 10
"""What it costs to transpose a value, in multiply-adds of a register's lane."""
NEAR = 1 << 20
"""Bytes of samples that a core's own cache holds besides everything else."""


@compiled
def _kernel_gradient(op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """The gradient of some rows of a kernel, tile by tile, each with its update while it is hot.

    All tiles read ``dz``, which is packed for them where that pays.

    The samples of a large batch are too many for the caches, so they are worked through in parts, and all
    tiles but for the last part only added up.
    """
    inputs, units, samples, sums, part = op[5], op[6], step[codes.SAMPLES], op[11], op[13]
    first, last = share(inputs, thread, threads, 1)
    turned = _pays_to_turn(op, step, last - first)
    if op[12] != 0 and not turned:
        kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
        pack(kernels, op[3], op[4], step[codes.SCRATCH], samples, units)
    rows = TURNED_ROWS if turned or op[16] != 0 else TILE_ROWS  # whole registers of samples
    tile = max(rows, TILE // units // rows * rows)
    tile = min(tile, op[14]) if op[16] != 0 else tile
    for sample in range(0, samples, part):
        end = min(samples, sample + part)
        for row in range(first, last, tile):
            height = min(tile, last - row)
            place = sums if sums != 0 else op[8]
            target = _scratch(op, step, row) if place == 0 else place + FLOAT * row * units
            ahead = _next_weights(op, step, row + tile, min(last, row + 2 * tile))
            _add_to_tile(op, step, row, height, sample, end, target, turned, ahead)
            if end == samples:
                _finish_tile(op, real, step, row, height, target, turned)


@inlined
def _pays_to_turn(op: Any, step: Any, inputs: int) -> bool:
    """Whether registers of inputs are used better than registers of units, so that it pays to transpose.

    Turned, the product reads little of many samples at a time, so they must be near.
    """
    lanes = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])[LANES]
    units, samples = op[6], step[codes.SAMPLES]
    near = op[16] != 0 or samples * op[2] <= NEAR
    straight = inputs * ((units + lanes - 1) // lanes) * samples
    turned = units * ((inputs + lanes - 1) // lanes) * samples + TURNING * units * inputs // lanes
    return bool(near and turned < straight)


@inlined
def _scratch(op: Any, step: Any, row: int) -> int:
    """Where a tile of the gradient goes: behind the packed dz, as far from a cache line as its weights."""
    weights = op[7] + FLOAT * row * op[6]
    place: int = step[codes.SCRATCH] + FLOAT * op[12] + weights % LINE
    return place


@inlined
def _add_to_tile(
    op: Any,
    step: Any,
    row: int,
    height: int,
    sample: int,
    end: int,
    target: int,
    turned: bool,
    ahead: Ahead,
) -> None:
    """``C (+)= xᵀ·dz`` for some rows of a kernel and some samples; turned, ``Cᵀ (+)= dzᵀ·x``."""
    x, x_row, dz, dz_row, units = op[1] + sample * op[2] + FLOAT * row, op[2], op[3], op[4], op[6]
    if op[16] != 0:
        x, x_row = step[codes.WINDOW], ((FLOAT * height + LINE - 1) // LINE | 1) * LINE
        convert(step, op[15:19], sample, end, row, row + height, x, x_row)
    packed = op[12] != 0 and not turned
    dz = step[codes.SCRATCH] if packed else dz + sample * dz_row
    add = 1 if sample > 0 else 0
    product = Product(
        x, FLOAT, x_row, dz, dz_row, target, FLOAT * units, height, units, end - sample, 0, 0, add, 0, 0
    )
    if turned:
        product = Product(
            dz, FLOAT, dz_row, x, x_row, target, FLOAT * height, units, height, end - sample, 0, 0, add, 0, 0
        )
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    multiply(kernels, product, PANELS if packed else IN_PLACE, 0, ahead)


@inlined
def _finish_tile(op: Any, real: Any, step: Any, row: int, height: int, target: int, turned: bool) -> None:
    """Penalties, and the update unless whole gradients are wanted first."""
    units, weights, gradient, offset, decayed = op[6], op[7], op[8], op[9], op[10]
    start, size = FLOAT * row * units, height * units
    if turned:
        kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
        straight = _scratch(op, step, row) + FLOAT * max(TILE, TURNED_ROWS * units)
        transpose(kernels, target, FLOAT * height, straight, FLOAT * units, units, height)
        target = straight
    finish_gradient(target, weights + start, size, real[0], real[1], real[2])
    if gradient == 0:
        change(step, weights + start, target, offset + start, decayed, size)
    elif turned:
        elementwise.copy(target, gradient + start, size)


@inlined
def _next_weights(op: Any, step: Any, row: int, end: int) -> Ahead:
    """The weights of the next tile, and what the optimizer keeps of them."""
    units, weights, offset = op[6], op[7], op[9]
    optimizer = integers(step[codes.OPTIMIZER], OPTIMIZER)
    start = FLOAT * row * units
    runs = 1 + (optimizer[2] != 0) + (optimizer[3] != 0)
    first, second = optimizer[2] + offset + start, optimizer[3] + offset + start
    return Ahead(weights + start, first, second, runs if row < end else 0, FLOAT * (end - row) * units)


@compiled
def _bias_gradient(op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """Column sums over the samples: a bias's gradient, or any other that is a sum of the samples' own."""
    dz, dz_row, units, weights, gradient, offset, decayed = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    first, last = share(units, thread, threads, 16)
    if last > first:
        target = step[codes.SCRATCH] if gradient == 0 else gradient
        elementwise.column_sums(dz, dz_row, step[codes.SAMPLES], first, last, target)
        start, size = FLOAT * first, last - first
        finish_gradient(target + start, weights + start, size, real[0], real[1], real[2])
        if gradient == 0:
            change(step, weights + start, target + start, offset + start, decayed, size)


@compiled
def _norm(op: Any, thread: int, threads: int) -> None:
    gradients, size, parts = op[1], op[2], op[3]
    runs = (size + NORM_RUN - 1) // NORM_RUN
    first, last = share(runs, thread, threads, 1)
    each = doubles(parts, runs)
    for run in range(first, last):
        start = run * NORM_RUN
        each[run] = squares(gradients + FLOAT * start, min(NORM_RUN, size - start))


@compiled
def _clipped_update(op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    size, parts, count, weights, gradient, offset, decayed = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    factor = norm_factor(parts, count, real[0])
    first, last = share(size, thread, threads, 16)
    for begin in range(first, last, TILE):
        length, start = min(TILE, last - begin), FLOAT * begin
        if factor != np.float32(1):
            elementwise.multiply(gradient + start, length, factor)
        change(step, weights + start, gradient + start, offset + start, decayed, length)


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """KERNEL_GRADIENT, BIAS_GRADIENT, NORM and UPDATE."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    code = op[0]
    if code == codes.KERNEL_GRADIENT:
        _kernel_gradient(op, real, step, thread, threads)
    elif code == codes.BIAS_GRADIENT:
        _bias_gradient(op, real, step, thread, threads)
    elif code == codes.NORM:
        _norm(op, thread, threads)
    else:
        _clipped_update(op, real, step, thread, threads)
