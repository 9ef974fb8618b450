"""Depthwise convolution: every channel has M filters of its own.

Its passes go through the same plans as those of :mod:`.convolution`, with every tap by itself. Where
there are several filters per channel, each channel of the image is repeated M times first, on its way into
the scratch, so that ``C·M`` channels meet as many filters; the input's gradient adds them up again.

The kernel's gradient is worked out sample by sample; adding those up is left to another operation.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_depthwise, compiled, floats, integers
from nnstudio.engine.ops.jit.kernels.convolution import (
    COLUMNS,
    FIRST_PHASE,
    IMAGE_ROW,
    IN_KERNEL,
    IN_SOURCE,
    INSIDE,
    PADDED,
    PADDED_ROW,
    PHASE,
    PHASE_ROWS,
    PHASES,
    PIXELS,
    PRODUCTS,
    ROWS,
    RUN,
    SOURCE_ROW,
    SOURCE_STEP,
    TARGET,
    TARGET_ROW,
    TARGET_STEP,
    clear_border,
    put_inside,
)
from nnstudio.engine.ops.jit.kernels.depthwise_kernels import MOST_SUMS
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import DEPTHWISE, DEPTHWISE_GRADIENT
from nnstudio.engine.ops.jit.kernels.scalars import ZERO


@compiled
def depthwise(kernels: Any, op: Any, scratch: int, first: int, last: int) -> None:
    """``target = source ∗ kernel + bias``, channel by channel, for some samples.

    Args:
        kernels: The kernel table.
        op: As for ``convolution.correlate``; then how often the source's channels are repeated, how many of
            the target's are added up to one, and the pixels of the target.
        scratch: Address of scratch for a padded image and a result that is yet to be added up.
        first: First sample.
        last: First one not to work on.
    """
    plan = integers(op[7], FIRST_PHASE)
    phases = integers(op[7] + 8 * FIRST_PHASE, PHASE * plan[PHASES])
    if plan[PADDED] > 0:
        clear_border(plan, scratch)
    for i in range(first, last):
        image, target = _prepared(plan, op[1] + i * op[2], op[9], scratch), op[5] + i * op[6]
        out = target if op[10] == 1 else scratch + FLOAT * plan[PADDED]
        for number in range(plan[PHASES]):
            phase = phases[number * PHASE : (number + 1) * PHASE]
            for row in range(phase[PHASE_ROWS]):
                there = out + phase[TARGET] + row * phase[TARGET_ROW]
                _row(kernels, plan, phase, image + row * phase[SOURCE_ROW], op[3], op[4], there, op[8])
        if op[10] > 1:
            _add_up(out, op[10], target, op[11])


@compiled
def _row(
    kernels: Any, plan: Any, phase: Any, image: int, kernel: int, bias: int, target: int, rectify: int
) -> None:
    """A row of a phase's pixels."""
    pixels = phase[PIXELS]
    blocks = (pixels + MOST_SUMS - 1) // MOST_SUMS
    pixel = 0
    for block in range(blocks):
        width = (pixels - pixel) // (blocks - block)
        call_depthwise(
            kernels[DEPTHWISE + width],
            (
                image + pixel * phase[SOURCE_STEP],
                kernel,
                target + pixel * phase[TARGET_STEP],
                phase[SOURCE_STEP],
                phase[TARGET_STEP],
                phase[PRODUCTS],
                phase[IN_SOURCE],
                phase[IN_KERNEL],
                plan[COLUMNS],
                bias,
                rectify,
                0,
            ),
        )
        pixel += width


@compiled
def depthwise_gradient(kernels: Any, op: Any, scratch: int, first: int, last: int) -> None:
    """The kernel's gradient of some samples, each by itself: ``(n, kh·kw·C·M)``.

    Args:
        kernels: The kernel table.
        op: Addresses and strides by sample of x, ``dz`` and the gradients, around that of the plan of the
            forward pass; how often the channels of x are repeated; the taps.
        scratch: Address of scratch for a padded image.
        first: First sample.
        last: First one not to work on.
    """
    plan = integers(op[5], FIRST_PHASE)
    phase = integers(op[5] + 8 * FIRST_PHASE, PHASE)
    taps, row = op[9], FLOAT * plan[COLUMNS]
    if plan[PADDED] > 0:
        clear_border(plan, scratch)
    blocks = (taps + MOST_SUMS - 1) // MOST_SUMS
    for i in range(first, last):
        image = _prepared(plan, op[1] + i * op[2], op[8], scratch)
        tap = 0
        for block in range(blocks):
            some = (taps - tap) // (blocks - block)
            call_depthwise(
                kernels[DEPTHWISE_GRADIENT + some],
                (
                    image,
                    op[3] + i * op[4],
                    op[6] + i * op[7] + tap * row,
                    phase[SOURCE_STEP],
                    row,
                    row,
                    phase[IN_SOURCE] + 8 * tap,
                    plan[COLUMNS],
                    phase[PHASE_ROWS],
                    phase[PIXELS],
                    phase[SOURCE_ROW],
                    phase[TARGET_ROW],
                ),
            )
            tap += some


@compiled
def _prepared(plan: Any, image: int, times: int, scratch: int) -> int:
    """The image as the window slides over it: itself, or a copy in the scratch."""
    if plan[PADDED] == 0:
        return image
    inside = scratch + plan[INSIDE]
    if times == 1:
        put_inside(image, plan[IMAGE_ROW], inside, plan[PADDED_ROW], plan[ROWS], plan[RUN])
    else:
        for row in range(plan[ROWS]):
            source = floats(image + row * plan[IMAGE_ROW], plan[RUN] // times)
            target = floats(inside + row * plan[PADDED_ROW], plan[RUN])
            for j in range(plan[RUN] // times):
                for k in range(times):
                    target[j * times + k] = source[j]
    return scratch


@compiled
def _add_up(source_: int, times: int, target_: int, size: int) -> None:
    """``target[j] = Σ source[j·times + k]``."""
    source, target = floats(source_, size * times), floats(target_, size)
    for j in range(size):
        total = ZERO
        for k in range(times):
            total += source[j * times + k]
        target[j] = total
