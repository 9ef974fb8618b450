"""Layers that slide filters over images, and borders of zeros."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

import numpy as np

from nnstudio.core.layer import Shape
from nnstudio.engine.ops.jit.instructions import convolution, depthwise, images, winograd
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.ops.jit.plans import winograd as winograd_plans
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.plans.depthwise import Depthwise
from nnstudio.engine.ops.jit.plans.windows import Image
from nnstudio.engine.plan import Step
from nnstudio.layers import Conv2D, DepthwiseConv2D, ZeroPadding


def lower(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``f(x ∗ kernel + bias)``."""
    layer, program, arrays = cast(Conv2D, step.layer), writer.program, writer.arrays(step)
    made = Convolution(layer.window, _image(step.shape), layer.filters, layer.groups).flattened()
    kernel, relu = arrays["kernel"], step.activation.name == "relu"
    out = writer.matrix(int(np.prod(step.output)))
    program.share(by_features=False)
    ready = convolution.forward_kernel(program, made, kernel)
    convolution.convolve(program, made, x, ready, arrays.get("bias"), out, rectify=relu)
    undo = writer.activation(step.activation, out, size=layer.filters, done=relu)

    def backward(dz: Matrix) -> Matrix | None:
        program.share(by_features=False)
        if winograd_plans.fits(made):
            return _winograd_backward(writer, step, made, x, out, dz, undo, needs_dx)
        undo(dz)
        _sum_bias_later(writer, step, dz, layer.filters)
        _gradient_later(writer, step, made, x, dz)
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        turned = convolution.backward_kernel(program, made, kernel)
        convolution.convolve_input(program, made, dz, turned, dx)
        return dx

    return out, backward


def _winograd_backward(
    writer: Writer,
    step: Step,
    made: Convolution,
    x: Matrix,
    out: Matrix,
    dz: Matrix,
    undo: Callable[[Matrix], None],
    needs_dx: bool,
) -> Matrix | None:
    """All gradients in one go, but for that of a kernel which is too large when it is transformed."""
    program, weights, limit = writer.program, writer.weights(step, "kernel"), writer.limit
    parts, undone = None, None
    directly = weights is not None and not winograd_plans.gradient_fits(made)
    if out.rectified and not directly:
        undone = None if dz.undone else out
    else:
        undo(dz)
    if weights and directly:
        _gradient_later(writer, step, made, x, dz)
    elif weights:
        parts = winograd.kernel_parts(program, made)
        writer.later(partial(winograd.finish_gradient, program, made, parts, weights, limit))
    sums = writer.matrix(made.filters) if writer.weights(step, "bias") else None
    if sums:
        writer.sum_later(step, "bias", sums)
    dx = turned = None
    if needs_dx:
        dx = x.again() if x.changeable and not directly else writer.matrix(x.width)
        turned = winograd.transposed_kernel(program, made, writer.arrays(step)["kernel"])
    winograd.gradients(program, made, x, dz, undone=undone, sums=sums, parts=parts, kernel=turned, dx=dx)
    return dx


def _gradient_later(writer: Writer, step: Step, made: Convolution, x: Matrix, dz: Matrix) -> None:
    """The kernel's gradient, when all passes are done, or each sample's now and their sum then."""
    program, limit = writer.program, writer.limit
    weights = writer.weights(step, "kernel")
    if weights and made.adds_up_later:
        each = writer.matrix(weights.values.size)
        convolution.gradient_of_each(program, made, x, dz, each)
        writer.sum_later(step, "kernel", each)
    elif weights:
        writer.later(lambda: convolution.convolution_gradient(program, made, x, dz, weights, limit))


def lower_depthwise(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``f(x ∗ kernel + bias)``, channel by channel."""
    layer, program, arrays = cast(DepthwiseConv2D, step.layer), writer.program, writer.arrays(step)
    made = Depthwise(layer.window, _image(step.shape), layer.depth_multiplier)
    kernel, relu = arrays["kernel"], step.activation.name == "relu"
    out = writer.matrix(int(np.prod(step.output)))
    program.share(by_features=False)
    depthwise.depthwise(program, made, x, kernel, arrays.get("bias"), out, rectify=relu)
    activation_backward = writer.activation(step.activation, out, size=made.filters, done=relu)

    def backward(dz: Matrix) -> Matrix | None:
        program.share(by_features=False)
        activation_backward(dz)
        _sum_bias_later(writer, step, dz, made.filters)
        if writer.weights(step, "kernel"):
            each = writer.matrix(kernel.size)
            depthwise.depthwise_gradient(program, made, x, dz, each)
            writer.sum_later(step, "kernel", each)
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        depthwise.depthwise_input(program, made, dz, kernel, dx)
        return dx

    return out, backward


def zero_padding(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """The border is 0 from the beginning, and nothing writes there."""
    layer, program, image = cast(ZeroPadding, step.layer), writer.program, _image(step.shape)
    out = writer.matrix(int(np.prod(step.output)))
    program.share(by_features=False)
    images.pad(program, x, image, layer.padding, out)

    def backward(dy: Matrix) -> Matrix | None:
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        program.share(by_features=False)
        images.crop(program, dy, image, layer.padding, dx)
        return dx

    return out, backward


def _sum_bias_later(writer: Writer, step: Step, dz: Matrix, filters: int) -> None:
    """The bias's gradient: first the pixels of each sample are added up, later the samples."""
    if writer.weights(step, "bias"):
        sums = writer.matrix(filters)
        images.pixel_sums(writer.program, dz, sums)
        writer.sum_later(step, "bias", sums)


def _image(shape: Shape) -> Image:
    height, width, channels = shape
    return height, width, channels
