"""From a NetworkSpec to something that computes.

All weights are views into one flat vector, all gradients into another, so an update is one pass
over a vector, a snapshot is one copy and a checkpoint is one array plus an index.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.layer import Shape, WeightSpec
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.ops import NumpyOps
from nnstudio.layers.base import Frame, Layer
from nnstudio.optim import Initializer, Loss

Array = Any
Vector = NDArray[Any]


@dataclass(frozen=True)
class Step:
    """One layer in its place, as the passes run it.

    Attributes:
        layer: The layer.
        shape: Shape of its input sample.
        output: Shape of its output sample.
        activation: Activation computed with it.
        skip: Nothing to compute: its work is done elsewhere (fused) or by the loss.
    """

    layer: Layer
    shape: Shape
    output: Shape
    activation: ActivationFunction = LINEAR
    skip: bool = False


@dataclass(frozen=True)
class WeightView:
    """Where one weight array lies in the flat vectors."""

    layer: str
    spec: WeightSpec
    start: int

    @property
    def stop(self) -> int:
        """First position behind it."""
        return self.start + self.spec.size


class Network:
    """A network that can compute, for any number of passes at a time.

    Args:
        spec: The stack; it must be valid.
        loss: The loss it is trained with, whose link turns outputs into probabilities.

    Raises:
        ShapeError: The stack has problems; the message lists them all.
    """

    def __init__(self, spec: NetworkSpec, loss: Loss) -> None:
        report = infer_shapes(spec).require()
        self.spec = spec
        self.loss = loss
        self.report = report
        self.input_shape: Shape = spec.input_shape or ()
        self.output_shape: Shape = report.output_shape or ()
        self.steps = _steps(spec, report.layers, loss)
        self.index = _index(self.steps)
        self.size = self.index[-1].stop if self.index else 0

    def views(self, vector: Vector) -> dict[str, dict[str, Vector]]:
        """A flat vector's arrays by layer and weight name, without copying."""
        views: dict[str, dict[str, Vector]] = {step.layer.name: {} for step in self.steps}
        for entry in self.index:
            part = vector[entry.start : entry.stop]
            views[entry.layer][entry.spec.name] = part.reshape(entry.spec.shape)
        return views

    def initial_weights(self, seed: int) -> NDArray[np.float32]:
        """Fresh weights; equal seeds give equal weights."""
        random = np.random.default_rng([seed, _WEIGHTS_STREAM])
        vector = np.empty(self.size, dtype=np.float32)
        for entry in self.index:
            drawn = cast(Initializer, entry.spec.initializer).draw(random, entry.spec.shape)
            vector[entry.start : entry.stop] = drawn.ravel()
        return vector

    def kernels(self) -> Iterator[tuple[WeightView, Layer]]:
        """The weights that a penalty applies to, with their layers."""
        layers = {step.layer.name: step.layer for step in self.steps}
        return ((entry, layers[entry.layer]) for entry in self.index if entry.spec.regularised)

    def workspace(self, weights: Vector, batch: int, gradients: Vector | None = None) -> Workspace:
        """Arrays for passes over batches of up to ``batch`` samples.

        Args:
            weights: The flat weight vector, read at every pass.
            batch: Largest number of samples.
            gradients: Flat vector that backward passes fill; None for evaluation.
        """
        return Workspace(self, weights, batch, gradients)


# Streams of one seed: the order of samples has the epoch's number, so the others lie above all epochs.
_WEIGHTS_STREAM = 2_000_001


