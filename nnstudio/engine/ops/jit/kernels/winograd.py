"""3×3 convolution with stride 1 by Winograd's transforms: 36 products where there would be 144, or 16 for 36.

The inputs of a tile of ``m × m`` outputs overlap its neighbours' by two pixels. Their transforms are written
frequency by frequency: ``V (f, tiles, C)`` with ``f = (m + 2)²``. Then each frequency is one matrix product
with the transformed kernel, ``M[f] = V[f] @ U[f]``, ``(tiles, C) @ (C, F)``, and ``M`` is transformed back
to outputs (see :mod:`.winograd_transforms`). Some rows of tiles at a time, so that V and M stay in a
core's own cache. Where tiles reach beyond the output, their part of it is dropped.

The gradients are in :mod:`.winograd_gradients`.
"""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels.compiled import call_transform, compiled, inlined, integers
from nnstudio.engine.ops.jit.kernels.convolution import (
    IMAGE_ROW,
    INSIDE,
    PADDED,
    PADDED_ROW,
    ROWS,
    RUN,
    STRIPE,
    clear_border,
    put_inside,
)
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.near_products import add_product
from nnstudio.engine.ops.jit.kernels.winograd_kernels import transform_of
from nnstudio.engine.ops.jit.kernels.winograd_transforms import INPUT, OUTPUT

GAP = 16
"""Floats between the frequencies of V, M and Z, so that they don't all meet in the same places of a cache."""

(
    CHANNELS,
    FILTERS,
    TILES_DOWN,
    TILES_ACROSS,
    HEIGHT,  # of the output
    WIDTH,
    IMAGES,  # at a time
    TILE_ROWS,  # at a time
    SCRATCH_V,  # where V begins in the scratch, in bytes
    SCRATCH_M,  # likewise M or Z
    SCRATCH_EDGE,  # and the outputs of a row of tiles
    TILE,  # outputs of a tile along one axis
    PART,  # samples that are summed up in one part of the kernel's gradient
    SCRATCH_IMAGE,  # and an image's gradient
    PLAN,
) = range(PADDED + 1, PADDED + 16)
"""A plan's integers, behind those of the source image in :mod:`.convolution`."""


@compiled
def winograd(kernels: Any, op: Any, scratch: int, first: int, last: int) -> None:
    """``target = source ∗ kernel + bias`` for some samples; arguments as for ``convolution.correlate``.

    The kernel is a transformed one, ``(f, stripes of F, C, STRIPE)``.
    """
    plan = integers(op[7], PLAN)
    if plan[PADDED] > 0:
        clear_border(plan, scratch)
    for image in range(first, last, plan[IMAGES]):
        images = min(plan[IMAGES], last - image)
        for row in range(0, plan[TILES_DOWN], plan[TILE_ROWS]):
            rows = min(plan[TILE_ROWS], plan[TILES_DOWN] - row)
            tiles = images * rows * plan[TILES_ACROSS]
            transform_inputs(kernels, plan, op[1] + image * op[2], op[2], scratch, images, row, rows)
            v, m = scratch + plan[SCRATCH_V], scratch + plan[SCRATCH_M]
            frequencies = (plan[TILE] + 2) ** 2
            ahead = next_rows(plan, op[1], op[2], plan[IMAGE_ROW], image, images, last, row, rows)
            multiply_frequencies(
                kernels, frequencies, v, plan[CHANNELS], op[3], m, plan[FILTERS], tiles, ahead
            )
            for i in range(images):
                target = op[5] + (image + i) * op[6]
                _transform_outputs(kernels, plan, scratch, i, images, row, rows, op[4], target, op[8])


@inlined
def next_rows(
    plan: Any,
    source: int,
    sample: int,
    row_size: int,
    image: int,
    images: int,
    last: int,
    row: int,
    rows: int,
) -> tuple[int, int]:
    """Where what comes after some rows of tiles begins and ends: in the same image, or in the next ones.

    Args:
        plan: The plan.
        source: Address of the first sample.
        sample: Bytes from one sample to the next.
        row_size: Bytes of a row of pixels.
        image: First image that is worked on.
        images: How many at a time.
        last: Where the thread's samples end.
        row: First row of tiles.
        rows: How many.
    """
    size = rows * plan[TILE] * row_size
    begin = source + (image + images) * sample
    if row + rows < plan[TILES_DOWN]:
        begin = source + image * sample + (row + rows) * plan[TILE] * row_size
    return begin, min(begin + images * size, source + last * sample)


