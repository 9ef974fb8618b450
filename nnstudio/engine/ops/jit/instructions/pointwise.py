"""What is done to every value by itself."""

from __future__ import annotations

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.operands import Matrix, require
from nnstudio.engine.ops.jit.program import Program


def copy(program: Program, source: Matrix, target: Matrix) -> None:
    """``target = source``."""
    require(source.width == target.width, "copy")
    program.add(codes.COPY, *program.place(source), source.width, *program.place(target))


def activate(program: Program, function: int, alpha: float, values: Matrix) -> None:
    """``f(values)`` in place."""
    program.add(codes.ACTIVATE, *program.place(values), values.width, function, reals=(alpha,))


def activate_backward(
    program: Program, function: int, alpha: float, dy: Matrix, y: Matrix, z: Matrix | None
) -> None:
    """``dy·f'(z)`` in place of ``dy``."""
    given = y if z is None else z
    require(dy.row == y.row == given.row and dy.width == y.width == given.width, "activation")
    places = (*program.place(dy), dy.width, program.place(y)[0], program.place(given)[0])
    program.add(codes.ACTIVATE_BACKWARD, *places, function, reals=(alpha,))


def dropout(program: Program, values: Matrix, rate: float, number: int) -> None:
    """Multiplies by the dropout mask of the layer with that number, in place."""
    threshold = min(round(rate * 2**32), 2**32 - 1)
    places = (*program.place(values), values.width)
    program.add(codes.DROPOUT, *places, threshold, number, reals=(1 / (1 - rate),))


def scale(program: Program, values: Matrix, factor: float) -> None:
    """Multiplies all values by a number, in place."""
    program.add(codes.SCALE, *program.place(values), values.width, reals=(factor,))


def spatial_dropout(program: Program, values: Matrix, rate: float, number: int, channels: int) -> None:
    """Multiplies by a dropout mask with one value for each channel of a sample, in place."""
    require(values.width % channels == 0, "dropout")
    program.need_scratch(channels)
    threshold = min(round(rate * 2**32), 2**32 - 1)
    places = (*program.place(values), values.width)
    program.add(codes.SPATIAL_DROPOUT, *places, threshold, number, channels, reals=(1 / (1 - rate),))


def gaussian_noise(program: Program, values: Matrix, stddev: float, number: int) -> None:
    """Adds ``stddev · N(0, 1)`` of the layer with that number, in place."""
    places = (*program.place(values), values.width)
    program.add(codes.GAUSSIAN_NOISE, *places, 0, number, reals=(stddev,))


def add(program: Program, target: Matrix, source: Matrix) -> None:
    """``target += source``."""
    require(target.row == source.row and target.width == source.width, "add")
    program.add(codes.ADD, *program.place(target), target.width, program.place(source)[0])
