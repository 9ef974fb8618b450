"""The gradient of a convolution's kernel: for each tap, the pixels under it times ``dz``.

``d kernel[ky, kx, c, f] = Σ over positions p  x[pixel under tap (ky, kx) at p, c] · dz[p, f]``

As a matrix ``(kh·kw·C/G, F)`` its rows are the taps' channels, and the shared dimension are all output
pixels of the batch on which a tap lies inside the image: padding is never looked at. Threads share the
rows, each goes through the whole batch, and a few rows of ``dz`` at a time stay in the first cache while
all taps pass by. So no two threads add to one number, and the result is the same for any number of them.

With few channels a tap alone makes too little work for a block of registers; then the pixels under
several taps are copied side by side first, as *columns*. Where such a kernel is small, too, every sample's
gradient is kept by itself and added up later: so each thread reads but its own samples.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import call_gemm, compiled, floats, integers
from nnstudio.engine.ops.jit.kernels.convolution import clear
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.near_products import add_product
from nnstudio.engine.ops.jit.kernels.objects import ADDRESSES, LANES, MAX_ROWS, MOST_ROWS, MOST_VECTORS
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.updates import change, finish_gradient

(
    KERNEL_WIDTH,  # taps of a row of the window
    TAPS,
    GROUPS,
    CHANNELS,  # of a group
    FILTERS,  # of a group
    PIXEL_STEP,  # bytes in x from one position of the window to the next
    DZ_STEP,  # bytes of a pixel of dz
    DZ_ROWS,  # rows of dz
    SAMPLES_AT_A_TIME,
    ROWS_AT_A_TIME,
    DZ_WIDTH,  # pixels of a row of dz
    IN_COLUMNS,  # rows of dz that are worked on at a time by way of columns, 0 for none
    FIRST_TAP_ROW,
) = range(13)
"""A plan's integers; those of the window's rows follow, then those of its columns."""

(
    START,  # first output row on which the row of taps lies inside the image
    COUNT,  # how many there are
    IN_X,  # address of the rows' offsets in x, sample by sample
    IN_DZ,  # and in dz
    TAP_ROW,
) = range(5)
"""Integers of a row of taps; and how many there are."""

(
    FIRST_IN_X,  # place in a row of x, in bytes, of the first pixel on which the column of taps lies
    FIRST_IN_DZ,  # and that of the first position of the window, in a row of dz
    PIXELS,  # how many
    TAP_COLUMN,
) = range(4)
"""Integers of a column of taps; and how many there are."""

GAP = 16
"""Floats between columns, so that they don't all meet in the same places of a cache."""

KERNEL_TILE = 1 << 16
"""Values of a kernel's gradient that are worked out at a time; they fit into a core's own cache."""


