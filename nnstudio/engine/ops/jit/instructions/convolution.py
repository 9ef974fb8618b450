"""Convolutions: forward by either way, and their gradients on the image itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.convolution import STRIPE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.operands import Matrix, Weights, require
from nnstudio.engine.ops.jit.plans import winograd as winograd_plans
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.plans.windows import Plan
from nnstudio.engine.ops.jit.program import Program

Vector = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Kernel:
    """A convolution's kernel in the form that its products read.

    Attributes:
        values: The array.
        transformed: It is one for Winograd's transforms.
    """

    values: Vector
    transformed: bool


def forward_kernel(program: Program, convolution: Convolution, kernel: Vector) -> Kernel:
    """The kernel ``(kh, kw, C/G, F)`` as the forward pass reads it, at the beginning of every step."""
    taps, rows, columns = _sizes(convolution)
    source = program.vector(kernel, taps * rows * columns)
    if winograd_plans.fits(convolution):
        values = aligned(winograd_plans.transformed_size(convolution, rows, columns))
        strides = (FLOAT * columns, FLOAT * rows * columns, FLOAT * STRIPE)
        tile = winograd_plans.outputs(convolution)
        program.prepare(codes.TRANSFORM_KERNEL, source, rows, columns, program.keep(values), *strides, tile)
        return Kernel(values, True)
    if not convolution.packed_size:
        return Kernel(kernel, False)
    packed = aligned(convolution.packed_size)
    program.prepare(codes.PACK, source, taps * rows, columns, program.keep(packed))
    return Kernel(packed, False)


def backward_kernel(program: Program, convolution: Convolution, kernel: Vector) -> Vector:
    """The kernel flipped and transposed, as the gradient of the input reads it."""
    taps, rows, columns = _sizes(convolution)
    transposed = aligned(convolution.transposed_size)
    floats = (convolution.transposed_row, convolution.transposed_tap, convolution.transposed_stripe)
    row, tap, stripe = (FLOAT * size for size in floats)
    source, target = program.vector(kernel, taps * rows * columns), program.keep(transposed)
    program.prepare(codes.TRANSPOSE_TAPS, source, taps, rows, columns, target, row, tap, stripe)
    return transposed


def convolve(
    program: Program,
    convolution: Convolution,
    x: Matrix,
    kernel: Kernel,
    bias: Vector | None,
    out: Matrix,
    *,
    rectify: bool = False,
) -> None:
    """``out = x ∗ kernel + bias``, cut at 0 with ``rectify``; the kernel is a :func:`forward_kernel`."""
    _check(convolution, x, out)
    plan = winograd_plans.forward(convolution) if kernel.transformed else convolution.forward()
    added = 0 if bias is None else program.vector(bias, convolution.filters)
    _correlate(program, plan, x, kernel, added, out, rectify)


def convolve_input(
    program: Program, convolution: Convolution, dz: Matrix, kernel: Vector, dx: Matrix
) -> None:
    """The gradient of the input; the kernel is a :func:`backward_kernel`."""
    _check(convolution, dx, dz)
    _correlate(program, convolution.backward(), dz, Kernel(kernel, False), 0, dx, False)


def convolution_gradient(
    program: Program, convolution: Convolution, x: Matrix, dz: Matrix, weights: Weights, limit: float
) -> None:
    """The gradient of the kernel with its penalties, cut at ± ``limit`` (0 for none), and the update."""
    _check(convolution, x, dz)
    taps, rows, columns = _sizes(convolution)
    own, places = program.weights(weights, taps * rows * columns), (*program.place(x), *program.place(dz))
    plan = convolution.gradient(program.batch, x.row, dz.row)
    reals = (weights.l1, 2 * weights.l2, limit)
    program.add(codes.CONVOLUTION_GRADIENT, *places, program.plan(plan), *own, reals=reals)


def gradient_of_each(program: Program, convolution: Convolution, x: Matrix, dz: Matrix, each: Matrix) -> None:
    """The gradient of the kernel that every sample gives, ``(batch, kh·kw·C·F)``; see ``adds_up_later``."""
    _check(convolution, x, dz)
    require(convolution.adds_up_later and each.width == math.prod(_sizes(convolution)), "images")
    places = (*program.place(x), *program.place(dz))
    plan = convolution.gradient(program.batch, x.row, dz.row)
    program.add(codes.GRADIENT_OF_EACH, *places, program.plan(plan), *program.place(each))


def _sizes(convolution: Convolution) -> tuple[int, int, int]:
    """Taps of a kernel, its channels of a group, its filters."""
    return convolution.window.taps, convolution.image[2] // convolution.groups, convolution.filters


def _check(convolution: Convolution, x: Matrix, out: Matrix) -> None:
    require(x.width == np.prod(convolution.image), "images")
    require(out.width == np.prod(convolution.output), "images")


def _correlate(
    program: Program, plan: Plan, source: Matrix, kernel: Kernel, bias: int, target: Matrix, rectify: bool
) -> None:
    code = codes.WINOGRAD if kernel.transformed else codes.CORRELATE
    places: list[Any] = [*program.place(source), program.keep(kernel.values), bias, *program.place(target)]
    program.add(code, *places, program.plan(plan), int(rectify))
