"""The gradients of convolutions by Winograd's transforms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.instructions.convolution import backward_kernel
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.convolution_gradient import KERNEL_TILE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.winograd_transforms import TAPS
from nnstudio.engine.ops.jit.operands import Matrix, Weights, require
from nnstudio.engine.ops.jit.plans import winograd as plans
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.program import Program

Vector = NDArray[np.float32]


def transposed_kernel(program: Program, convolution: Convolution, kernel: Vector) -> Vector:
    """The kernel transposed and transformed, at the beginning of every step."""
    channels, filters = convolution.image[2], convolution.filters
    transposed = backward_kernel(program, convolution, kernel)
    values = aligned(plans.transformed_size(convolution, filters, channels))
    row, tap = FLOAT * convolution.transposed_row, FLOAT * convolution.transposed_tap
    first = program.keep(transposed) + (TAPS - 1) * tap  # its taps lie in reverse
    strides = (row, -tap, FLOAT * convolution.transposed_stripe)
    places = (first, filters, channels, program.keep(values), *strides, plans.outputs(convolution))
    program.prepare(codes.TRANSFORM_KERNEL, *places, again=True)
    return values


def kernel_parts(program: Program, convolution: Convolution) -> Vector:
    """Room for the parts of a kernel's gradient in frequency space."""
    size = plans.frequencies(convolution) * convolution.image[2] * convolution.filters
    return aligned(plans.parts(convolution, program.batch) * size)


def gradients(
    program: Program,
    convolution: Convolution,
    x: Matrix,
    dz: Matrix,
    *,
    undone: Matrix | None = None,
    sums: Matrix | None = None,
    parts: Vector | None = None,
    kernel: Vector | None = None,
    dx: Matrix | None = None,
) -> None:
    """Both gradients in one go, for samples that threads share in their own way.

    Args:
        program: Where this is added.
        convolution: The convolution.
        x: Its input. Where it is a ReLU's output, that ReLU is undone in ``dx``.
        dz: The gradient of its output.
        undone: The output, where the ReLU behind the convolution is still to be undone in ``dz``.
        sums: Gets each sample's gradient of the bias.
        parts: Room for the kernel's gradient (see :func:`kernel_parts`), where it is wanted.
        kernel: A :func:`transposed_kernel`, for ``dx``.
        dx: Gets the gradient of the input.
    """
    require(x.width == np.prod(convolution.image) and dz.width == np.prod(convolution.output), "images")
    places = [*program.place(x), *program.place(dz), 0, 0, 0, 0, 0, 0, 0, 0]
    if undone is not None:
        require((undone.width, undone.row) == (dz.width, dz.row), "images")
        places[4] = program.place(undone)[0]
    if sums is not None:
        require(sums.width == convolution.filters, "images")
        places[5:7] = program.place(sums)
    if parts is not None:
        places[7] = program.keep(parts)
    if dx is not None:
        assert kernel is not None
        require(dx.width == x.width, "images")
        places[8:12] = program.keep(kernel), *program.place(dx), int(x.rectified)
        dx.undone = x.rectified
    program.barrier()
    plan = plans.gradients(convolution, program.batch)
    program.add(codes.WINOGRAD_GRADIENTS, *places, program.plan(plan))
    program.barrier()


def finish_gradient(
    program: Program, convolution: Convolution, parts: Vector, weights: Weights, limit: float
) -> None:
    """The gradient of the kernel with its penalties, cut at ± ``limit`` (0 for none), and the update."""
    channels, filters = convolution.image[2], convolution.filters
    own = program.weights(weights, TAPS * channels * filters)
    size = -(-program.batch // plans.parts(convolution, program.batch))
    program.need_scratch(max(KERNEL_TILE, TAPS * filters))
    places = (program.keep(parts), channels, filters, size, *own, plans.outputs(convolution))
    reals = (weights.l1, 2 * weights.l2, limit)
    program.add(codes.FINISH_WINOGRAD_GRADIENT, *places, reals=reals)
