"""The plans of Winograd's convolution; see ``kernels.winograd`` and :mod:`.convolution`."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.ops.jit.kernels.convolution import STRIPE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.winograd import GAP, PLAN
from nnstudio.engine.ops.jit.kernels.winograd_transforms import FREQUENCIES, INPUTS, OUTPUTS
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.plans.windows import Image, Plan, Source

_ROOM = (96 * 1024, 384 * 1024)
"""Floats of V and M that are worked on at a time: as few and as many. The larger a transformed kernel is,
the more they must be to be worth reading it."""
_FEWEST_CHANNELS = 8
_MOST_PARTS = 8
_TILES_OF_A_PART = 256
"""Tiles whose products are worth a part of the gradient of their own."""


def fits(convolution: Convolution) -> bool:
    """Whether a convolution can be, and is faster, done this way."""
    square = convolution.window.kernel == (3, 3) and convolution.window.strides == (1, 1)
    plain = convolution.window.dilation == (1, 1) and convolution.groups == 1
    enough = min(convolution.image[2], convolution.filters) >= _FEWEST_CHANNELS
    return square and plain and enough and min(convolution.output[:2]) >= OUTPUTS


def forward(convolution: Convolution) -> Plan:
    """``x -> x ∗ kernel``."""
    before = tuple(axis.before for axis in convolution.axes)
    return _plan(convolution.image, (before[0], before[1]), convolution.output)


def backward(convolution: Convolution) -> Plan:
    """``dz -> dx``, a convolution of ``dz`` with what "valid" cut off around it."""
    before = tuple(2 - axis.before for axis in convolution.axes)
    return _plan(convolution.output, (before[0], before[1]), convolution.image)


def parts(convolution: Convolution, batch: int) -> int:
    """Parts of the batch in which the kernel's gradient is summed up."""
    tiles = _tiles(convolution.output[0]) * _tiles(convolution.output[1])
    return int(np.clip(batch * tiles // _TILES_OF_A_PART, 2, min(_MOST_PARTS, max(2, batch))))


def gradient(convolution: Convolution, batch: int) -> Plan:
    """``x, dz -> d kernel``."""
    plan = forward(convolution)
    plan.integers[PLAN - 1] = -(-batch // parts(convolution, batch))
    return plan


def transformed_size(rows: int, columns: int) -> int:
    """Floats of a transformed kernel of ``rows × columns``."""
    return FREQUENCIES * rows * -(-columns // STRIPE) * STRIPE


def _plan(image: Image, ahead: tuple[int, int], output: Image) -> Plan:
    down, across = _tiles(output[0]), _tiles(output[1])
    reached = (down * OUTPUTS + INPUTS - OUTPUTS, across * OUTPUTS + INPUTS - OUTPUTS)
    source = Source(image, ahead, reached)
    channels, filters = image[2], output[2]
    row = FREQUENCIES * across * (channels + filters)
    room = int(np.clip(FREQUENCIES * channels * filters // 2, *_ROOM))
    rows = max(1, min(down, room // row))
    images = max(1, room // (row * down)) if rows == down else 1
    tiles = images * rows * across
    v = -(-source.size // GAP) * GAP
    m = v + FREQUENCIES * (tiles * channels + GAP)
    edge = m + FREQUENCIES * (tiles * filters + GAP)
    end = edge + OUTPUTS * OUTPUTS * across * filters
    integers = [*source.integers(), channels, filters, down, across, *output[:2], images, rows]
    integers += [FLOAT * v, FLOAT * m, FLOAT * edge, 0]
    assert len(integers) == PLAN
    return Plan(np.array(integers, np.int64), (), end)


def _tiles(size: int) -> int:
    return -(-size // OUTPUTS)
