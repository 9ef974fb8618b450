"""Batch and layer normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.operands import Matrix, require
from nnstudio.engine.ops.jit.plans.windows import Image
from nnstudio.engine.ops.jit.program import Program

Vector = NDArray[np.float32]

ROW = 256
"""Values that a loop is laid out for: few channels are repeated up to about as many."""


class Statistics:
    """What a BatchNorm layer keeps of a batch.

    Args:
        batch: Most samples.
        width: Values of a sample.
        channels: Channels.

    Attributes:
        channels: Channels.
        pixels: Values of a sample's channel.
        row: Values of a row of pixels (see ``kernels.operations.batch_norm``).
        means: Of every channel of each sample, ``(batch, C)``.
        squares: Likewise, Σ (x − mean)².
        exact: What the rounded mean leaves, and 1/√(variance + ε), ``(2, C)``.
        forward: Mean, factor and shift, each repeated to a row.
        backward: Slope and shift of ``dx``, likewise.
    """

    def __init__(self, batch: int, width: int, channels: int) -> None:
        require(width % channels == 0, "channels")
        self.channels, self.pixels = channels, width // channels
        self.row = channels * max(1, min(self.pixels, ROW // channels))
        self.means, self.squares = np.zeros((batch, channels)), np.zeros((batch, channels))
        self.exact = np.zeros((2, channels))
        self.forward, self.backward = aligned(3 * self.row), aligned(2 * self.row)


@dataclass(frozen=True)
class Moving:
    """The running statistics of a BatchNorm layer, and how they move.

    Attributes:
        mean: ``(C,)``.
        variance: ``(C,)``.
        momentum: Share that a step keeps.
        epsilon: Added to the variance.
    """

    mean: Vector
    variance: Vector
    momentum: float
    epsilon: float


def batch_statistics(
    program: Program,
    x: Matrix | None,
    statistics: Statistics,
    moving: Moving,
    gamma: Vector | None,
    beta: Vector | None,
) -> None:
    """The statistics of a batch, which move the running ones; those alone are used where ``x`` is None."""
    own, size = statistics, statistics.channels
    program.need_scratch(max(3 * own.row, 4 * size))
    sums = [0, 0]
    if x is not None:
        sums = [program.keep(own.means), program.keep(own.squares)]
        require(x.width == own.pixels * size and x.batch == len(own.means), "statistics")
        program.add(codes.BATCH_SUMS, *program.place(x), own.pixels, size, own.row, *sums)
        program.barrier()
    weights = [0 if vector is None else program.vector(vector, size) for vector in (gamma, beta)]
    program.add(
        codes.BATCH_STATISTICS,
        *sums,
        own.pixels,
        size,
        own.row,
        program.vector(moving.mean, size),
        program.vector(moving.variance, size),
        *weights,
        program.keep(own.exact),
        program.keep(own.forward),
        reals=(moving.momentum, 1 - moving.momentum, moving.epsilon),
    )
    program.barrier()


def batch_norm(program: Program, x: Matrix, statistics: Statistics, out: Matrix, *, rectify: bool) -> None:
    """``out = gamma · (x − mean) · inverse + beta``, cut at 0 with ``rectify``."""
    require(x.width == out.width == statistics.pixels * statistics.channels, "batch_norm")
    places = (*program.place(x), *program.place(out), x.width, statistics.row)
    program.add(codes.BATCH_NORM, *places, program.keep(statistics.forward), int(rectify))


def batch_sums_backward(
    program: Program, dz: Matrix, x: Matrix, statistics: Statistics, d_gamma: Matrix, d_beta: Matrix
) -> None:
    """Each sample's gradients of gamma and beta, ``(batch, C)``; ``x`` may hold some of its pixels only."""
    own, size = statistics, statistics.channels
    require(dz.width == x.width and x.width % size == 0, "batch_norm")
    require(d_gamma.width == d_beta.width == size, "batch_norm")
    program.need_scratch(2 * own.row + 4 * size)
    places = (*program.place(dz), *program.place(x), x.width // size, size, own.row)
    kept = (program.keep(own.exact), program.keep(own.forward))
    program.add(codes.BATCH_SUMS_BACKWARD, *places, *kept, *program.place(d_beta), *program.place(d_gamma))


def batch_statistics_backward(
    program: Program, statistics: Statistics, d_gamma: Matrix, d_beta: Matrix
) -> None:
    """What ``dx`` needs of the batch as a whole."""
    own, size = statistics, statistics.channels
    program.need_scratch(4 * size)
    program.barrier()
    places = (*program.place(d_beta), *program.place(d_gamma), own.pixels, size, own.row)
    kept = (program.keep(own.exact), program.keep(own.backward))
    program.add(codes.BATCH_STATISTICS_BACKWARD, *places, *kept)
    program.barrier()


def batch_norm_backward(program: Program, dz: Matrix, x: Matrix, statistics: Statistics) -> None:
    """``dx`` in place of ``dz``."""
    own = statistics
    require(dz.width == x.width == own.pixels * own.channels, "batch_norm")
    places = (*program.place(dz), *program.place(x), x.width, own.row)
    program.add(codes.BATCH_NORM_BACKWARD, *places, program.keep(own.forward), program.keep(own.backward))


def pooled_norm(
    program: Program,
    x: Matrix,
    image: Image,
    statistics: Statistics,
    y: Matrix,
    winners: Matrix | None,
    *,
    rectify: bool,
) -> None:
    """:func:`batch_norm` and the largest value of every 2×2 pixels of it.

    Args:
        program: Where this is added.
        x: The input.
        image: Its size, with an even height and width.
        statistics: The statistics of the batch.
        y: Gets the largest values.
        winners: Gets the values of ``x`` that they came from, where they are needed.
        rectify: Values are cut at 0.
    """
    sizes = _halves(image, x, y)
    places = [*program.place(x), *program.place(y), 0, 0]
    if winners is not None:
        require(winners.width == y.width, "pooled_norm")
        places[4:] = program.place(winners)
    vectors = (program.keep(statistics.forward), FLOAT * statistics.row)
    program.add(codes.POOLED_NORM, *places, *vectors, *sizes, int(rectify))


def pooled_norm_backward(
    program: Program, dy: Matrix, x: Matrix, winners: Matrix, image: Image, own: Statistics, dx: Matrix
) -> None:
    """``dx`` from the gradient of the largest values, whose ReLU is undone already."""
    sizes = _halves(image, x, dy)
    require(dx.width == x.width and winners.width == dy.width, "pooled_norm")
    places = [number for matrix in (x, winners, dy, dx) for number in program.place(matrix)]
    vectors = (program.keep(own.forward), program.keep(own.backward), FLOAT * own.row)
    program.add(codes.POOLED_NORM_BACKWARD, *places, *vectors, *sizes)


def _halves(image: Image, x: Matrix, y: Matrix) -> tuple[int, int, int]:
    """Windows of 2×2 pixels: rows, how many in each, channels."""
    height, width, channels = image
    require(height % 2 == width % 2 == 0, "pooled_norm")
    require(x.width == height * width * channels == 4 * y.width, "pooled_norm")
    return height // 2, width // 2, channels


def layer_norm(
    program: Program,
    x: Matrix,
    out: Matrix,
    gamma: Vector | None,
    beta: Vector | None,
    size: int,
    epsilon: float,
) -> None:
    """``gamma · (x − mean) · inverse + beta`` over every run of ``size`` values."""
    require(x.width == out.width and x.width % size == 0, "layer_norm")
    weights = [0 if vector is None else program.vector(vector, size) for vector in (gamma, beta)]
    places = (*program.place(x), *program.place(out), x.width // size, size)
    program.add(codes.LAYER_NORM, *places, *weights, reals=(epsilon,))


def layer_norm_backward(
    program: Program,
    dy: Matrix,
    x: Matrix,
    gamma: Vector | None,
    d_gamma: Matrix,
    d_beta: Matrix,
    epsilon: float,
) -> None:
    """``dx`` in place of ``dy``, and each sample's gradients of gamma and beta, ``(batch, C)``."""
    size = d_gamma.width
    require(x.width == dy.width and x.width % size == 0 and d_beta.width == size, "layer_norm")
    program.need_scratch(size)
    weights = 0 if gamma is None else program.vector(gamma, size)
    places = (*program.place(dy), *program.place(x), x.width // size, size, weights)
    sums = (*program.place(d_beta), *program.place(d_gamma))
    program.add(codes.LAYER_NORM_BACKWARD, *places, *sums, reals=(epsilon,))
