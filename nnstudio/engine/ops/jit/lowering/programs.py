"""Whole steps of training, and whole passes of evaluation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import ActivationFunction
from nnstudio.data.batches import Scaling
from nnstudio.engine.memory import aligned
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.instructions import dense, gradients, samples
from nnstudio.engine.ops.jit.kernels.gemm import PACKED_COLUMNS
from nnstudio.engine.ops.jit.kernels.losses import SIGMOID, SOFTMAX
from nnstudio.engine.ops.jit.kernels.packing import packed_size
from nnstudio.engine.ops.jit.lowering.chain import begins_with_dense, lower_chain
from nnstudio.engine.ops.jit.lowering.writer import Recipe, Writer
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.ops.jit.program import Program
from nnstudio.layers import Dense
from nnstudio.optim.targets import Targets

Vector = NDArray[np.float32]
LOSSES = {"softmax": SOFTMAX, "sigmoid": SIGMOID}


def training_program(
    network: Network, weights: Vector, batch: int, scaling: Scaling, itemsize: int, recipe: Recipe
) -> Program:
    """One step: gather, forward, loss, backward; then gradients and updates.

    Args:
        network: The network.
        weights: The flat weight vector, which every step changes.
        batch: Most samples of a step.
        scaling: How raw samples become the network's input.
        itemsize: Bytes of a raw value.
        recipe: What it is trained with.
    """
    writer = Writer(network, weights, batch, recipe)
    program, spec, targets = writer.program, recipe.spec, recipe.targets or Targets()
    logits, backward = lower_chain(writer, network.steps, _input(writer, scaling, itemsize), False)
    program.share(by_features=False)
    d_logits = writer.matrix(logits.width)
    tally = samples.loss(
        program,
        LOSSES[network.loss.link],
        logits,
        d_logits,
        targets.weights,
        targets.smoothing,
        mean=spec.gradient == "mean",
    )
    writer.tally_before_updates(tally)
    backward(d_logits)
    program.by_features = False
    program.barrier()
    writer.write_late()
    if spec.clip_norm is not None:
        gradients.clipped_updates(program, recipe.gradients, writer.trained, spec.clip_norm)
    program.barrier()
    return program


def evaluation_program(
    network: Network,
    weights: Vector,
    batch: int,
    scaling: Scaling,
    itemsize: int,
    *,
    loss: bool,
    emit: bool,
    packed: dict[str, Vector] | None = None,
) -> Program:
    """One pass: gather and forward, then what is asked for.

    Args:
        network: The network.
        weights: The flat weight vector, read at every pass.
        batch: Most samples of a pass.
        scaling: How raw samples become the network's input.
        itemsize: Bytes of a raw value.
        loss: Loss and hits are computed.
        emit: The probabilities are given out.
        packed: Kernels as :func:`packing_program` has packed them.
    """
    writer = Writer(network, weights, batch)
    program, writer.packed = writer.program, packed or {}
    logits, _ = lower_chain(writer, network.steps, _input(writer, scaling, itemsize), False)
    program.share(by_features=False)
    if loss:
        tally = samples.loss(
            program, LOSSES[network.loss.link], logits, writer.matrix(logits.width), stop=False
        )
    if emit:
        writer.activation(ActivationFunction(network.loss.link), logits, size=logits.width)
        samples.emit(program, logits)
    program.barrier()  # a smaller last batch is shared in another way
    if loss:
        tally()
        program.barrier()
    return program


def packing_program(network: Network, weights: Vector) -> tuple[Program, dict[str, Vector]]:
    """What packs the kernels of large dense layers, for many passes with the same weights, and where to."""
    program, packed = Program(1), {}
    arrays = network.views(weights)
    for step in network.tree():
        if isinstance(step.layer, Dense) and not step.skip:
            kernel = arrays[step.layer.name]["kernel"]
            if kernel.shape[1] >= PACKED_COLUMNS:
                packed[step.layer.name] = aligned(packed_size(*kernel.shape))
                dense.pack(program, kernel, packed[step.layer.name])
    return program, packed


def _input(writer: Writer, scaling: Scaling, itemsize: int) -> Matrix:
    """The scaled samples of a batch."""
    features = int(np.prod(writer.network.input_shape))
    offsets, scales = (_each(numbers, features) for numbers in (scaling.offset, scaling.scale))
    if begins_with_dense(writer):
        return samples.window(writer.program, itemsize, offsets, scales)
    x = writer.matrix(features)
    samples.gather(writer.program, itemsize, offsets, scales, x)
    return x


def _each(numbers: float | tuple[float, ...], features: int) -> Vector:
    """One number per feature."""
    numbers = numbers if isinstance(numbers, tuple) else (numbers,)
    return np.tile(np.array(numbers, np.float32), features // len(numbers))