@inlined
def to_frequencies(
    kernels: Any,
    plan: Any,
    transform: int,
    image: int,
    image_row: int,
    target: int,
    tiles: int,
    channels: int,
    sums: int,
) -> None:
    """Transforms a row of tiles of an image.

    Args:
        kernels: The kernel table.
        plan: The plan.
        transform: Which transform.
        image: Address of the first tile's first pixel.
        image_row: Bytes of a row of pixels.
        target: Address of the first tile in the first frequency.
        tiles: Tiles that a frequency has in all.
        channels: Channels of a pixel.
        sums: Address of sums to which all pixels are added, or 0.
    """
    pixel, frequency, outputs = FLOAT * channels, FLOAT * (tiles * channels + GAP), plan[TILE]
    there = (target, (outputs + 2) * frequency, frequency, pixel)
    here = (image, image_row, pixel, outputs * pixel)
    place = kernels[transform_of(outputs, transform)]
    call_transform(place, (*here, *there, plan[TILES_ACROSS], channels, sums, 0))


@inlined
def from_frequencies(
    kernels: Any,
    plan: Any,
    transform: int,
    source: int,
    tiles: int,
    image: int,
    image_row: int,
    channels: int,
    bias: int,
    rectify: int,
) -> None:
    """The way back of :func:`to_frequencies`, plus a bias or 0, and cut at 0 with ``rectify``."""
    pixel, frequency, outputs = FLOAT * channels, FLOAT * (tiles * channels + GAP), plan[TILE]
    there = (source, (outputs + 2) * frequency, frequency, pixel)
    here = (image, image_row, pixel, outputs * pixel)
    place = kernels[transform_of(outputs, transform)]
    call_transform(place, (*there, *here, plan[TILES_ACROSS], channels, bias, rectify))


@compiled
def transform_inputs(
    kernels: Any, plan: Any, source: int, sample: int, scratch: int, images: int, row: int, rows: int
) -> None:
    """Some rows of tiles of some images to V."""
    across, channels, outputs = plan[TILES_ACROSS], plan[CHANNELS], plan[TILE]
    tiles, size = images * rows * across, FLOAT * across * channels
    for i in range(images):
        image, image_row = source + i * sample, plan[IMAGE_ROW]
        if plan[PADDED] > 0:
            if row == 0:  # of several images there are all rows at once; one stays for its other rows
                put_inside(image, image_row, scratch + plan[INSIDE], plan[PADDED_ROW], plan[ROWS], plan[RUN])
            image, image_row = scratch, plan[PADDED_ROW]
        for r in range(rows):
            place, target = image + (row + r) * outputs * image_row, scratch + plan[SCRATCH_V]
            target += (i * rows + r) * size
            to_frequencies(kernels, plan, INPUT, place, image_row, target, tiles, channels, 0)


@compiled
def multiply_frequencies(
    kernels: Any,
    frequencies: int,
    a: int,
    depth: int,
    kernel: int,
    c: int,
    columns: int,
    tiles: int,
    ahead: tuple[int, int],
) -> None:
    """``C[f] = A[f] @ kernel[f]`` for every frequency, ``(tiles, depth) @ (depth, columns)`` in stripes.

    What lies between the addresses ``ahead`` is fetched meanwhile.
    """
    line, end = ahead
    for _ in range(frequencies):
        for column in range(0, columns, STRIPE):
            line = add_product(
                kernels,
                a,
                FLOAT * depth,
                FLOAT,
                kernel,
                FLOAT * STRIPE,
                c + FLOAT * column,
                FLOAT * columns,
                tiles,
                min(STRIPE, columns - column),
                depth,
                0,
                line,
                end,
            )
            kernel += FLOAT * STRIPE * depth
        a += FLOAT * (tiles * depth + GAP)
        c += FLOAT * (tiles * columns + GAP)


@compiled
def _transform_outputs(
    kernels: Any,
    plan: Any,
    scratch: int,
    number: int,
    images: int,
    row: int,
    rows: int,
    bias: int,
    target: int,
    rectify: int,
) -> None:
    """M back to some rows of tiles of one image."""
    across, filters, width, outputs = plan[TILES_ACROSS], plan[FILTERS], plan[WIDTH], plan[TILE]
    pixel, tiles = FLOAT * filters, images * rows * across
    for r in range(rows):
        top = (row + r) * outputs
        inside = min(outputs, plan[HEIGHT] - top)
        whole = inside == outputs and across * outputs == width
        place = target + top * width * pixel
        there = place if whole else scratch + plan[SCRATCH_EDGE]
        there_row = (width if whole else across * outputs) * pixel
        source = scratch + plan[SCRATCH_M] + (number * rows + r) * across * pixel
        from_frequencies(kernels, plan, OUTPUT, source, tiles, there, there_row, filters, bias, rectify)
        if not whole:
            put_inside(there, there_row, place, width * pixel, inside, width * filters)
