"""Pooling layers."""

from __future__ import annotations

import math
from typing import cast

from nnstudio.engine.ops.jit.instructions import pooling
from nnstudio.engine.ops.jit.instructions.pooling import Image
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.plan import Step
from nnstudio.layers import AvgPool, MaxPool


def max_pool(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """The largest value under a window."""
    program, window, image = writer.program, cast(MaxPool, step.layer).window, cast(Image, step.shape)
    y = writer.matrix(math.prod(step.output))
    program.share(by_features=False)
    pooling.max_pool(program, x, window, image, y)

    def backward(dy: Matrix) -> Matrix | None:
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        program.share(by_features=False)
        pooling.max_pool_backward(program, dy, x, y, window, image, dx)
        return dx

    return y, backward


def average_pool(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """The mean of the pixels under a window."""
    program, window, image = writer.program, cast(AvgPool, step.layer).window, cast(Image, step.shape)
    y = writer.matrix(math.prod(step.output))
    program.share(by_features=False)
    pooling.average_pool(program, x, window, image, y)

    def backward(dy: Matrix) -> Matrix | None:
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        program.share(by_features=False)
        pooling.average_pool_backward(program, dy, window, image, dx)
        return dx

    return y, backward


def global_average_pool(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """The mean of each channel."""
    program, y = writer.program, writer.matrix(step.output[0])
    program.share(by_features=False)
    pooling.global_average(program, x, y)

    def backward(dy: Matrix) -> Matrix | None:
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        program.share(by_features=False)
        pooling.global_average_backward(program, dy, dx)
        return dx

    return y, backward
