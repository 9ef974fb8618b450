"""Convolution without columns: every output row is a batch of small matrix products on the image itself.

With the channels innermost, what lies under one row of the window is one run of ``kw·C`` values, and the
runs under neighbouring output pixels lie a constant distance apart. So an output row is a sum of ``kh``
products, ``(pixels, kw·C) @ (kw·C, F)``, which the microkernel adds up in its registers (Georganas et
al., "Anatomy of high-performance deep learning convolutions on SIMD architectures", 2018). Where a
window's row has gaps (dilation, groups) every tap is a product of its own.

The gradient of the input is a convolution, too: of ``dz`` with the kernel flipped and transposed. With
strides, input pixels meet only some of the taps. They fall into *phases* by the remainder of their
place, ``sy·sx`` of them, and each phase is a convolution of ``dz`` with its own taps.

Both are described by a plan, an array of integers that :mod:`..plans` writes: strides and sizes, then
the phases. Images that the window reaches beyond are copied into scratch with zeros around them first.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_gemm, compiled, floats, integers
from nnstudio.engine.ops.jit.kernels.elementwise import copy
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import transpose
from nnstudio.engine.ops.jit.kernels.objects import ADDRESSES, LANES, MAX_ROWS, MOST_ROWS, MOST_VECTORS
from nnstudio.engine.ops.jit.kernels.scalars import ZERO

(
    IMAGE_ROW,  # bytes of a row of the source image
    ROWS,  # rows of it that are copied where it is padded
    RUN,  # floats of each of them
    INSIDE,  # place of the first one in the padded image, in bytes
    PADDED_ROW,  # bytes of a row of the padded image
    PADDED,  # floats of the padded image, 0 for none
    GROUPS,
    GROUP_SOURCE,  # bytes from a group's channels in the source to the next one's
    GROUP_KERNEL,  # likewise in the kernel
    COLUMNS,  # channels of a group in the target
    KERNEL_ROW,  # bytes of a row of the kernel
    KERNEL_STRIPE,  # bytes from a stripe of its columns to the next one
    PHASES,
    FIRST_PHASE,
) = range(14)
"""A plan's integers; the phases follow."""

(
    TARGET,  # place of the first pixel in the target, in bytes
    TARGET_ROW,  # bytes from one row of the phase's pixels to the next
    TARGET_STEP,  # from one pixel to the next
    PHASE_ROWS,
    PIXELS,  # per row
    SOURCE_ROW,  # bytes in the source from one row's window to the next one's
    SOURCE_STEP,  # from one pixel's window to the next one's
    DEPTH,  # values of a product's shared dimension
    PRODUCTS,
    IN_SOURCE,  # address of the products' offsets in the source
    IN_KERNEL,  # and in the kernel
    PHASE,
) = range(12)
"""A phase's integers, and how many there are."""

STRIPE = 64
"""Columns of a kernel that lie together where it has more of them: rows far apart would share few places
of the caches."""


@compiled
def correlate(kernels: Any, op: Any, scratch: int, first: int, last: int) -> None:
    """Slides a kernel over some images: ``target = source ∗ kernel + bias``.

    Args:
        kernels: The kernel table.
        op: The operation: addresses and strides by sample of the source and the target around those of
            kernel, bias and plan, and whether to cut at 0; see ``Program.correlate``.
        scratch: Address of scratch for a padded image.
        first: First sample.
        last: First one not to work on.
    """
    source, source_sample, kernel, bias, target, target_sample = op[1], op[2], op[3], op[4], op[5], op[6]
    plan, rectify = integers(op[7], FIRST_PHASE), op[8]
    phases = integers(op[7] + 8 * FIRST_PHASE, PHASE * plan[PHASES])
    if plan[PADDED] > 0:
        clear_border(plan, scratch)
    for i in range(first, last):
        image = source + i * source_sample
        if plan[PADDED] > 0:
            put_inside(
                image, plan[IMAGE_ROW], scratch + plan[INSIDE], plan[PADDED_ROW], plan[ROWS], plan[RUN]
            )
            image = scratch
        for number in range(plan[PHASES]):
            phase = phases[number * PHASE : (number + 1) * PHASE]
            for group in range(plan[GROUPS]):
                shift = FLOAT * group * plan[COLUMNS]
                _phase(
                    kernels,
                    plan,
                    phase,
                    image + group * plan[GROUP_SOURCE],
                    kernel + group * plan[GROUP_KERNEL],
                    bias + shift if bias != 0 else 0,
                    target + i * target_sample + phase[TARGET] + shift,
                    rectify,
                )