class Workspace:
    """The arrays of one pass at a time: activations, gradients of activations, scratch.

    Allocated once for the largest batch; smaller batches use the front of each array.
    """

    def __init__(self, network: Network, weights: Vector, batch: int, gradients: Vector | None) -> None:
        self.network = network
        self.batch = batch
        self.dtype = weights.dtype
        self.ops = NumpyOps()
        self._views = network.views(weights)
        self._gradient_views = {} if gradients is None else network.views(gradients)
        self._steps = [step for step in network.steps if not step.skip]
        self._pools = [self._allocate(step) for step in self._steps]
        self._frames: dict[int, list[Frame]] = {}
        self._trail: list[tuple[Frame, Layer, Array, Array]] = []
        self.d_logits = (
            None if gradients is None else np.empty((batch, *network.output_shape), dtype=self.dtype)
        )

    def forward(self, x: Array, random: Any = None) -> Array:
        """The logits for a batch.

        Args:
            x: Scaled samples, ``(n, *input_shape)``.
            random: Source of noise for training; None evaluates.

        Returns:
            ``(n, outputs)``, in front of the loss's link; overwritten by the next pass.
        """
        trail = []
        for frame, step in zip(self._frames_for(x.shape[0]), self._steps, strict=True):
            frame.random = random
            y = step.layer.forward(frame, x)
            trail.append((frame, step.layer, x, y))
            x = y
        self._trail = trail
        return x

    def backward(self, dy: Array) -> Array | None:
        """Fills the gradient vector from the gradient of the logits of the last forward pass.

        Args:
            dy: ``(n, outputs)``; overwritten.

        Returns:
            The gradient with respect to the network's input if the first layer gives one.
        """
        gradient: Array | None = dy
        for frame, layer, x, y in reversed(self._trail):
            gradient = layer.backward(frame, x, y, gradient)
            if gradient is None:
                break
        return gradient

    def loss(self, logits: Array, labels: Array, *, backward: bool) -> tuple[float, int]:
        """Summed loss and hits of the batch; with ``backward`` also the gradient of the logits."""
        gradient = self.d_logits[: len(labels)] if backward and self.d_logits is not None else None
        return self.network.loss.evaluate(self.ops, logits, labels, gradient)

    def probabilities(self, x: Array) -> Array:
        """``link(logits)`` for a batch, ``(n, outputs)``; overwritten by the next pass."""
        logits = self.forward(x)
        out = self.ops.scratch(9, logits.shape, logits.dtype)
        return self.ops.activate(ActivationFunction(self.network.loss.link), logits, out)

    def outputs(self) -> dict[str, Array]:
        """Output of every computed layer in the last forward pass, by name."""
        return {layer.name: y for _, layer, _, y in self._trail}

    def _allocate(self, step: Step) -> dict[str, Array]:
        training = self._gradient_views != {}
        return {
            name: np.empty((self.batch, *buffer.shape), dtype=self.dtype)
            for name, buffer in step.layer.buffers(step.shape, step.activation).items()
            if training or not buffer.backward
        }

    def _frames_for(self, n: int) -> list[Frame]:
        frames = self._frames.get(n)
        if frames is None:
            frames = self._frames[n] = [
                Frame(
                    ops=self.ops,
                    weights=self._views[step.layer.name],
                    gradients=self._gradient_views.get(step.layer.name, {}),
                    buffers={name: array[:n] for name, array in pool.items()},
                    activation=step.activation,
                    needs_dx=position > self._first_with_weights,
                )
                for position, (step, pool) in enumerate(zip(self._steps, self._pools, strict=True))
            ]
        return frames

    @property
    def _first_with_weights(self) -> int:
        for position, step in enumerate(self._steps):
            if step.layer.weights(step.shape):
                return position
        return -1


def _steps(spec: NetworkSpec, rows: Any, loss: Loss) -> list[Step]:
    """The layers with their shapes; activations fused into the layer in front of them."""
    steps = [
        Step(
            cast(Layer, row.layer),
            row.input_shape or (),
            row.output_shape,
            cast(Layer, row.layer).activation_function(),
        )
        for row in rows
    ]
    _leave_link_to_loss(steps, loss)
    for position in range(len(steps) - 1):
        here, behind = steps[position], steps[position + 1]
        alone = not behind.layer.fuses_activation and behind.activation != LINEAR
        if here.layer.fuses_activation and here.activation == LINEAR and alone:
            steps[position] = Step(here.layer, here.shape, here.output, behind.activation)
            steps[position + 1] = Step(behind.layer, behind.shape, behind.output, skip=True)
    return steps


def _leave_link_to_loss(steps: list[Step], loss: Loss) -> None:
    # the loss works on logits, so a final softmax (or sigmoid) is the loss's to apply
    last = steps[-1]
    if last.activation.name == loss.link:
        steps[-1] = Step(last.layer, last.shape, last.output, LINEAR, skip=not last.layer.fuses_activation)


def _index(steps: list[Step]) -> list[WeightView]:
    entries, start = [], 0
    for step in steps:
        for weight in step.layer.weights(step.shape):
            entries.append(WeightView(step.layer.name, weight, start))
            start += math.prod(weight.shape)
    return entries


def to_dtype(vector: Vector, dtype: DTypeLike) -> Vector:
    """A copy in another precision, for gradient checks."""
    return np.array(vector, dtype=dtype)
