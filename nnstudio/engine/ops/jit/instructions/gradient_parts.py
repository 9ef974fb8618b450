"""Gradients of small dense layers over a large batch, in parts made right behind the samples."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.engine.memory import LINE, aligned
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.updates import TILE
from nnstudio.engine.ops.jit.operands import Matrix, Weights
from nnstudio.engine.ops.jit.program import Program
from nnstudio.engine.threads import physical_cores

LEAST = 512
"""Samples of a batch from which it pays."""
MOST_PARTS, LEAST_SAMPLES = 16, 64
"""Most parts of a batch, as all are written and read once more; fewest samples of one."""
MOST_WEIGHTS = 1 << 16
"""Of a kernel, for the same reason."""


def pays(program: Program, x: Matrix, units: int) -> bool:
    """Whether gradients are best made so: the batch is large, the kernel is not, and samples are at hand."""
    return program.batch >= LEAST and x.width * units <= MOST_WEIGHTS and program.in_one_run()


def dense_gradients(
    program: Program, x: Matrix, dz: Matrix, kernel: Weights, bias: Weights | None, limit: float
) -> Callable[[], None]:
    """``d kernel = xᵀ @ dz`` and ``d bias = Σ dz``, with penalties and update.

    Args:
        program: Where this is added, in one run with the gathering of the samples.
        x: The layer's input.
        dz: The gradient of its output.
        kernel: The kernel.
        bias: The bias, or None.
        limit: Gradients are cut at ± this (0 for none).

    Returns:
        Writes what adds up the parts and changes the weights, which belongs behind a barrier.
    """
    each, size, length = program.cut(_parts(program.batch)), _lines(x.width * dz.width), _lines(dz.width)
    parts = -(-program.batch // each)
    sums, bias_sums = aligned(parts * size), aligned(parts * length)
    program.need_scratch(2 * max(TILE, LINE * dz.width) + LINE * dz.width)
    sizes = [x.width, dz.width, program.keep(sums), FLOAT * size, each]
    sizes += [program.keep(bias_sums) if bias else 0, FLOAT * length]
    program.add(codes.GRADIENT_PARTS, *program.place_samples(x), *program.place(dz), *sizes)

    def add_up() -> None:
        own = [*program.weights(kernel, x.width * dz.width)]
        own += program.weights(bias, dz.width) if bias else []
        penalties = (kernel.l1, 2 * kernel.l2, *((bias.l1, 2 * bias.l2) if bias else (0.0, 0.0)))
        program.add(codes.ADD_GRADIENT_PARTS, 0, 0, 0, 0, *sizes, *own, reals=(*penalties, limit))

    return add_up


def _parts(batch: int) -> int:
    """As many as there are cores, however many of them are used: bits must not depend on that."""
    return min(MOST_PARTS, batch // LEAST_SAMPLES, max(2, physical_cores()))


def _lines(floats: int) -> int:
    return -(-floats // LINE) * LINE
