"""From a NetworkSpec to something that computes.

All weights are views into one flat vector, all gradients into another, so an update is one pass
over a vector, a snapshot is one copy and a checkpoint is one array plus an index.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.layer import Shape
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.chain import Bench, Chain
from nnstudio.engine.memory import aligned
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.plan import Step, WeightView, plan, weight_index
from nnstudio.engine.threads import one_blas_thread
from nnstudio.layers.base import Layer, NoiseSource, Ops
from nnstudio.optim import Initializer, Loss
from nnstudio.optim.losses import LossOps
from nnstudio.optim.targets import Targets

Array = Any
Vector = NDArray[Any]

# Streams of one seed: the order of samples has the epoch's number, so this one lies above all epochs.
_WEIGHTS_STREAM = 2_000_001


class NetworkOps(Ops, LossOps, Protocol):
    """The compute primitives of layers and losses, and the scratch arrays they work in."""

    def scratch(self, slot: int, shape: Shape, dtype: Any) -> Array:
        """A reusable array that may hold anything."""
        ...


class Network:
    """A network that can compute, for any number of passes at a time.

    Args:
        spec: The stack; it must be valid.
        loss: The loss it is trained with, whose link turns outputs into probabilities.
        fuse: Compute activations together with the layers in front of them; without it every layer's
            own output can be looked at.

    Attributes:
        steps: The layers in their places.
        index: Where each weight array lies, in the order of the layers.
        size: Length of the weight vector.
        trainable: Length of its front part, which training changes; gradients and the optimizer's
            vectors are as long.

    Raises:
        ShapeError: The stack has problems; the message lists them all.
    """

    def __init__(self, spec: NetworkSpec, loss: Loss, *, fuse: bool = True) -> None:
        report = infer_shapes(spec).require()
        self.spec = spec
        self.loss = loss
        self.report = report
        self.input_shape: Shape = spec.input_shape or ()
        self.output_shape: Shape = report.output_shape or ()
        self.steps: tuple[Step, ...] = plan(report.layers, loss, fuse=fuse)
        self.index, self.trainable = weight_index(self.steps)
        self.size = max((entry.stop for entry in self.index), default=0)

    def views(self, vector: Vector) -> dict[str, dict[str, Vector]]:
        """A flat vector's arrays by layer and weight name, without copying.

        Args:
            vector: As long as the weights, or as the trainable ones: then only theirs are there.
        """
        views: dict[str, dict[str, Vector]] = {step.layer.name: {} for step in self.tree()}
        for entry in self.index:
            if entry.stop <= len(vector):
                part = vector[entry.start : entry.stop]
                views[entry.layer][entry.spec.name] = part.reshape(entry.spec.shape)
        return views

    @property
    def activation_bytes(self) -> int:
        """Memory that the arrays of an evaluation pass take per sample, in float32."""
        arrays = (array for step in self.tree() for array in step.arrays())
        return 4 * sum(math.prod(array.shape) for array in arrays if not (array.backward or array.per_batch))

    def tree(self) -> Iterator[Step]:
        """Every layer in its place, also inside containers."""
        for step in self.steps:
            yield from step.tree()

    def initial_weights(self, seed: int) -> NDArray[np.float32]:
        """Fresh weights; equal seeds give equal weights, on any number of cores."""
        random = np.random.default_rng([seed, _WEIGHTS_STREAM])
        vector = aligned(self.size)
        with one_blas_thread():  # norms and orthogonal matrices are products of matrices
            for entry in self.index:
                drawn = cast(Initializer, entry.spec.initializer).draw(random, entry.spec.shape)
                vector[entry.start : entry.stop] = drawn.ravel()
        return vector

    def kernels(self) -> Iterator[tuple[WeightView, Layer]]:
        """The weights that a penalty applies to, with their layers."""
        layers = {step.layer.name: step.layer for step in self.tree()}
        wanted = (entry for entry in self.index if entry.spec.regularised and entry.trainable)
        return ((entry, layers[entry.layer]) for entry in wanted)

    def workspace(
        self,
        weights: Vector,
        batch: int,
        gradients: Vector | None = None,
        *,
        input_gradient: bool = False,
        ops: NetworkOps | None = None,
    ) -> Workspace:
        """Arrays for passes over batches of up to ``batch`` samples.

        Args:
            weights: The flat weight vector, read at every pass (running statistics are written).
            batch: Largest number of samples.
            gradients: Flat vector that backward passes fill, ``(trainable,)``; None for evaluation.
            input_gradient: Backward passes give the gradient with respect to the network's input.
            ops: The compute primitives, which all arrays must be made for; None for NumPy's.
        """
        return Workspace(self, weights, batch, gradients, input_gradient, ops or NumpyOps())


class Workspace:
    """The arrays of one pass at a time: activations, gradients of activations, scratch.

    Attributes:
        watched: Put a layer's name in, and backward passes leave the gradient of its output there.
    """

    def __init__(
        self,
        network: Network,
        weights: Vector,
        batch: int,
        gradients: Vector | None,
        input_gradient: bool,
        ops: NetworkOps,
    ) -> None:
        self.network = network
        self.batch = batch
        self.dtype = weights.dtype
        self.ops = ops
        self.watched: dict[str, Array] = {}
        backward = gradients is not None or input_gradient
        gradient_views = {} if gradients is None else network.views(gradients)
        views = network.views(weights)
        bench = Bench(self.ops, views, gradient_views, batch, self.dtype, backward, self.watched)
        self.chain = Chain(network.steps, bench, needs_dx=input_gradient)
        self.d_logits = ops.xp.empty((batch, *network.output_shape), self.dtype) if backward else None

    def forward(self, x: Array, noise: NoiseSource | None = None) -> Array:
        """The logits for a batch.

        Args:
            x: Scaled samples, ``(n, *input_shape)``.
            noise: Random numbers of the training step; None evaluates.

        Returns:
            ``(n, outputs)``, in front of the loss's link; overwritten by the next pass.
        """
        return self.chain.forward(x, noise)

    def backward(self, dy: Array) -> Array | None:
        """Fills the gradient vector from the gradient of the logits of the last forward pass.

        Args:
            dy: ``(n, outputs)``; overwritten.

        Returns:
            The gradient with respect to the network's input, if the workspace was made to give it.
        """
        return self.chain.backward(dy)

    def loss(
        self, logits: Array, labels: Array, *, backward: bool, targets: Targets | None = None
    ) -> tuple[float, int]:
        """Summed loss and hits of the batch; with ``backward`` also the gradient of the logits.

        Args:
            logits: ``(n, outputs)``.
            labels: Class numbers, ``(n,)``.
            backward: Fill ``d_logits`` with the gradient of the sum.
            targets: What the gradient aims at instead of the plain labels.
        """
        gradient = self.d_logits[: len(labels)] if backward and self.d_logits is not None else None
        return self.network.loss.evaluate(self.ops, logits, labels, gradient, targets)

    def probabilities(self, x: Array) -> Array:
        """``link(logits)`` for a batch, ``(n, outputs)``; overwritten by the next pass."""
        logits = self.forward(x)
        out = self.ops.scratch(9, logits.shape, logits.dtype)
        return self.ops.activate(ActivationFunction(self.network.loss.link), logits, out)

    def outputs(self) -> dict[str, Array]:
        """Output of every computed layer in the last forward pass, by name."""
        return {step.layer.name: y for step, y in self.chain.outputs()}
