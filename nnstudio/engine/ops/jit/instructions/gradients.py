"""The weights' gradients and updates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.updates import NORM_RUN, PART, TILE, TILE_ROWS
from nnstudio.engine.ops.jit.program import Matrix, Program, Weights


def kernel_gradient(program: Program, x: Matrix, dz: Matrix, weights: Weights, limit: float) -> None:
    """``d kernel = xᵀ @ dz`` with its penalties, cut at ± ``limit`` (0 for none), and the update."""
    program.need_scratch(max(TILE, TILE_ROWS * dz.width))
    places = (*program.place(x), *program.place(dz), x.width, dz.width)
    own = program.weights(weights, x.width * dz.width)
    sums = 0
    if program.batch > PART and weights.sums is not None:
        sums = program.vector(weights.sums, x.width * dz.width)
    program.add(codes.KERNEL_GRADIENT, *places, *own, sums, reals=(weights.l1, 2 * weights.l2, limit))


def bias_gradient(program: Program, dz: Matrix, weights: Weights, limit: float) -> None:
    """``d bias = Σ dz`` over the samples, and the update; so for every gradient that is such a sum."""
    program.need_scratch(dz.width)
    own = program.weights(weights, dz.width)
    reals = (weights.l1, 2 * weights.l2, limit)
    program.add(codes.BIAS_GRADIENT, *program.place(dz), dz.width, *own, reals=reals)


def clipped_updates(
    program: Program, gradients: NDArray[np.float32], weights: list[Weights], limit: float
) -> None:
    """Updates from whole gradients, whose norm over all weights is cut at ``limit``."""
    program.barrier()
    parts = np.zeros(-(-len(gradients) // NORM_RUN))
    place = program.vector(gradients, len(gradients))
    program.add(codes.NORM, place, len(gradients), program.keep(parts))
    program.barrier()
    for own in weights:
        assert own.gradient is not None
        size = own.values.size
        places = (size, program.keep(parts), len(parts), *program.weights(own, size))
        program.add(codes.UPDATE, *places, reals=(limit,))
