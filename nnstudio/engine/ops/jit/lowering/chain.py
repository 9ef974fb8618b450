"""Layers in a row, and which layers there are kernels for."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.instructions import pointwise
from nnstudio.engine.ops.jit.lowering import convolution, dense, normalisation, pooling, simple
from nnstudio.engine.ops.jit.lowering.writer import Backward, Lowered, Writer
from nnstudio.engine.ops.jit.machine import NoFastPath
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.plan import Step
from nnstudio.layers import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAvgPool,
    Input,
    LayerNorm,
    MaxPool,
    Reshape,
    Residual,
    SpatialDropout,
    ZeroPadding,
)
from nnstudio.layers.base import Layer

Lowering = Callable[[Writer, Step, Matrix, bool], Lowered]
"""Adds a layer's forward pass for an input, and says how to add its backward pass; the last argument is
whether the gradient of that input is needed."""


def lower_chain(writer: Writer, steps: tuple[Step, ...], x: Matrix, needs_dx: bool) -> Lowered:
    """Adds the forward passes of layers in a row; see :data:`Lowering`."""
    backwards: list[tuple[Step, bool, Backward]] = []
    waiting = [step for step in steps if not step.skip]
    while waiting:
        step, lowering = waiting.pop(0), None
        if waiting and normalisation.can_pool(step, waiting[0]):
            waiting.pop(0)
            lowering = normalisation.pooled_batch_norm
        x, backward = (lowering or LOWERINGS[type(step.layer)])(writer, step, x, needs_dx)
        backwards.append((step, needs_dx, backward))
        needs_dx = needs_dx or step.trainable

    def run_backward(dy: Matrix) -> Matrix | None:
        gradient: Matrix | None = dy
        for step, needed, backward in reversed(backwards):
            if not needed and not step.trainable:
                return None
            assert gradient is not None
            gradient = backward(gradient)
        return gradient

    return x, run_backward


def begins_with_dense(writer: Writer) -> bool:
    """The first layer that does anything is a dense one, shared by samples: the only one to read these."""
    steps = [step for step in writer.network.steps if not step.skip]
    first = next((step for step in steps if LOWERINGS[type(step.layer)] is not simple.view), None)
    return first is not None and type(first.layer) is Dense and not dense.is_wide(writer, first)


def _residual(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``f(F(x) + S(x))`` of the layers inside and the skip path."""
    program, x.changeable = writer.program, False  # both paths read it
    inside, inside_backward = lower_chain(writer, step.branches["layers"], x, needs_dx)
    beside, beside_backward = lower_chain(writer, step.branches["skip"], x, needs_dx)
    out = writer.matrix(inside.width)
    pointwise.copy(program, inside, out)
    pointwise.add(program, out, beside)
    activation_backward = writer.activation(step.activation, out, size=step.output[-1])

    def backward(dz: Matrix) -> Matrix | None:
        activation_backward(dz)
        d_beside = writer.matrix(dz.width)
        pointwise.copy(program, dz, d_beside)  # either path may overwrite its own
        dx, d_skip = inside_backward(dz), beside_backward(d_beside)
        if dx is None or d_skip is None:
            return None
        pointwise.add(program, dx, d_skip)
        dx.undone = dx.undone and d_skip.undone
        return dx

    return out, backward


LOWERINGS: dict[type[Layer], Lowering] = {
    Input: simple.view,
    Flatten: simple.view,
    Reshape: simple.view,
    Dense: dense.lower,
    Conv2D: convolution.lower,
    DepthwiseConv2D: convolution.lower_depthwise,
    ZeroPadding: convolution.zero_padding,
    Activation: simple.activation,
    Dropout: simple.dropout,
    SpatialDropout: simple.spatial_dropout,
    GaussianNoise: simple.gaussian_noise,
    BatchNorm: normalisation.batch_norm,
    LayerNorm: normalisation.layer_norm,
    MaxPool: pooling.max_pool,
    AvgPool: pooling.average_pool,
    GlobalAvgPool: pooling.global_average_pool,
    Residual: _residual,
}


def require_support(network: Network) -> None:
    """Checks that there are kernels for every layer.

    Raises:
        NoFastPath: There are none for one; the message names it.
    """
    for step in network.tree():
        if not step.skip and type(step.layer) not in LOWERINGS:
            raise NoFastPath(f"{step.layer.title} has no fast kernel yet")
