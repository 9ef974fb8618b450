"""Gradients of small dense layers over a large batch, in parts: each from some samples, right behind them.

A batch that is too large for the caches passes forward and backward some samples at a time. While those are
still in a core's own cache, they are added to their part of the gradients::

      part[p] += xᵀ @ dz,  Σ dz                 of some samples, by whichever thread has those of the part
      gradient = part[0] + part[1] + ...        and the update; threads share the kernel's rows

There are as many parts as cores, and which samples are added when follows from the batch alone. So the sum is
the same for any number of threads.
Where inputs fill registers better than units do, a kernel's part is worked out transposed.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import Float, compiled, floats, inlined, integers, operation
from nnstudio.engine.ops.jit.kernels.elementwise import add, column_sums, copy
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import IN_PLACE, multiply, transpose
from nnstudio.engine.ops.jit.kernels.objects import LANES
from nnstudio.engine.ops.jit.kernels.pieces import Ahead, Product
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.updates import TILE, change, finish_gradient

GRAIN = 8
"""Rows of a kernel that a thread's share is a multiple of: few cache lines are written by two threads."""


@inlined
def _is_turned(kernels: Any, inputs: int, units: int) -> bool:
    """Whether registers of inputs leave less of them empty than registers of units."""
    lanes = kernels[LANES]
    return bool(units * ((inputs + lanes - 1) // lanes) < inputs * ((units + lanes - 1) // lanes))


@compiled
def _make_part(kernels: Any, op: Any, step: Any) -> None:
    """Begins or adds to ``xᵀ @ dz``, ``(inputs, units)``, or its transpose, and ``Σ dz``, ``(units,)``."""
    x, x_row, dz, dz_row, inputs, units, parts, size, each, biases, length = op[1:12]
    first, samples = step[codes.FIRST], step[codes.LAST] - step[codes.FIRST]
    if samples == 0:
        return
    x = step[codes.WINDOW] if x == 0 else x + first * x_row
    dz, part = dz + first * dz_row, first // each
    target, more = parts + part * size, 1 if first % each > 0 else 0
    product = Product(
        x, FLOAT, x_row, dz, dz_row, target, FLOAT * units, inputs, units, samples, 0, 0, more, 0, 0
    )
    if _is_turned(kernels, inputs, units):
        product = Product(
            dz, FLOAT, dz_row, x, x_row, target, FLOAT * inputs, units, inputs, samples, 0, 0, more, 0, 0
        )
    multiply(kernels, product, IN_PLACE, 0, Ahead(0, 0, 0, 0, 0))
    if biases != 0:
        sums = biases + part * length
        column_sums(dz, dz_row, samples, 0, units, step[codes.SCRATCH] if more else sums)
        if more:
            add(sums, step[codes.SCRATCH], units)


@compiled
def _add_parts(kernels: Any, op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """The gradient and the update of a thread's rows of the kernel; the last thread has the bias, too."""
    inputs, units, each, biases, length = op[5], op[6], op[9], op[10], op[11]
    count, place = (step[codes.SAMPLES] + each - 1) // each, step[codes.SCRATCH]
    first, last = share(inputs, thread, threads, GRAIN)
    tile = max(GRAIN, TILE // units // GRAIN * GRAIN)
    for row in range(first, last, tile):
        height = min(tile, last - row)
        found = _sum(kernels, op, place, row, height, tile, count)
        _finish(op[12:16], real[:2], real[4], step, row * units, found, height * units)
    if biases != 0 and thread == threads - 1:
        _sum_runs(biases, length, count, place, units)
        _finish(op[16:20], real[2:4], real[4], step, 0, place, units)


@inlined
def _sum(kernels: Any, op: Any, place: int, row: int, height: int, tile: int, count: int) -> int:
    """Adds up some rows of all parts of the kernel, ``(height, units)``; returns where."""
    inputs, units, parts, size = op[5], op[6], op[7], op[8]
    if not _is_turned(kernels, inputs, units):
        _sum_runs(parts + FLOAT * row * units, size, count, place, height * units)
        return place
    for unit in range(units):
        run = parts + FLOAT * (unit * inputs + row)
        _sum_runs(run, size, count, place + FLOAT * unit * height, height)
    straight: int = place + FLOAT * tile * units
    transpose(kernels, place, FLOAT * height, straight, FLOAT * units, units, height)
    return straight


@inlined
def _sum_runs(source: int, size: int, count: int, target: int, length: int) -> None:
    """``target = Σ`` of the same values of all parts, in their order."""
    copy(source, target, length)
    for part in range(1, count):
        add(target, source + part * size, length)


@inlined
def _finish(own: Any, penalties: Any, limit: Float, step: Any, start: int, found: int, size: int) -> None:
    """Penalties, and the update unless whole gradients are wanted first."""
    weights, gradient, offset, decayed = own[0], own[1], own[2], own[3]
    begin = FLOAT * start
    finish_gradient(found, weights + begin, size, penalties[0], penalties[1], limit)
    if gradient == 0:
        change(step, weights + begin, found, offset + begin, decayed, size)
    else:
        copy(found, gradient + begin, size)


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """GRADIENT_PARTS and ADD_GRADIENT_PARTS."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    if op[0] == codes.GRADIENT_PARTS:
        _make_part(kernels, op, step)
    else:
        _add_parts(kernels, op, real, step, thread, threads)
