"""The plans of Winograd's convolution; see ``kernels.winograd`` and :mod:`.convolution`."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.ops.jit.kernels.convolution import STRIPE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.winograd import GAP, PART, PLAN, SCRATCH_IMAGE
from nnstudio.engine.ops.jit.kernels.winograd_transforms import OVERLAP
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.plans.windows import Image, Plan, Source
from nnstudio.engine.ops.winograd_matrices import OUTPUTS

_ROOM = (112 * 1024, 384 * 1024)
"""Floats of V and M that are worked on at a time: as few and as many. The larger a transformed kernel is,
the more they must be to be worth reading it."""
_FEWEST_CHANNELS = 8
_MOST_PARTS = 8
_PRODUCTS_OF_A_PART = 8192
"""Products of a channel and a filter that are worth a part of the gradient of their own."""
_WORTH = 0.85
"""Larger tiles must save as much of the products: they take more to transform."""
_LARGEST = 3 << 20
"""Floats of a transformed kernel that are still faster read than the products that they save."""


def fits(convolution: Convolution) -> bool:
    """Whether a convolution can be, and is faster, done this way."""
    square = convolution.window.kernel == (3, 3) and convolution.window.strides == (1, 1)
    plain = convolution.window.dilation == (1, 1) and convolution.groups == 1
    enough = min(convolution.image[2], convolution.filters) >= _FEWEST_CHANNELS
    return square and plain and enough and min(convolution.output[:2]) >= min(OUTPUTS)


def outputs(convolution: Convolution) -> int:
    """Outputs of a tile along one axis: of the sizes there are, the one that needs fewer products."""
    small, large = (_products(convolution.output, size) for size in OUTPUTS)
    return OUTPUTS[1] if large < _WORTH * small and _size(convolution, OUTPUTS[1]) <= _LARGEST else OUTPUTS[0]


def gradient_fits(convolution: Convolution) -> bool:
    """Whether the kernel's gradient is faster this way, too."""
    return fits(convolution) and _size(convolution, outputs(convolution)) <= _LARGEST


def forward(convolution: Convolution) -> Plan:
    """``x -> x ∗ kernel``."""
    before = tuple(axis.before for axis in convolution.axes)
    return _plan(convolution.image, (before[0], before[1]), convolution.output, outputs(convolution))


def parts(convolution: Convolution, batch: int) -> int:
    """Parts of the batch in which the kernel's gradient is summed up."""
    worth = batch * _products(convolution.output, outputs(convolution)) // _PRODUCTS_OF_A_PART
    parts = int(np.clip(worth, 2, min(_MOST_PARTS, max(2, batch))))
    return (
        1 << (parts - 1).bit_length()
    )  # threads, too, are powers of two in most cases: they get equal shares


def gradients(convolution: Convolution, batch: int) -> Plan:
    """``x, dz -> d kernel, dx``: as forward, with room for an image's gradient."""
    plan, tile = forward(convolution), outputs(convolution)
    plan.integers[PART] = -(-batch // parts(convolution, batch))
    plan.integers[SCRATCH_IMAGE] = FLOAT * plan.scratch
    down, across = (-(-size // tile) * tile + OVERLAP for size in convolution.output[:2])
    return Plan(plan.integers, (), plan.scratch + down * across * convolution.image[2])


def frequencies(convolution: Convolution) -> int:
    """Values that a tile's inputs, or a kernel, are transformed to."""
    return (outputs(convolution) + 2) ** 2


def transformed_size(convolution: Convolution, rows: int, columns: int) -> int:
    """Floats of a transformed kernel of ``rows × columns``."""
    return frequencies(convolution) * rows * -(-columns // STRIPE) * STRIPE


def _plan(image: Image, ahead: tuple[int, int], output: Image, tile: int) -> Plan:
    down, across = -(-output[0] // tile), -(-output[1] // tile)
    source = Source(image, ahead, (down * tile + 2, across * tile + 2))
    channels, filters, inputs = image[2], output[2], (tile + 2) ** 2
    row = inputs * across * (channels + filters)
    room = int(np.clip(inputs * channels * filters // 2, *_ROOM))
    rows = -(-down // -(-down // max(1, min(down, room // row))))  # parts of about the same height
    images = max(1, room // (row * down)) if rows == down else 1
    tiles = images * rows * across
    v = -(-source.size // GAP) * GAP
    m = v + inputs * (tiles * channels + GAP)
    edge = m + inputs * (tiles * filters + GAP)
    end = edge + tile * tile * across * filters
    integers = [*source.integers(), channels, filters, down, across, *output[:2], images, rows]
    integers += [FLOAT * v, FLOAT * m, FLOAT * edge, tile, 0, 0]
    assert len(integers) == PLAN
    return Plan(np.array(integers, np.int64), (), end)


def _size(convolution: Convolution, tile: int) -> int:
    """Floats of a transformed kernel, without gaps."""
    return (tile + 2) ** 2 * convolution.image[2] * convolution.filters


def _products(output: Image, tile: int) -> int:
    """Products of an image, for a channel and a filter."""
    return -(-output[0] // tile) * -(-output[1] // tile) * (tile + 2) ** 2
