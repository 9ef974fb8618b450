"""The kernels of Winograd's convolution: transformed before the products, and their gradients back again."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import call_transform, compiled, floats, inlined
from nnstudio.engine.ops.jit.kernels.convolution import STRIPE
from nnstudio.engine.ops.jit.kernels.convolution_gradient import KERNEL_TILE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import TRANSFORMS
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.updates import change, finish_gradient
from nnstudio.engine.ops.jit.kernels.winograd_transforms import (
    KERNEL,
    KERNEL_GRADIENT,
    TAPS,
    TRANSFORMS_OF_A_SIZE,
)


@inlined
def transform_of(outputs: int, number: int) -> int:
    """Place of a transform in the kernel table."""
    return TRANSFORMS + (outputs // 2 - 1) * TRANSFORMS_OF_A_SIZE + number


@compiled
def transform_kernel(kernels: Any, op: Any, first: int, last: int) -> None:
    """Some rows of a kernel ``(9, rows, columns)`` to ``(f, stripes of columns, rows, STRIPE)``.

    Its columns may lie in stripes already, as ``convolution.transpose_taps`` leaves them.
    """
    source, rows, columns, target = op[1], op[2], op[3], op[4]
    source_row, source_tap, source_stripe, outputs = op[5], op[6], op[7], op[8]
    stripes = (columns + STRIPE - 1) // STRIPE
    frequency = FLOAT * stripes * rows * STRIPE
    for stripe in range(stripes):
        call_transform(
            kernels[transform_of(outputs, KERNEL)],
            (
                source + stripe * source_stripe + first * source_row,
                3 * source_tap,
                source_tap,
                source_row,
                target + FLOAT * STRIPE * (stripe * rows + first),
                (outputs + 2) * frequency,
                frequency,
                FLOAT * STRIPE,
                last - first,
                min(STRIPE, columns - STRIPE * stripe),
                0,
                0,
            ),
        )


@compiled
def finish_winograd_gradient(kernels: Any, op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """Adds up the parts for a thread's channels, transforms them back, and updates the weights."""
    parts_, channels, filters, part = op[1], op[2], op[3], op[4]
    weights, gradient, offset, decayed, outputs = op[5], op[6], op[7], op[8], op[9]
    parts = (step[codes.SAMPLES] + part - 1) // part
    first, last = share(channels, thread, threads, 1)
    some = max(1, KERNEL_TILE // (TAPS * filters))
    tap, frequency = FLOAT * channels * filters, FLOAT * channels * filters
    for channel in range(first, last, some):
        rows = min(some, last - channel)
        start, size = FLOAT * channel * filters, rows * filters
        frequencies = (outputs + 2) ** 2
        for f in range(frequencies):
            _add_parts(parts_ + f * frequency + start, frequencies * frequency, parts, size)
        target, target_tap = step[codes.SCRATCH], FLOAT * size
        if gradient != 0:
            target, target_tap = gradient + start, tap
        call_transform(
            kernels[transform_of(outputs, KERNEL_GRADIENT)],
            (
                parts_ + start,
                (outputs + 2) * frequency,
                frequency,
                0,
                target,
                3 * target_tap,
                target_tap,
                0,
                1,
                size,
                0,
                0,
            ),
        )
        for number in range(TAPS):
            place = number * tap + start
            found = target + number * target_tap
            finish_gradient(found, weights + place, size, real[0], real[1], real[2])
            if gradient == 0:
                change(step, weights + place, found, offset + place, decayed, size)


@compiled
def _add_parts(first: int, part: int, parts: int, size: int) -> None:
    """Adds runs that lie ``part`` bytes apart to the first of them, in their order."""
    total = floats(first, size)
    for number in range(1, parts):
        other = floats(first + number * part, size)
        for i in range(size):
            total[i] += other[i]
