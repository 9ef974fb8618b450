"""BatchNorm: every channel brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

import math
from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.layer import INITIALIZERS, LAYERS, Category, Shape, WeightSpec
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer
from nnstudio.layers.ops import Normalisation, Statistics


@LAYERS.register
class BatchNorm(Layer):
    """Brings every channel to mean 0 and variance 1 over the batch, then learns its own scale and shift.

    In training, for the M values of a channel: one per sample, or one per position of every image
    (Ioffe & Szegedy, 2015)::

        mean = Σ x / M,  variance = Σ (x − mean)² / M
        x̂    = (x − mean) / √(variance + epsilon)
        y    = gamma · x̂ + beta

    Backward::

        dbeta = Σ dy,  dgamma = Σ dy·x̂
        dx    = gamma / √(variance + epsilon) · (dy − dbeta/M − x̂·dgamma/M)

    Every training step moves the running statistics: ``moving ← momentum · moving + (1 − momentum)
    · that of the batch``, with the variance as above (as Keras does; PyTorch keeps
    ``M / (M − 1)`` times as much, and its momentum is 1 minus this one). Evaluation uses them in
    place of the batch's, and so does a frozen layer; its backward pass then has no terms in the sums.
    A batch in which a channel is constant, also one of a single value, gives ``y = beta``.

    When to use it: behind a Dense or Conv2D layer, in front of its activation, in deep networks: they train
    faster and forgive larger learning rates. Not with batches of a few samples; there LayerNorm does
    better.

    Shapes: any, unchanged. Parameters: ``2·C``, beside ``2·C`` running statistics. Multiply-adds:
    one per value.
    """

    category: ClassVar[Category] = "normalisation"
    glyph: ClassVar[str] = "batchnorm"
    synonyms: ClassVar[tuple[str, ...]] = ("batch normalisation", "batch normalization", "bn")
    fuses_activation: ClassVar[bool] = True

    momentum: float = field(
        0.99, help="Share of the running statistics that a step keeps.", ge=0, lt=1, step=0.01
    )
    epsilon: float = field(
        1e-3, help="Added to the variance, so that constant channels do no harm.", gt=0, le=1, log=True
    )
    center: bool = field(True, label="Shift", help="Learn beta, a number added to every channel.", rare=True)
    scale: bool = field(True, label="Scale", help="Learn gamma, a factor for every channel.", rare=True)

    def weights(self, shape: Shape) -> tuple[WeightSpec, ...]:
        """``gamma``, ``beta``, ``moving_mean`` and ``moving_variance``, ``(C,)`` each."""
        ones, zeros = INITIALIZERS.create("Ones"), INITIALIZERS.create("Zeros")
        channels = shape[-1:]
        gamma = (WeightSpec("gamma", channels, ones),) if self.scale else ()
        beta = (WeightSpec("beta", channels, zeros),) if self.center else ()
        mean = WeightSpec("moving_mean", channels, zeros, trainable=False)
        variance = WeightSpec("moving_variance", channels, ones, trainable=False)
        return (*gamma, *beta, mean, variance)

    def multiply_adds(self, shape: Shape) -> int:
        """One per value."""
        return math.prod(shape)

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output, the statistics in use and, for GELU and SiLU, the pre-activation."""
        statistic = BufferSpec(shape[-1:], per_batch=True, dtype="float64")
        needed = {"out": BufferSpec(shape), "mean": statistic, "variance": statistic, "inverse": statistic}
        return {**needed, "z": BufferSpec(shape)} if activation.needs_z else needed

    def forward(self, frame: Frame, x: Array) -> Array:
        """``f(gamma · x̂ + beta)``; in training it moves the running statistics, too."""
        self._find_statistics(frame, x)
        out = frame.buffers["out"]
        z = frame.buffers.get("z", out)  # without need of z, f works in place
        return frame.ops.batch_norm(x, _norm(frame), frame.activation, z, out)

    def _find_statistics(self, frame: Frame, x: Array) -> None:
        """Those of the batch while the layer learns, the running ones otherwise."""
        buffers, weights = frame.buffers, frame.weights
        statistics = Statistics(buffers["mean"], buffers["variance"], buffers["inverse"])
        moving = (weights["moving_mean"], weights["moving_variance"])
        if frame.learning:
            frame.ops.batch_statistics(x, statistics, moving, self.momentum, self.epsilon)
        else:
            frame.ops.moving_statistics(statistics, moving, self.epsilon)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """See the class; ``dy`` becomes ``dx``."""
        dz = frame.ops.activate_backward(frame.activation, dy, y, frame.buffers.get("z"))
        gradients = frame.gradients
        return frame.ops.batch_norm_backward(
            dz,
            x,
            _norm(frame),
            gradients.get("gamma"),
            gradients.get("beta"),
            of_batch=frame.learning,
            needs_dx=frame.needs_dx,
        )

    def keras(self) -> tuple[KerasLayer, ...]:
        """``BatchNormalization``."""
        settings = {name: getattr(self, name) for name in ("momentum", "epsilon", "center", "scale")}
        return (("BatchNormalization", {"axis": -1, **settings}),)


def _norm(frame: Frame) -> Normalisation:
    weights, buffers = frame.weights, frame.buffers
    return Normalisation(buffers["mean"], buffers["inverse"], weights.get("gamma"), weights.get("beta"))
