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

from nnstudio.engine.ops.jit.kernels.compiled import call_transform, compiled, integers
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
from nnstudio.engine.ops.jit.kernels.gemm import add_product
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
            multiply_frequencies(kernels, frequencies, v, plan[CHANNELS], op[3], m, plan[FILTERS], tiles)
            for i in range(images):
                target = op[5] + (image + i) * op[6]
                _transform_outputs(kernels, plan, scratch, i, images, row, rows, op[4], target, op[8])


@compiled
def transform_inputs(
    kernels: Any, plan: Any, source: int, sample: int, scratch: int, images: int, row: int, rows: int
) -> None:
    """Some rows of tiles of some images to V."""
    across, channels, outputs = plan[TILES_ACROSS], plan[CHANNELS], plan[TILE]
    pixel, frequency = FLOAT * channels, FLOAT * (images * rows * across * channels + GAP)
    for i in range(images):
        image, image_row = source + i * sample, plan[IMAGE_ROW]
        if plan[PADDED] > 0:
            if row == 0:  # of several images there are all rows at once; one stays for its other rows
                put_inside(image, image_row, scratch + plan[INSIDE], plan[PADDED_ROW], plan[ROWS], plan[RUN])
            image, image_row = scratch, plan[PADDED_ROW]
        for r in range(rows):
            call_transform(
                kernels[transform_of(plan[TILE], INPUT)],
                (
                    image + (row + r) * outputs * image_row,
                    image_row,
                    pixel,
                    outputs * pixel,
                    scratch + plan[SCRATCH_V] + (i * rows + r) * across * pixel,
                    (outputs + 2) * frequency,
                    frequency,
                    pixel,
                    across,
                    channels,
                    0,
                    0,
                ),
            )


@compiled
def multiply_frequencies(
    kernels: Any, frequencies: int, a: int, depth: int, kernel: int, c: int, columns: int, tiles: int
) -> None:
    """``C[f] = A[f] @ kernel[f]`` for every frequency, ``(tiles, depth) @ (depth, columns)`` in stripes."""
    for _ in range(frequencies):
        for column in range(0, columns, STRIPE):
            add_product(
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
    pixel, frequency = FLOAT * filters, FLOAT * (images * rows * across * filters + GAP)
    for r in range(rows):
        top = (row + r) * outputs
        inside = min(outputs, plan[HEIGHT] - top)
        whole = inside == outputs and across * outputs == width
        place = target + top * width * pixel
        there = place if whole else scratch + plan[SCRATCH_EDGE]
        there_row = (width if whole else across * outputs) * pixel
        call_transform(
            kernels[transform_of(plan[TILE], OUTPUT)],
            (
                scratch + plan[SCRATCH_M] + (number * rows + r) * across * pixel,
                (outputs + 2) * frequency,
                frequency,
                pixel,
                there,
                there_row,
                pixel,
                outputs * pixel,
                across,
                filters,
                bias,
                rectify,
            ),
        )
        if not whole:
            put_inside(there, there_row, place, width * pixel, inside, width * filters)
