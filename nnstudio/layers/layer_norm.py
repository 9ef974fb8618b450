"""LayerNorm: every sample brought to mean 0 and variance 1 by itself."""

from __future__ import annotations

import math
from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.fixes import Remove
from nnstudio.core.layer import INITIALIZERS, LAYERS, Category, Shape, WeightSpec, shape_text
from nnstudio.errors import ShapeError
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer
from nnstudio.layers.ops import Normalisation


@LAYERS.register
class LayerNorm(Layer):
    """Brings every sample to mean 0 and variance 1 by itself, then learns a scale and shift per channel.

    For the C values of a sample or, in an image, those of one pixel (Ba, Kiros & Hinton, 2016)::

        mean = Σ x / C,  variance = Σ (x − mean)² / C
        x̂    = (x − mean) / √(variance + epsilon)
        y    = gamma · x̂ + beta

    Backward, with ``g = gamma · dy``::

        dbeta = Σ over samples dy,  dgamma = Σ over samples dy·x̂
        dx    = (g − Σ g / C − x̂ · Σ g·x̂ / C) / √(variance + epsilon)

    It does the same in training and evaluation, whatever else is in the batch. As in Keras, only the
    last axis is normalised: in an image, each pixel's channels, not the image as a whole.

    When to use it: in place of BatchNorm where batches are small or samples must not influence each other.

    Shapes: any, unchanged, with 2 channels or more. Parameters: ``2·C``. Multiply-adds: one per value.
    """

    category: ClassVar[Category] = "normalisation"
    glyph: ClassVar[str] = "layernorm"
    synonyms: ClassVar[tuple[str, ...]] = ("layer normalisation", "layer normalization", "ln")

    epsilon: float = field(
        1e-3, help="Added to the variance, so that constant samples do no harm.", gt=0, le=1, log=True
    )
    center: bool = field(True, label="Shift", help="Learn beta, a number added to every channel.", rare=True)
    scale: bool = field(True, label="Scale", help="Learn gamma, a factor for every channel.", rare=True)

    def output_shape(self, shape: Shape) -> Shape:
        """Unchanged.

        Raises:
            ShapeError: There is a single channel, which would always come out as beta.
        """
        if shape[-1] == 1:
            raise ShapeError(
                "LayerNorm over one value always gives 0",
                expected="2 or more channels",
                got=shape_text(shape),
                fix="use BatchNorm, or more channels before it",
                fixes=(Remove("Remove LayerNorm"),),
                assumed_output=shape,
            )
        return shape

    def weights(self, shape: Shape) -> tuple[WeightSpec, ...]:
        """``gamma`` and ``beta``, ``(C,)`` each."""
        gamma = WeightSpec("gamma", shape[-1:], INITIALIZERS.create("Ones"))
        beta = WeightSpec("beta", shape[-1:], INITIALIZERS.create("Zeros"))
        return ((gamma,) if self.scale else ()) + ((beta,) if self.center else ())

    def multiply_adds(self, shape: Shape) -> int:
        """One per value."""
        return math.prod(shape)

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output, and mean and scale of every sample or pixel."""
        statistic = BufferSpec((*shape[:-1], 1))
        return {"out": BufferSpec(shape), "mean": statistic, "inverse": statistic}

    def forward(self, frame: Frame, x: Array) -> Array:
        """``gamma · x̂ + beta``."""
        return frame.ops.layer_norm(x, _norm(frame), self.epsilon, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """See the class; ``dy`` becomes ``dx``."""
        gradients = frame.gradients
        return frame.ops.layer_norm_backward(
            dy,
            x,
            _norm(frame),
            gradients.get("gamma"),
            gradients.get("beta"),
            needs_dx=frame.needs_dx,
        )

    def keras(self) -> tuple[KerasLayer, ...]:
        """``LayerNormalization``."""
        settings = {name: getattr(self, name) for name in ("epsilon", "center", "scale")}
        return (("LayerNormalization", {"axis": -1, **settings}),)


def _norm(frame: Frame) -> Normalisation:
    weights, buffers = frame.weights, frame.buffers
    return Normalisation(buffers["mean"], buffers["inverse"], weights.get("gamma"), weights.get("beta"))
