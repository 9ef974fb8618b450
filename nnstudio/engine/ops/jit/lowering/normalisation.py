"""BatchNorm and LayerNorm."""

from __future__ import annotations

from typing import cast

from nnstudio.engine.ops.jit.instructions import normalisation
from nnstudio.engine.ops.jit.instructions.normalisation import Moving, Statistics
from nnstudio.engine.ops.jit.lowering.writer import Lowered, Writer
from nnstudio.engine.ops.jit.program import Matrix
from nnstudio.engine.plan import Step
from nnstudio.layers import BatchNorm, LayerNorm


def batch_norm(writer: Writer, step: Step, x: Matrix, needs_dx: bool) -> Lowered:
    """``f(gamma · x̂ + beta)``, over the batch while the layer learns, else by its running statistics."""
    program, layer, arrays = writer.program, cast(BatchNorm, step.layer), writer.arrays(step)
    learning, relu = writer.training and not layer.frozen, step.activation.name == "relu"
    channels = step.shape[-1]
    statistics = Statistics(program.batch, x.width, channels)
    moving = Moving(arrays["moving_mean"], arrays["moving_variance"], layer.momentum, layer.epsilon)
    out = writer.matrix(x.width)
    program.share(by_features=False)
    weights = (arrays.get("gamma"), arrays.get("beta"))
    normalisation.batch_statistics(program, x if learning else None, statistics, moving, *weights)
    normalisation.batch_norm(program, x, statistics, out, rectify=relu)
    activation_backward = writer.activation(step.activation, out, size=channels, done=relu)

    def backward(dz: Matrix) -> Matrix | None:
        activation_backward(dz)
        program.share(by_features=False)
        if learning:
            d_gamma, d_beta = writer.matrix(channels), writer.matrix(channels)
            normalisation.batch_sums_backward(program, dz, x, statistics, d_gamma, d_beta)
            writer.sum_later(step, "gamma", d_gamma)
            writer.sum_later(step, "beta", d_beta)
            if needs_dx:
                normalisation.batch_statistics_backward(program, statistics, d_gamma, d_beta)
        if not needs_dx:
            return None
        normalisation.batch_norm_backward(program, dz, x, statistics)
        return dz

    return out, backward


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
