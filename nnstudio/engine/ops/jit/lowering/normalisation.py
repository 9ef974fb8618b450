"""BatchNorm and LayerNorm."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.ops.jit.instructions import normalisation
from nnstudio.engine.ops.jit.instructions.normalisation import Moving, Statistics
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.ops.jit.plans.windows import Image
from nnstudio.engine.plan import Step
from nnstudio.layers import BatchNorm, LayerNorm, MaxPool


def batch_norm(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``f(gamma · x̂ + beta)``, over the batch while the layer learns, else by its running statistics."""
    program, channels = writer.program, step.shape[-1]
    relu, out = step.activation.name == "relu", writer.matrix(x.width)
    program.share(by_features=False)
    statistics = _statistics(writer, step, x)
    normalisation.batch_norm(program, x, statistics, out, rectify=relu)
    activation_backward = writer.activation(step.activation, out, size=channels, done=relu)

    def backward(dz: Matrix) -> Matrix | None:
        activation_backward(dz)
        program.share(by_features=False)
        _sums_backward(writer, step, dz, x, statistics, needs_dx)
        if not needs_dx:
            return None
        normalisation.batch_norm_backward(program, dz, x, statistics)
        return dz

    return out, backward


def can_pool(step: Step, following: Step) -> bool:
    """Whether a BatchNorm's layer is computed together with the pooling behind it."""
    norm, pool, shape = step.layer, following.layer, step.shape
    if not (isinstance(norm, BatchNorm) and isinstance(pool, MaxPool) and len(shape) == 3):
        return False
    halves = pool.window.kernel == pool.window.strides == (2, 2)
    simple = step.activation.name in ("linear", "relu")
    return halves and simple and shape[0] % 2 == shape[1] % 2 == 0


def pooled_batch_norm(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """As :func:`batch_norm`, with the largest value of every 2×2 pixels; the others are never written."""
    program, image, relu = writer.program, cast(Image, step.shape), step.activation.name == "relu"
    y = writer.matrix(x.width // 4)
    winners = writer.matrix(y.width) if writer.training else None
    program.share(by_features=False)
    statistics = _statistics(writer, step, x)
    normalisation.pooled_norm(program, x, image, statistics, y, winners, rectify=relu)
    activation_backward = writer.activation(step.activation, y, size=image[2], done=True)

    def backward(dy: Matrix) -> Matrix | None:
        assert winners is not None
        activation_backward(dy)
        program.share(by_features=False)
        _sums_backward(writer, step, dy, winners, statistics, needs_dx)
        if not needs_dx:
            return None
        dx = x.again() if x.changeable and not x.rectified else writer.matrix(x.width)
        normalisation.pooled_norm_backward(program, dy, x, winners, image, statistics, dx)
        return dx

    return y, backward


def _statistics(writer: Writer, step: Step, x: Matrix) -> Statistics:
    """Mean and variance of the batch, or the running ones."""
    program, layer, arrays = writer.program, cast(BatchNorm, step.layer), writer.arrays(step)
    found = Statistics(program.batch, x.width, step.shape[-1])
    moving = Moving(arrays["moving_mean"], arrays["moving_variance"], layer.momentum, layer.epsilon)
    weights = (arrays.get("gamma"), arrays.get("beta"))
    normalisation.batch_statistics(program, x if _learns(writer, step) else None, found, moving, *weights)
    return found


def _sums_backward(
    writer: Writer, step: Step, dz: Matrix, x: Matrix, statistics: Statistics, needs_dx: bool
) -> None:
    """The gradients of gamma and beta, and what ``dx`` needs of them, from pixels that have a ``dz``."""
    if not _learns(writer, step):
        return
    program, channels = writer.program, step.shape[-1]
    d_gamma, d_beta = writer.matrix(channels), writer.matrix(channels)
    normalisation.batch_sums_backward(program, dz, x, statistics, d_gamma, d_beta)
    writer.sum_later(step, "gamma", d_gamma)
    writer.sum_later(step, "beta", d_beta)
    if needs_dx:
        normalisation.batch_statistics_backward(program, statistics, d_gamma, d_beta)


def _learns(writer: Writer, step: Step) -> bool:
    """The layer works with the statistics of the batch."""
    return writer.training and not step.layer.frozen


def layer_norm(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``gamma · x̂ + beta`` over the channels of each sample or pixel."""
    program, arrays, channels = writer.program, writer.arrays(step), step.shape[-1]
    epsilon, gamma = cast(LayerNorm, step.layer).epsilon, arrays.get("gamma")
    out = writer.matrix(x.width)
    program.share(by_features=False)
    normalisation.layer_norm(program, x, out, gamma, arrays.get("beta"), channels, epsilon)
    activation_backward = writer.activation(step.activation, out, size=channels)

    def backward(dy: Matrix) -> Matrix | None:
        activation_backward(dy)
        program.share(by_features=False)
        d_gamma, d_beta = writer.matrix(channels), writer.matrix(channels)
        normalisation.layer_norm_backward(program, dy, x, gamma, d_gamma, d_beta, epsilon)
        writer.sum_later(step, "gamma", d_gamma)
        writer.sum_later(step, "beta", d_beta)
        return dy

    return out, backward
