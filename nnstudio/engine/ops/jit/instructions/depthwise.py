"""Depthwise convolutions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.operands import Matrix, require
from nnstudio.engine.ops.jit.plans.depthwise import Depthwise
from nnstudio.engine.ops.jit.program import Program

Vector = NDArray[np.float32]


def depthwise(
    program: Program,
    made: Depthwise,
    x: Matrix,
    kernel: Vector,
    bias: Vector | None,
    out: Matrix,
    *,
    rectify: bool = False,
) -> None:
    """``out = x ∗ kernel + bias`` for a kernel ``(kh, kw, C, M)``, cut at 0 with ``rectify``."""
    _check(made, x, out)
    plan = made.forward()
    added = 0 if bias is None else program.vector(bias, made.filters)
    places = (*program.place(x), program.vector(kernel, made.window.taps * made.filters), added)
    code = (codes.DEPTHWISE, *places, *program.place(out), program.plan(plan), int(rectify))
    program.add(*code, made.multiplier, 1, 0)


def depthwise_input(program: Program, made: Depthwise, dz: Matrix, kernel: Vector, dx: Matrix) -> None:
    """The gradient of the input."""
    _check(made, dx, dz)
    plan = made.backward()
    places = (*program.place(dz), program.vector(kernel, made.window.taps * made.filters), 0)
    code = (codes.DEPTHWISE, *places, *program.place(dx), program.plan(plan), 0)
    program.add(*code, 1, made.multiplier, dx.width)


def depthwise_gradient(program: Program, made: Depthwise, x: Matrix, dz: Matrix, each: Matrix) -> None:
    """The kernel's gradient of each sample by itself, ``(n, kh·kw·C·M)``."""
    _check(made, x, dz)
    require(each.width == made.window.taps * made.filters, "gradients")
    places = (*program.place(x), *program.place(dz), program.plan(made.forward()), *program.place(each))
    program.add(codes.DEPTHWISE_GRADIENT, *places, made.multiplier, made.window.taps)


def _check(made: Depthwise, x: Matrix, out: Matrix) -> None:
    height, width, channels = made.image
    rows, columns = made.window.output(height, width)
    require(x.width == height * width * channels, "images")
    require(out.width == rows * columns * made.filters, "images")
