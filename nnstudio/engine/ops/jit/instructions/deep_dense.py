"""Dense layers with far more inputs than units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.updates import TILE
from nnstudio.engine.ops.jit.operands import Matrix, Weights, require
from nnstudio.engine.ops.jit.program import Program

LANES = 16
"""Floats of the longest register."""
LEAST_DEPTH, MOST_PARTS = 512, 16
"""Inputs that are worth a part of their own, and the most parts."""


def affine(
    program: Program,
    x: Matrix,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
    out: Matrix,
    *,
    rectify: bool = False,
) -> None:
    """``out = x @ kernel + bias``, cut at 0 with ``rectify``; shared by inputs, then added up by samples."""
    parts = 1 << (min(MOST_PARTS, max(1, x.width // LEAST_DEPTH)).bit_length() - 1)
    depth = _rounded(-(-x.width // parts))
    sums = program.keep(aligned(parts * program.batch * out.width))
    weights = program.vector(kernel, x.width * out.width)
    program.share(by_features=True)
    sizes = (x.width, out.width, sums, parts, depth, program.batch)
    program.add(codes.AFFINE_PARTS, *program.place(x), weights, *sizes)
    program.share(by_features=False)
    added = 0 if bias is None else program.vector(bias, out.width)
    sources = (sums, parts, out.width, added)
    program.add(codes.ADD_PARTS, *sources, *program.place(out), int(rectify), program.batch)


def gradients(
    program: Program, x: Matrix, dz: Matrix, weights: Weights, limit: float, dx: Matrix, *, undo: bool = False
) -> None:
    """``dx = dz @ kernelᵀ``, then ``d kernel = xᵀ @ dz`` with its penalties and the update.

    Args:
        program: Where this is added; threads share by features.
        x: The layer's input.
        dz: The gradient of its output.
        weights: The kernel, which is changed.
        limit: The gradient is cut at ± this (0 for none).
        dx: Gets the gradient of the input; it may be in its place.
        undo: x is a ReLU's output, and that ReLU is undone.
    """
    require(weights.gradient is None and program.by_features, "gradients")
    require(dx.width == x.width and (dx.address != x.address or dx.row == x.row), "gradients")
    places = (*program.place(x), *program.place(dz), x.width, dz.width)
    own = program.weights(weights, x.width * dz.width)
    tile = max(2 * LANES, TILE // max(dz.width, program.batch) // LANES * LANES)
    samples = _rounded(program.batch)
    # dz transposed; a tile of the kernel's gradient, and of the input's as it is found and as it is written
    program.need_scratch(_rounded(dz.width) * samples + tile * dz.width + 2 * tile * samples)
    reals = (weights.l1, 2 * weights.l2, limit)
    program.add(codes.DENSE_GRADIENTS, *places, *own, *program.place(dx), int(undo), tile, reals=reals)
    dx.undone = undo


def _rounded(size: int) -> int:
    return -(-size // LANES) * LANES