@compiled
def _phase(
    kernels: Any, plan: Any, phase: Any, image: int, kernel: int, bias: int, target: int, rectify: int
) -> None:
    """The pixels of one phase of one image, panel by panel of a few registers of channels."""
    lanes, most, columns, pixels = kernels[LANES], kernels[MOST_VECTORS], plan[COLUMNS], phase[PIXELS]
    column = 0
    while column < columns:
        left = min(columns - column, STRIPE - column % STRIPE)
        vectors = min(most, (left + lanes - 1) // lanes)
        used = min(left, vectors * lanes)
        place = kernel + column // STRIPE * plan[KERNEL_STRIPE] + FLOAT * (column % STRIPE)
        blocks = (pixels + kernels[MOST_ROWS + vectors] - 1) // kernels[MOST_ROWS + vectors]
        for row in range(phase[PHASE_ROWS]):
            pixel = 0
            for block in range(blocks):  # of even widths
                width = (pixels - pixel) // (blocks - block)
                call_gemm(
                    kernels[ADDRESSES + (MAX_ROWS + 1) * vectors + width],
                    (
                        image + row * phase[SOURCE_ROW] + pixel * phase[SOURCE_STEP],
                        place,
                        target + row * phase[TARGET_ROW] + pixel * phase[TARGET_STEP] + FLOAT * column,
                        phase[DEPTH],
                        phase[PRODUCTS],
                        phase[IN_SOURCE],
                        phase[IN_KERNEL],
                        0,
                        phase[SOURCE_STEP],
                        FLOAT,
                        plan[KERNEL_ROW],
                        phase[TARGET_STEP],
                        bias + FLOAT * column if bias != 0 else 0,
                        rectify,
                        used - (vectors - 1) * lanes,
                    ),
                )
                pixel += width
        column += used


@compiled
def clear(target: int, size: int) -> None:
    """Sets contiguous values to 0."""
    values = floats(target, size)
    for i in range(size):
        values[i] = ZERO


@compiled
def clear_border(plan: Any, padded: int) -> None:
    """Sets what lies around a padded image to 0."""
    inside, row, run = plan[INSIDE], plan[PADDED_ROW], FLOAT * plan[RUN]
    clear(padded, inside // FLOAT)
    for number in range(1, plan[ROWS]):
        start = inside + number * row
        clear(padded + start - row + run, (row - run) // FLOAT)
    start = inside + (plan[ROWS] - 1) * row + run
    clear(padded + start, plan[PADDED] - start // FLOAT)


@compiled
def put_inside(source: int, source_row: int, target: int, target_row: int, rows: int, run: int) -> None:
    """Copies ``rows`` rows of ``run`` values; strides in bytes."""
    for row in range(rows):
        copy(source + row * source_row, target + row * target_row, run)


@compiled
def put_passed(
    source: int,
    source_row: int,
    output: int,
    output_row: int,
    target: int,
    target_row: int,
    rows: int,
    run: int,
) -> None:
    """Copies rows of gradients where a ReLU's output is positive, and 0 elsewhere; it may be the target."""
    for row in range(rows):
        given = floats(source + row * source_row, run)
        y, passed = floats(output + row * output_row, run), floats(target + row * target_row, run)
        if output == target:  # two names for one place would not become vector code
            for i in range(run):
                y[i] = given[i] if y[i] > ZERO else ZERO
        else:
            for i in range(run):
                passed[i] = given[i] if y[i] > ZERO else ZERO


@compiled
def pack(op: Any, first: int, last: int) -> None:
    """Copies some stripes of a kernel's columns, so that each lies in one piece."""
    source, rows, columns, target = op[1], op[2], op[3], op[4]
    for stripe in range(first, last):
        start, width = FLOAT * STRIPE * stripe, min(STRIPE, columns - STRIPE * stripe)
        put_inside(source + start, FLOAT * columns, target + start * rows, FLOAT * STRIPE, rows, width)


@compiled
def transpose_taps(kernels: Any, op: Any, first: int, last: int) -> None:
    """Writes some taps of a kernel ``(taps, rows, columns)`` as ``(taps, columns, rows)``, last tap first.

    The columns of the target lie in stripes; there is room for whole registers of rows and columns.
    """
    source, taps, rows, columns, target = op[1], op[2], op[3], op[4], op[5]
    target_row, target_tap, target_stripe = op[6], op[7], op[8]
    for tap in range(first, last):
        for row in range(0, rows, STRIPE):
            transpose(
                kernels,
                source + FLOAT * (tap * rows + row) * columns,
                FLOAT * columns,
                target + (taps - 1 - tap) * target_tap + row // STRIPE * target_stripe,
                target_row,
                min(STRIPE, rows - row),
                columns,
            )
