"""Layers without weights that work on every value by itself, or only look at values another way."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.ops.jit.instructions import pointwise
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.plan import Step
from nnstudio.layers import Dropout, GaussianNoise, SpatialDropout


def view(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """Layers that leave a sample's values where they are."""
    return x, lambda dy: dy


def activation(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """An activation that no layer in front of it computes."""
    out = writer.matrix(x.width)
    pointwise.copy(writer.program, x, out)
    add_backward = writer.activation(step.activation, out, size=step.shape[-1])

    def backward(dy: Matrix) -> Matrix:
        add_backward(dy)
        return dy

    return out, backward


def dropout(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """In place where the layer in front allows it; the mask is made anew in the backward pass.

    Behind a ReLU it need not be: no gradient passes there where the output is 0, as it is where dropped.
    """
    rate = cast(Dropout, step.layer).rate
    if rate == 0 or not writer.training:
        return view(writer, step, x, needs_dx)
    out = x
    if not x.changeable:
        out = writer.matrix(x.width)
        pointwise.copy(writer.program, x, out)
    pointwise.dropout(writer.program, out, rate, step.number)
    out.changeable, factor = True, 1 / (1 - rate)
    out.factor *= factor

    def backward(dy: Matrix) -> Matrix:
        if out is x and x.rectified:
            if not dy.scaled:
                pointwise.scale(writer.program, dy, factor)
        else:
            pointwise.dropout(writer.program, dy, rate, step.number)
        return dy

    return out, backward


def spatial_dropout(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """As dropout, with one value of the mask for each channel of a sample."""
    rate, channels = cast(SpatialDropout, step.layer).rate, step.shape[-1]
    if rate == 0 or not writer.training:
        return view(writer, step, x, needs_dx)
    program, out = writer.program, writer.matrix(x.width)
    program.share(by_features=False)
    pointwise.copy(program, x, out)
    pointwise.spatial_dropout(program, out, rate, step.number, channels)
    out.changeable = True

    def backward(dy: Matrix) -> Matrix:
        program.share(by_features=False)
        pointwise.spatial_dropout(program, dy, rate, step.number, channels)
        return dy

    return out, backward


def gaussian_noise(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``x + stddev · N(0, 1)`` in training."""
    stddev = cast(GaussianNoise, step.layer).stddev
    if stddev == 0 or not writer.training:
        return view(writer, step, x, needs_dx)
    out = writer.matrix(x.width)
    pointwise.copy(writer.program, x, out)
    pointwise.gaussian_noise(writer.program, out, stddev, step.number)
    out.changeable = True
    return out, lambda dy: dy
