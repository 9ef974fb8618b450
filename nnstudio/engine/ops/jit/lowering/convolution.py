"""Layers that slide filters over images, and borders of zeros."""

from __future__ import annotations

from typing import cast

import numpy as np

from nnstudio.core.layer import Shape
from nnstudio.engine.ops.jit.instructions import convolution, depthwise, images
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.plans.depthwise import Depthwise
from nnstudio.engine.ops.jit.plans.windows import Image
from nnstudio.engine.ops.jit.program import Matrix
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
    activation_backward = writer.activation(step.activation, out, size=layer.filters, done=relu)

    def backward(dz: Matrix) -> Matrix | None:
        program.share(by_features=False)
        activation_backward(dz)
        _sum_bias_later(writer, step, dz, layer.filters)
        if weights := writer.weights(step, "kernel"):
            limit = writer.limit
            writer.later(lambda: convolution.convolution_gradient(program, made, x, dz, weights, limit))
        if not needs_dx:
            return None
        dx = writer.matrix(x.width)
        turned = convolution.backward_kernel(program, made, kernel)
        convolution.convolve_input(program, made, dz, turned, dx)
        return dx

    return out, backward


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
