"""The gradients of Winograd's convolution: everything of :mod:`.winograd`, transposed and backwards.

The output's gradient is transformed to frequencies once, ``Z (f, tiles, F)``, and serves both::

    dU[f] = V[f]ᵀ @ Z[f]        the kernel's, (C, tiles) @ (tiles, F), transformed back once, at the end
    dV[f] = Z[f] @ U[f]ᵀ        the input's, (tiles, F) @ (F, C), transformed back tile by tile

Where tiles overlap in the input, their gradients are added up, in a padded image of scratch. Where they
reach beyond the output, its gradient is taken for 0.

The ReLU behind the convolution and the one in front of it are undone on the way: by what is read of ``dz``,
and by what is written of ``dx``. Either would be a pass through memory of its own.

The samples of a batch are cut into a fixed number of parts, each worked on by one thread. What the parts
give to the kernel's gradient is added up in their order, so that the number of threads doesn't show.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import compiled, integers
from nnstudio.engine.ops.jit.kernels.convolution import (
    IMAGE_ROW,
    INSIDE,
    PADDED,
    PADDED_ROW,
    ROWS,
    RUN,
    clear,
    clear_border,
    put_inside,
    put_passed,
)
from nnstudio.engine.ops.jit.kernels.elementwise import copy
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.near_products import add_product
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.winograd import (
    CHANNELS,
    FILTERS,
    GAP,
    HEIGHT,
    IMAGES,
    PART,
    PLAN,
    SCRATCH_EDGE,
    SCRATCH_IMAGE,
    SCRATCH_M,
    SCRATCH_V,
    TILE,
    TILE_ROWS,
    TILES_ACROSS,
    TILES_DOWN,
    WIDTH,
    from_frequencies,
    multiply_frequencies,
    next_rows,
    to_frequencies,
    transform_inputs,
)
from nnstudio.engine.ops.jit.kernels.winograd_transforms import INPUT_GRADIENT, OUTPUT_GRADIENT, OVERLAP

(
    X,
    X_SAMPLE,
    DZ,
    DZ_SAMPLE,
    OUTPUTS,  # whose ReLU is undone, or 0; they lie as dz does
    SUMS,  # where each sample's bias gradient goes, or 0
    SUMS_SAMPLE,
    PARTS,  # where the parts of the kernel's gradient go, or 0
    KERNEL,  # transposed and transformed
    DX,  # or 0
    DX_SAMPLE,
    UNDO,  # 1 where x comes from a ReLU, which is undone
    PLACE_OF_PLAN,
) = range(1, 14)
"""The operation's integers: addresses, and strides by sample."""