@compiled
def convolution_gradient(kernels: Any, op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """A thread's rows of a kernel's gradient, tile by tile, each with its update while it is hot."""
    weights, gradient, offset, decayed = op[6], op[7], op[8], op[9]
    plan = integers(op[5], FIRST_TAP_ROW)
    filters = plan[GROUPS] * plan[FILTERS]
    first, last = share(plan[TAPS] * plan[CHANNELS], thread, threads, 1)
    tile = max(1, KERNEL_TILE // filters)
    for row in range(first, last, tile):
        height = min(tile, last - row)
        start, size = FLOAT * row * filters, height * filters
        target = step[codes.SCRATCH] if gradient == 0 else gradient + start
        if plan[IN_COLUMNS] > 0:
            columns = step[codes.SCRATCH] + FLOAT * max(KERNEL_TILE, filters)
            _rows_by_columns(kernels, op, plan, row, row + height, target, columns, 0, step[codes.SAMPLES])
        else:
            _rows(kernels, op, plan, row, row + height, target, step[codes.SAMPLES])
        finish_gradient(target, weights + start, size, real[0], real[1], real[2])
        if gradient == 0:
            change(step, weights + start, target, offset + start, decayed, size)


@compiled
def gradient_of_each(kernels: Any, op: Any, scratch: int, first: int, last: int) -> None:
    """The gradients that some samples give by themselves, by way of columns."""
    plan = integers(op[5], FIRST_TAP_ROW)
    for i in range(first, last):
        target, rows = op[6] + i * op[7], plan[TAPS] * plan[CHANNELS]
        _rows_by_columns(kernels, op, plan, 0, rows, target, scratch, i, i + 1)


@compiled
def _rows(kernels: Any, op: Any, plan: Any, first: int, last: int, target: int, samples: int) -> None:
    """Rows ``first`` to ``last`` of the gradient, ``(last − first, F)``, over the whole batch."""
    some, rows = plan[SAMPLES_AT_A_TIME], plan[ROWS_AT_A_TIME]
    for sample in range(0, samples, some):
        chosen = min(some, samples - sample)
        for row in range(0, plan[DZ_ROWS], rows):
            after = min(row + rows, plan[DZ_ROWS])
            add = 1 if sample + row > 0 else 0
            for group in range(plan[GROUPS]):
                _block(kernels, op, plan, group, sample, chosen, row, after, first, last, target, add)


@compiled
def _rows_by_columns(
    kernels: Any,
    op: Any,
    plan: Any,
    first: int,
    last: int,
    target: int,
    columns: int,
    begin: int,
    end: int,
) -> None:
    """The same by way of columns: ``(last − first, pixels) @ (pixels, F)``, some rows of ``dz`` at a time."""
    pixel, filters, height = plan[DZ_STEP], plan[FILTERS], plan[DZ_ROWS]
    for sample in range(begin, end):
        for row in range(0, height, plan[IN_COLUMNS]):
            after = min(row + plan[IN_COLUMNS], height)
            pixels = (after - row) * plan[DZ_WIDTH]
            for number in range(first, last):
                place = columns + FLOAT * (number - first) * (pixels + GAP)
                _put_column(op, plan, number, sample, row, after, place)
            add_product(
                kernels,
                columns,
                FLOAT * (pixels + GAP),
                FLOAT,
                op[3] + sample * op[4] + row * plan[DZ_WIDTH] * pixel,
                pixel,
                target,
                FLOAT * filters,
                last - first,
                filters,
                pixels,
                0 if sample == begin and row == 0 else 1,
                0,
                0,
            )


@compiled
def _put_column(op: Any, plan: Any, number: int, sample: int, row: int, after: int, target: int) -> None:
    """What lies under one row of the kernel, a channel of a tap, at the pixels of some rows of ``dz``."""
    width, channels = plan[KERNEL_WIDTH], plan[CHANNELS]
    height, tap = plan[TAPS] // width, number // channels
    table = integers(op[5] + 8 * FIRST_TAP_ROW, TAP_ROW * height + TAP_COLUMN * width)
    along = table[tap // width * TAP_ROW : (tap // width + 1) * TAP_ROW]
    across = table[TAP_ROW * height + tap % width * TAP_COLUMN :]
    count, pixels, step = along[COUNT], across[PIXELS], plan[PIXEL_STEP] // FLOAT
    begin, end = max(row, along[START]), min(after, along[START] + count)
    if end - begin < after - row or pixels < plan[DZ_WIDTH]:
        clear(target, (after - row) * plan[DZ_WIDTH])
    places = integers(along[IN_X], (sample + 1) * count)
    shift = across[FIRST_IN_X] + FLOAT * (number % channels)
    for y in range(begin, end):
        source = floats(op[1] + places[sample * count + y - along[START]] + shift, pixels * step)
        start = FLOAT * (y - row) * plan[DZ_WIDTH] + across[FIRST_IN_DZ] // plan[DZ_STEP] * FLOAT
        line = floats(target + start, pixels)
        if step == 1:
            for x in range(pixels):
                line[x] = source[x]
        else:
            for x in range(pixels):
                line[x] = source[x * step]


@compiled
def _block(
    kernels: Any,
    op: Any,
    plan: Any,
    group: int,
    sample: int,
    samples: int,
    row: int,
    after: int,
    first: int,
    last: int,
    target: int,
    add: int,
) -> None:
    """Adds what some rows of ``dz`` of some samples contribute to a group's filters, panel by panel."""
    channels, filters = plan[CHANNELS], plan[FILTERS]
    panel, c_row = kernels[LANES] * kernels[MOST_VECTORS], FLOAT * filters * plan[GROUPS]
    for column in range(0, filters, panel):
        for tap in range(first // channels, (last + channels - 1) // channels):
            start = max(first, tap * channels)
            _tap(
                kernels,
                op,
                plan,
                tap,
                sample,
                samples,
                row,
                after,
                group * channels + start - tap * channels,
                min(last, (tap + 1) * channels) - start,
                group * filters + column,
                min(panel, filters - column),
                target + (start - first) * c_row + FLOAT * (group * filters + column),
                add,
            )


@compiled
def _tap(
    kernels: Any,
    op: Any,
    plan: Any,
    tap: int,
    sample: int,
    samples: int,
    row: int,
    after: int,
    channel: int,
    channels: int,
    number: int,
    filters: int,
    target: int,
    add: int,
) -> None:
    """Adds the products of a tap's channels, from ``channel`` on, with filters, from ``number`` on."""
    width, lanes = plan[KERNEL_WIDTH], kernels[LANES]
    height, c_row = plan[TAPS] // width, FLOAT * plan[FILTERS] * plan[GROUPS]
    table = integers(op[5] + 8 * FIRST_TAP_ROW, TAP_ROW * height + TAP_COLUMN * width)
    along = table[tap // width * TAP_ROW : (tap // width + 1) * TAP_ROW]
    across = table[TAP_ROW * height + tap % width * TAP_COLUMN :]
    start = max(row, along[START]) - along[START]
    count = min(after, along[START] + along[COUNT]) - along[START] - start
    begin = 8 * (sample * along[COUNT] + start)
    products = count + (samples - 1) * along[COUNT] if count > 0 and across[PIXELS] > 0 else 0
    if products == 0 and add == 1:
        return
    vectors = (filters + lanes - 1) // lanes
    blocks = (channels + kernels[MOST_ROWS + vectors] - 1) // kernels[MOST_ROWS + vectors]
    done = 0
    for block in range(blocks):  # of even heights
        size = (channels - done) // (blocks - block)
        call_gemm(
            kernels[ADDRESSES + (MAX_ROWS + 1) * vectors + size],
            (
                op[1] + across[FIRST_IN_X] + FLOAT * (channel + done),
                op[3] + across[FIRST_IN_DZ] + FLOAT * number,
                target + done * c_row,
                across[PIXELS],
                products,
                along[IN_X] + begin,
                along[IN_DZ] + begin,
                add,
                FLOAT,
                plan[PIXEL_STEP],
                plan[DZ_STEP],
                c_row,
                0,
                0,
                filters - (vectors - 1) * lanes,
            ),
        )
        done += size
