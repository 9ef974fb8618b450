"""Pooling."""

from __future__ import annotations

from nnstudio.core.window import Window
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.operands import Matrix, require
from nnstudio.engine.ops.jit.program import Program

Image = tuple[int, int, int]
"""Height, width and channels."""

_NONE = (0, 0)


def max_pool(program: Program, x: Matrix, window: Window, image: Image, y: Matrix) -> None:
    """The largest value under the window."""
    plan = _plan(window, image, x, y)
    program.add(codes.MAX_POOL, *program.place(x), *program.place(y), *_NONE, *_NONE, *plan)


def max_pool_backward(
    program: Program, dy: Matrix, x: Matrix, y: Matrix, window: Window, image: Image, dx: Matrix
) -> None:
    """The gradient goes to the largest value, and to the first of several equal ones."""
    plan = _plan(window, image, x, y)
    require(dy.width == y.width and dx.width == x.width, "pooling")
    program.need_scratch(image[2])
    places = (program.place(matrix) for matrix in (dy, x, y, dx))
    program.add(codes.MAX_POOL_BACKWARD, *(number for place in places for number in place), *plan)


def average_pool(program: Program, x: Matrix, window: Window, image: Image, y: Matrix) -> None:
    """The mean of the pixels under the window."""
    plan = _plan(window, image, x, y)
    program.add(codes.AVERAGE_POOL, *program.place(x), *program.place(y), *_NONE, *_NONE, *plan)


def average_pool_backward(program: Program, dy: Matrix, window: Window, image: Image, dx: Matrix) -> None:
    """Each pixel under the window gets an equal share of the gradient."""
    plan = _plan(window, image, dx, dy)
    program.add(codes.AVERAGE_POOL_BACKWARD, *program.place(dy), *program.place(dx), *_NONE, *_NONE, *plan)


def global_average(program: Program, x: Matrix, y: Matrix) -> None:
    """The mean of each channel."""
    require(x.width % y.width == 0, "pooling")
    sizes = (x.width // y.width, y.width)
    program.add(codes.GLOBAL_AVERAGE, *program.place(x), *program.place(y), *_NONE, *_NONE, *sizes)


def global_average_backward(program: Program, dy: Matrix, dx: Matrix) -> None:
    """Each pixel gets an equal share of its channel's gradient."""
    require(dx.width % dy.width == 0, "pooling")
    sizes = (dx.width // dy.width, dy.width)
    program.add(codes.GLOBAL_AVERAGE_BACKWARD, *program.place(dy), *program.place(dx), *_NONE, *_NONE, *sizes)


def _plan(window: Window, image: Image, x: Matrix, y: Matrix) -> tuple[int, ...]:
    """What the kernels know of a window (see ``kernels.operations.pooling``)."""
    height, width, channels = image
    rows, columns = window.axes(height, width)
    require(window.dilation == (1, 1), "pooling")
    require(x.width == height * width * channels, "pooling")
    require(y.width == rows.outputs * columns.outputs * channels, "pooling")
    sizes = (height, width, channels, rows.outputs, columns.outputs)
    return (*sizes, *window.kernel, *window.strides, rows.before, columns.before)
