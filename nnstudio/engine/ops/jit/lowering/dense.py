"""Dense layers."""

from __future__ import annotations

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.instructions import deep_dense, dense, gradient_parts, gradients
from nnstudio.engine.ops.jit.kernels.gemm import PACKED_COLUMNS
from nnstudio.engine.ops.jit.kernels.packing import packed_size
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.operands import Matrix, Weights
from nnstudio.engine.plan import Step

OWN_CACHE = 1 << 20
"""Bytes of a kernel that a core's own cache holds besides everything else."""
MANY = 1024
"""Samples from which it pays to read even a larger one for a thread's own samples."""
DEEP = 8
"""Inputs per unit from which threads share a large kernel by its inputs."""


def is_wide(writer: Writer, step: Step) -> bool:
    """Its kernel is too large for a core's cache, so that threads share it by features."""
    kernel = writer.arrays(step)["kernel"]
    return writer.training and kernel.nbytes > OWN_CACHE and writer.program.batch < MANY


def lower(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``f(x @ kernel + bias)``; a kernel too large for a core's cache is shared by features."""
    program, arrays = writer.program, writer.arrays(step)
    kernel = arrays["kernel"]
    out, relu = program.matrix(kernel.shape[1]), step.activation.name == "relu"
    wide = is_wide(writer, step)
    deep = wide and kernel.shape[0] >= DEEP * kernel.shape[1]
    if deep:
        deep_dense.affine(program, x, kernel, arrays.get("bias"), out, rectify=relu)
    else:
        program.share(by_features=wide)
        packed = writer.packed.get(step.layer.name)
        if writer.training and program.batch >= MANY and kernel.shape[1] >= PACKED_COLUMNS:
            packed = aligned(packed_size(*kernel.shape))  # once a step, where threads read it several times
            dense.pack(program, kernel, packed, first=True)
        dense.affine(program, x, kernel, arrays.get("bias"), out, rectify=relu, packed=packed)
    activation_backward = writer.activation(step.activation, out, size=out.width, done=relu)

    def backward(dz: Matrix) -> Matrix | None:
        activation_backward(dz)
        weights = writer.weights(step, "kernel")
        in_parts = weights is not None and gradient_parts.pays(program, x, dz.width)
        if weights and in_parts:
            bias = writer.weights(step, "bias")
            writer.later(gradient_parts.dense_gradients(program, x, dz, weights, bias, writer.limit))
        else:
            _bias_gradient(writer, step, dz)
        if deep and needs_dx and weights and not writer.clipped:
            return _gradients(writer, x, dz, weights)
        if weights and not in_parts:
            writer.later(lambda: gradients.kernel_gradient(program, x, dz, weights, writer.limit))
        if not needs_dx:
            return None
        dx = program.matrix(x.width)
        program.share(by_features=wide)
        dense.affine_input(program, dz, kernel, dx, x if x.changeable and x.rectified else None)
        return dx

    return out, backward


def _bias_gradient(writer: Writer, step: Step, dz: Matrix) -> None:
    """At once where threads share by features: each has its own at hand still, of all samples."""
    bias = writer.weights(step, "bias")
    if bias and writer.program.by_features and not writer.clipped:
        writer.begin_updates()
        gradients.bias_gradient(writer.program, dz, bias, writer.limit)
    else:
        writer.sum_later(step, "bias", dz)


def _gradients(writer: Writer, x: Matrix, dz: Matrix, weights: Weights) -> Matrix:
    """Both gradients in one go, and the update at once: nothing else reads the kernel in this step."""
    dx = x.again() if x.changeable else writer.matrix(x.width)
    writer.program.share(by_features=True)
    writer.begin_updates()
    undo = x.changeable and x.rectified
    deep_dense.gradients(writer.program, x, dz, weights, writer.limit, dx, undo=undo)
    return dx
