"""The weights' gradients and updates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import LINE
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.gemm import PACKED_COLUMNS
from nnstudio.engine.ops.jit.kernels.packing import packed_size
from nnstudio.engine.ops.jit.kernels.updates import NORM_RUN, PART, TILE, TURNED_ROWS
from nnstudio.engine.ops.jit.operands import Matrix, Weights, Window
from nnstudio.engine.ops.jit.program import Program

GAP = 32
"""Floats that the rows of a tile's samples may lie apart at most."""

PACKED_INPUTS = 256
"""Rows of a kernel from which it pays to pack what its gradient reads for all of them."""
PACKED_BYTES = 512 << 10
"""What a core's own cache holds of that besides everything else."""


def kernel_gradient(program: Program, x: Matrix, dz: Matrix, weights: Weights, limit: float) -> None:
    """``d kernel = xᵀ @ dz`` with its penalties, cut at ± ``limit`` (0 for none), and the update."""
    sums, part, packed = 0, program.batch, _packed(program.batch, x.width, dz.width)
    if program.batch > PART and weights.sums is not None:
        sums, part, packed = program.vector(weights.sums, x.width * dz.width), PART, 0
    program.need_scratch(packed + 2 * max(TILE, TURNED_ROWS * dz.width) + LINE)
    places = (*program.place_samples(x), *program.place(dz), x.width, dz.width)
    own = program.weights(weights, x.width * dz.width)
    raw = program.samples(x, part * 2 * GAP) if isinstance(x, Window) else (0, 0, 0, 0)
    numbers = (sums, packed, part, program.window // part // GAP * GAP - GAP, *raw)
    program.add(codes.KERNEL_GRADIENT, *places, *own, *numbers, reals=(weights.l1, 2 * weights.l2, limit))


def _packed(samples: int, inputs: int, units: int) -> int:
    """Floats of the packed dz; 0 where it is read as it lies."""
    size = packed_size(samples, units)
    pays = units >= PACKED_COLUMNS and inputs >= PACKED_INPUTS and size * FLOAT <= PACKED_BYTES
    return size if pays else 0


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
