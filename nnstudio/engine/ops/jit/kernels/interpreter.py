"""Runs a program of operations over many training steps, on all threads at once.

Every thread runs :func:`run` with the same arguments and its own number (SPMD: single program,
multiple data). A step is cut between them in two ways: gathering, the passes forward and backward and
the loss by *samples*; the weights' gradients and updates by *weights*. So no two threads ever add to
one number, every number comes about in the same way for any number of threads, and two barriers per
step are enough.

Layers whose kernel is too large for a core's own cache are cut by *features* instead, in both passes:
then each thread reads only its part of the kernel, at the price of a barrier per layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import (
    barrier,
    compiled,
    doubles,
    entry_point,
    inlined,
    integers,
)
from nnstudio.engine.ops.jit.kernels.elementwise import (
    activate,
    activate_backward,
    column_sums,
    copy,
    dropout,
    scale_floats,
    scale_octets,
    shift_and_scale,
    softmax,
    softmax_backward,
)
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import multiply, multiply_transposed
from nnstudio.engine.ops.jit.kernels.losses import (
    SOFTMAX,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    tally,
)
from nnstudio.engine.ops.jit.kernels.updates import (
    NORM_RUN,
    finish_gradient,
    multiply_by,
    norm_factor,
    squares,
    update,
)

TILE = 8192
"""Values of a kernel's gradient that are worked out at a time: they are still in the cache at the update."""
TILE_ROWS = 14
"""Fewest rows of such a tile, so that the microkernels are used well."""