@compiled
def winograd_gradients(kernels: Any, op: Any, scratch: int, samples: int, thread: int, threads: int) -> None:
    """A thread's parts of the kernel's gradient by frequency, ``(parts, f, C, F)``, and their ``dx``."""
    plan = integers(op[PLACE_OF_PLAN], PLAN)
    if plan[PADDED] > 0:
        clear_border(plan, scratch)
    size = FLOAT * (plan[TILE] + 2) ** 2 * plan[CHANNELS] * plan[FILTERS]
    begin, end = share((samples + plan[PART] - 1) // plan[PART], thread, threads, 1)
    for part in range(begin, end):
        first, last = part * plan[PART], min(samples, (part + 1) * plan[PART])
        for image in range(first, last, plan[IMAGES]):
            images = min(plan[IMAGES], last - image)
            for row in range(0, plan[TILES_DOWN], plan[TILE_ROWS]):
                rows = min(plan[TILE_ROWS], plan[TILES_DOWN] - row)
                for i in range(images):
                    _transform_gradients(kernels, op, plan, scratch, image + i, i, images, row, rows)
                if op[PARTS] != 0:
                    x, add = op[X] + image * op[X_SAMPLE], 1 if image + row > first else 0
                    transform_inputs(kernels, plan, x, op[X_SAMPLE], scratch, images, row, rows)
                    tiles = images * rows * plan[TILES_ACROSS]
                    ahead = next_rows(
                        plan, op[X], op[X_SAMPLE], plan[IMAGE_ROW], image, images, last, row, rows
                    )
                    _multiply_gradients(kernels, plan, scratch, op[PARTS] + part * size, tiles, add, ahead)
                if op[DX] != 0:
                    _input_gradients(kernels, op, plan, scratch, image, images, last, row, rows)


@compiled
def _transform_gradients(
    kernels: Any,
    op: Any,
    plan: Any,
    scratch: int,
    sample: int,
    number: int,
    images: int,
    row: int,
    rows: int,
) -> None:
    """Some rows of tiles of one image's ``dz`` to Z, behind those of ``number`` others; the bias's sums."""
    across, filters, width, outputs = plan[TILES_ACROSS], plan[FILTERS], plan[WIDTH], plan[TILE]
    pixel, tiles = FLOAT * filters, images * rows * across
    sums = op[SUMS] + sample * op[SUMS_SAMPLE] if op[SUMS] != 0 else 0
    if sums != 0 and row == 0:
        clear(sums, filters)
    for r in range(rows):
        place = sample * op[DZ_SAMPLE] + (row + r) * outputs * width * pixel
        there, there_row = op[DZ] + place, width * pixel
        inside = min(outputs, plan[HEIGHT] - (row + r) * outputs)
        if op[OUTPUTS] != 0 or inside < outputs or across * outputs > width:
            output = op[OUTPUTS] + place if op[OUTPUTS] != 0 else 0
            _put_in_tiles(plan, there, output, scratch + plan[SCRATCH_EDGE], inside)
            there, there_row = scratch + plan[SCRATCH_EDGE], across * outputs * pixel
        target = scratch + plan[SCRATCH_M] + (number * rows + r) * across * pixel
        to_frequencies(kernels, plan, OUTPUT_GRADIENT, there, there_row, target, tiles, filters, sums)


@compiled
def _put_in_tiles(plan: Any, dz: int, output: int, edge: int, inside: int) -> None:
    """Copies the rows of ``dz`` for a row of tiles, with zeros where there are none; undoes a ReLU."""
    filters, outputs = plan[FILTERS], plan[TILE]
    run, size = plan[WIDTH] * filters, plan[TILES_ACROSS] * outputs * filters
    for y in range(inside):
        source, target = dz + FLOAT * y * run, edge + FLOAT * y * size
        if output != 0:
            put_passed(source, 0, output + FLOAT * y * run, 0, target, 0, 1, run)
        else:
            copy(source, target, run)
        clear(target + FLOAT * run, size - run)
    clear(edge + FLOAT * inside * size, (outputs - inside) * size)


@compiled
def _multiply_gradients(
    kernels: Any, plan: Any, scratch: int, target: int, tiles: int, add: int, ahead: tuple[int, int]
) -> None:
    """``dU[f] += V[f]ᵀ @ Z[f]`` for every frequency; what lies between the addresses ``ahead`` is fetched."""
    line, end = ahead
    channels, filters = plan[CHANNELS], plan[FILTERS]
    for f in range((plan[TILE] + 2) ** 2):
        line = add_product(
            kernels,
            scratch + plan[SCRATCH_V] + f * FLOAT * (tiles * channels + GAP),
            FLOAT,
            FLOAT * channels,
            scratch + plan[SCRATCH_M] + f * FLOAT * (tiles * filters + GAP),
            FLOAT * filters,
            target + f * FLOAT * channels * filters,
            FLOAT * filters,
            channels,
            filters,
            tiles,
            add,
            line,
            end,
        )


@compiled
def _input_gradients(
    kernels: Any, op: Any, plan: Any, scratch: int, image: int, images: int, last: int, row: int, rows: int
) -> None:
    """``dx`` of some images that are done with these rows of tiles; dV takes the place of V."""
    across, channels, outputs = plan[TILES_ACROSS], plan[CHANNELS], plan[TILE]
    v, z, padded = scratch + plan[SCRATCH_V], scratch + plan[SCRATCH_M], scratch + plan[SCRATCH_IMAGE]
    tiles = images * rows * across
    dz_row = FLOAT * plan[WIDTH] * plan[FILTERS]
    ahead = next_rows(plan, op[DZ], op[DZ_SAMPLE], dz_row, image, images, last, row, rows)
    multiply_frequencies(kernels, (outputs + 2) ** 2, z, plan[FILTERS], op[KERNEL], v, channels, tiles, ahead)
    for i in range(images):
        if row == 0:
            _clear_overlaps(plan, padded)
        for r in range(rows):
            source = v + FLOAT * (i * rows + r) * across * channels
            target, target_row = padded + (row + r) * outputs * plan[PADDED_ROW], plan[PADDED_ROW]
            from_frequencies(kernels, plan, INPUT_GRADIENT, source, tiles, target, target_row, channels, 0, 0)
        if row + rows == plan[TILES_DOWN]:
            _take_inside(op, plan, padded + plan[INSIDE], image + i)


@compiled
def _clear_overlaps(plan: Any, padded: int) -> None:
    """Sets to 0 what the first row of tiles, and the first tile of each row, find there to add to."""
    first = OVERLAP * plan[CHANNELS]
    clear(padded, OVERLAP * plan[PADDED_ROW] // FLOAT)
    for row in range(OVERLAP, plan[TILES_DOWN] * plan[TILE] + OVERLAP):
        clear(padded + row * plan[PADDED_ROW], first)


@compiled
def _take_inside(op: Any, plan: Any, inside: int, sample: int) -> None:
    """A sample's ``dx`` out of the padded image."""
    dx, image_row = op[DX] + sample * op[DX_SAMPLE], plan[IMAGE_ROW]
    if op[UNDO] != 0:
        x = op[X] + sample * op[X_SAMPLE]
        put_passed(inside, plan[PADDED_ROW], x, image_row, dx, image_row, plan[ROWS], plan[RUN])
    else:
        put_inside(inside, plan[PADDED_ROW], dx, image_row, plan[ROWS], plan[RUN])
