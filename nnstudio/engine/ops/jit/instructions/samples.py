"""What is done sample by sample: fetching, softmax, the loss, giving out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.operands import Matrix, Window, require
from nnstudio.engine.ops.jit.program import Program

Vector = NDArray[np.float32]


def gather(program: Program, itemsize: int, offsets: Vector, scales: Vector, x: Matrix) -> None:
    """``x = (samples[rows] − offsets)·scales``.

    Args:
        program: The program.
        itemsize: Bytes of a raw value: 1 for uint8, 4 for float32.
        offsets: One per feature, ``(width,)``.
        scales: Likewise.
        x: Where they go.
    """
    require(itemsize in (1, 4), "samples")
    program.features, program.itemsize = x.width, itemsize
    each = [program.vector(vector, x.width) for vector in (offsets, scales)]
    program.add(codes.GATHER, *program.place_samples(x), x.width, itemsize, *each)


def window(program: Program, itemsize: int, offsets: Vector, scales: Vector) -> Window:
    """As :func:`gather`, to room of each thread for some samples at a time."""
    x = Window(program.batch, len(offsets), itemsize, offsets, scales)
    gather(program, itemsize, offsets, scales, x)
    return x


def softmax(program: Program, values: Matrix, size: int) -> None:
    """``softmax`` over every run of ``size`` values, in place."""
    require(values.width % size == 0, "softmax")
    program.add(codes.SOFTMAX, *program.place(values), values.width, size)


def softmax_backward(program: Program, dy: Matrix, y: Matrix, size: int) -> None:
    """Softmax's gradient in place of ``dy``."""
    require(dy.row == y.row and dy.width == y.width and dy.width % size == 0, "softmax")
    program.add(codes.SOFTMAX_BACKWARD, *program.place(dy), dy.width, program.place(y)[0], size)


def loss(
    program: Program,
    kind: int,
    logits: Matrix,
    gradient: Matrix,
    weights: NDArray[np.float32] | None = None,
    smoothing: float = 0.0,
    *,
    mean: bool = False,
    stop: bool = True,
) -> Callable[[], None]:
    """Loss, hits and the logits' gradient.

    Args:
        program: The program.
        kind: Which loss.
        logits: The network's output.
        gradient: Filled with their gradient.
        weights: Class weights of the gradient, or None.
        smoothing: Label smoothing of the gradient.
        mean: Divide the gradient by the number of samples.
        stop: The run ends behind a loss that is not finite.

    Returns:
        Writes the operation that adds up losses and hits, which belongs behind a barrier.
    """
    program.classes = max(2, logits.width)
    require(logits.row == gradient.row and logits.width == gradient.width, "loss")
    losses, hits = np.zeros(program.batch), np.zeros(program.batch, np.int64)
    results = (program.keep(losses), program.keep(hits))
    program.add(
        codes.LOSS,
        *program.place(logits),
        logits.width,
        program.place(gradient)[0],
        0 if weights is None else program.vector(weights, program.classes),
        *results,
        kind,
        int(mean),
        reals=(smoothing,),
    )
    return lambda: program.add(codes.TALLY, *results, int(stop))


def emit(program: Program, values: Matrix) -> None:
    """Gives out a row per sample."""
    program.outputs = values.width
    program.add(codes.EMIT, *program.place(values), values.width)