@inlined
def _mix(value: Any) -> Any:
    """``ops.noise.mix`` (SplitMix64)."""
    x = np.uint64(value + np.uint64(0x9E3779B97F4A7C15))
    x = np.uint64((x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    x = np.uint64((x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(x ^ (x >> np.uint64(31)))


@inlined
def _share(total: int, thread: int, threads: int, grain: int) -> tuple[int, int]:
    """A thread's part of 0 to ``total``, in multiples of ``grain``."""
    grains = (total + grain - 1) // grain
    each = (grains + threads - 1) // threads * grain
    return min(total, thread * each), min(total, thread * each + each)


@compiled
def _gather(op: Any, real: Any, rows: int, first: int, last: int) -> None:
    raw, itemsize, width, x, x_row, offsets, scales = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    chosen = integers(rows, last)
    for i in range(first, last):
        source, target = raw + chosen[i] * itemsize * width, x + i * x_row
        if itemsize == 1:
            scale_octets(source, real[0], real[1], target, width)
        else:
            scale_floats(source, real[0], real[1], target, width)
        if offsets != 0:
            shift_and_scale(target, offsets, scales, width)


@inlined
def _part(op: Any, width: int, samples: int, thread: int, threads: int) -> tuple[int, int, int, int]:
    """A thread's part of an operation's result: first and last sample, first and last feature."""
    if op[codes.BY_FEATURES] != 0:
        left, right = _share(width, thread, threads, 16)
        return 0, samples, left, right
    first, last = _share(samples, thread, threads, 1)
    return first, last, 0, width


@compiled
def _affine(kernels: Any, op: Any, samples: int, thread: int, threads: int) -> None:
    x, x_row, kernel, bias, out, out_row = op[1], op[2], op[3], op[4], op[5], op[6]
    inputs, units, rectify = op[7], op[8], op[9]
    first, last, left, right = _part(op, units, samples, thread, threads)
    multiply(
        kernels,
        x + first * x_row,
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
    )


@compiled
def _affine_input(kernels: Any, op: Any, scratch: int, samples: int, thread: int, threads: int) -> None:
    dz, dz_row, kernel, dx, dx_row, inputs, units = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    first, last, left, right = _part(op, inputs, samples, thread, threads)
    multiply_transposed(
        kernels,
        dz + first * dz_row,
        dz_row,
        kernel + FLOAT * units * left,
        FLOAT * units,
        dx + first * dx_row + FLOAT * left,
        dx_row,
        last - first,
        right - left,
        units,
        scratch,
    )


@compiled
def _elementwise(op: Any, real: Any, key: Any, samples: int, thread: int, threads: int) -> None:
    """An operation on every value of a part: in one run, or row by row where there are gaps."""
    code, row, width = op[0], op[2], op[3]
    first, last, left, right = _part(op, width, samples, thread, threads)
    runs, size = last - first, right - left
    if row == FLOAT * size and runs > 0:
        runs, size = 1, size * runs
    layer_key = _mix(key ^ np.uint64(op[5] + 1))
    for run in range(runs):
        start = (first + run) * row + FLOAT * left
        if code == codes.ACTIVATE:
            activate(op[4], real[0], op[1] + start, size)
        elif code == codes.ACTIVATE_BACKWARD:
            activate_backward(op[6], real[0], op[1] + start, op[4] + start, op[5] + start, size)
        elif code == codes.DROPOUT:
            number = (first + run) * width + left
            dropout(layer_key, np.uint32(op[4]), real[0], op[1] + start, number, size)
        else:
            copy(op[1] + start, op[4] + (first + run) * op[5] + FLOAT * left, size)


@compiled
def _loss(op: Any, real: Any, rows: int, samples: int, first: int, last: int) -> None:
    scale = np.float32(1 / samples) if op[10] != 0 else np.float32(1)
    if op[9] == SOFTMAX:
        softmax_cross_entropy(
            op[1], op[3], op[2], op[4], op[5], rows, first, last, real[0], op[6], scale, op[7], op[8]
        )
    else:
        sigmoid_cross_entropy(
            op[1], op[3], op[2], op[4], op[5], rows, first, last, real[0], op[6], scale, op[7], op[8]
        )


@compiled
def _kernel_gradient(
    kernels: Any,
    op: Any,
    real: Any,
    optimizer: Any,
    k: Any,
    coefficients: Any,
    scratch: int,
    samples: int,
    thread: int,
    threads: int,
) -> None:
    """The gradient of some rows of a kernel, tile by tile, each with its update while it is hot."""
    x, x_row, dz, dz_row, inputs, units = op[1], op[2], op[3], op[4], op[5], op[6]
    weights, gradient, offset, decayed = op[7], op[8], op[9], op[10]
    first, last = _share(inputs, thread, threads, TILE_ROWS)
    tile = max(TILE_ROWS, TILE // units // TILE_ROWS * TILE_ROWS)
    for row in range(first, last, tile):
        height = min(tile, last - row)
        start, size = FLOAT * row * units, height * units
        target = scratch if gradient == 0 else gradient + start
        multiply(
            kernels,
            x + FLOAT * row,
            FLOAT,
            x_row,
            dz,
            dz_row,
            target,
            FLOAT * units,
            height,
            units,
            samples,
            0,
            0,
        )
        finish_gradient(target, weights + start, size, real[0], real[1], real[2])
        if gradient == 0:
            c = coefficients[decayed]
            update(
                optimizer[0], optimizer[1], k, c, weights + start, target, optimizer[2:], offset + start, size
            )


@compiled
def _bias_gradient(
    op: Any,
    real: Any,
    optimizer: Any,
    k: Any,
    coefficients: Any,
    scratch: int,
    samples: int,
    thread: int,
    threads: int,
) -> None:
    dz, dz_row, units, weights, gradient, offset, decayed = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    first, last = _share(units, thread, threads, 16)
    if last > first:
        target = scratch if gradient == 0 else gradient
        column_sums(dz, dz_row, samples, first, last, target)
        start, size = FLOAT * first, last - first
        finish_gradient(target + start, weights + start, size, real[0], real[1], real[2])
        if gradient == 0:
            c, slots = coefficients[decayed], optimizer[2:]
            update(
                optimizer[0],
                optimizer[1],
                k,
                c,
                weights + start,
                target + start,
                slots,
                offset + start,
                size,
            )


@compiled
def _norm(op: Any, thread: int, threads: int) -> None:
    gradients, size, parts = op[1], op[2], op[3]
    runs = (size + NORM_RUN - 1) // NORM_RUN
    first, last = _share(runs, thread, threads, 1)
    each = doubles(parts, runs)
    for run in range(first, last):
        start = run * NORM_RUN
        each[run] = squares(gradients + FLOAT * start, min(NORM_RUN, size - start))


@compiled
def _update(op: Any, real: Any, optimizer: Any, k: Any, coefficients: Any, thread: int, threads: int) -> None:
    size, parts, count, weights, gradient, offset, decayed = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    factor = norm_factor(parts, count, real[0])
    first, last = _share(size, thread, threads, 16)
    c, slots = coefficients[decayed], optimizer[2:]
    for begin in range(first, last, TILE):
        length, start = min(TILE, last - begin), FLOAT * begin
        if factor != np.float32(1):
            multiply_by(gradient + start, length, factor)
        update(
            optimizer[0],
            optimizer[1],
            k,
            c,
            weights + start,
            gradient + start,
            slots,
            offset + start,
            length,
        )


@entry_point
def run(
    thread: int,
    threads: int,
    counter: int,
    give_way: int,
    kernels: Any,
    ops: Any,
    reals: Any,
    optimizer: Any,
    constants: Any,
    coefficients: Any,
    scratch: int,
    seed_key: Any,
    first_step: int,
    rows: Any,
    batch: int,
    losses: Any,
    hits: Any,
) -> None:
    """Runs the program once per batch of ``rows``.

    Args:
        thread: Number of this thread.
        threads: How many there are.
        counter: Address of the barriers' counter, 0 at the start.
        give_way: Address of the system's function that lets other threads run.
        kernels: The kernel table.
        ops: The program's integers.
        reals: Its floats.
        optimizer: Rule, variants and addresses of three vectors.
        constants: Constants of the optimizer.
        coefficients: Of each step, ``(steps, 2, COEFFICIENTS)``: without and with decay.
        scratch: Address of this thread's scratch.
        seed_key: Hash of the run's seed, from which those of the steps follow.
        first_step: Number of the first step over the run, from 0.
        rows: Rows of the data to train on, ``(samples,)``.
        batch: Samples per step; the last step may have fewer.
        losses: Filled with each step's summed loss, ``(steps,)``. Behind one that is not finite no step
            is taken.
        hits: Filled with each step's hits.
    """
    passed = 0
    for step in range(len(losses)):
        samples = min(batch, len(rows) - step * batch)
        first, last = _share(samples, thread, threads, 1)
        chosen = rows.ctypes.data + 8 * step * batch
        key = _mix(seed_key ^ np.uint64(first_step + step))
        c = coefficients[step]
        for i in range(len(ops)):
            op, real = ops[i], reals[i]
            code = op[0]
            if code == codes.BARRIER:
                passed = barrier(counter, threads, passed, give_way)
            elif code == codes.AFFINE:
                _affine(kernels, op, samples, thread, threads)
            elif code == codes.AFFINE_INPUT:
                _affine_input(kernels, op, scratch, samples, thread, threads)
            elif code <= codes.LAST_ELEMENTWISE:
                _elementwise(op, real, key, samples, thread, threads)
            elif code == codes.KERNEL_GRADIENT:
                _kernel_gradient(
                    kernels, op, real, optimizer, constants, c, scratch, samples, thread, threads
                )
            elif code == codes.BIAS_GRADIENT:
                _bias_gradient(op, real, optimizer, constants, c, scratch, samples, thread, threads)
            elif code == codes.GATHER:
                _gather(op, real, chosen, first, last)
            elif code == codes.LOSS:
                _loss(op, real, chosen, samples, first, last)
            elif code == codes.TALLY:
                loss, hit = tally(op[1], op[2], samples)
                if thread == 0:
                    losses[step], hits[step] = loss, hit
                if not np.isfinite(loss):
                    return  # all threads see the same, and the weights stay those that made it
            elif code == codes.SOFTMAX:
                softmax(op[1], op[2], first, last, op[3])
            elif code == codes.SOFTMAX_BACKWARD:
                softmax_backward(op[1], op[3], op[2], first, last, op[4])
            elif code == codes.NORM:
                _norm(op, thread, threads)
            elif code == codes.UPDATE:
                _update(op, real, optimizer, constants, c, thread, threads)
