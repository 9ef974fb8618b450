"""GaussianNoise: adds random numbers while training."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Category, Shape
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer


@LAYERS.register
class GaussianNoise(Layer):
    """Adds a random number from N(0, stddev²) to each value.

    A network that sees every sample a little differently each time can't learn it by heart (Bishop,
    "Training with noise is equivalent to Tikhonov regularization", 1995). In evaluation the layer does
    nothing. Backward: ``dx = dy``.

    When to use it: behind the input, against overfitting to exact values. A tenth of the inputs' standard
    deviation is a beginning.

    Shapes: any, unchanged. No parameters.
    """

    category: ClassVar[Category] = "regularisation"
    glyph: ClassVar[str] = "gaussiannoise"
    synonyms: ClassVar[tuple[str, ...]] = ("regularisation", "overfitting", "augmentation")
    noisy: ClassVar[bool] = True

    stddev: float = field(
        0.1, label="Std", help="Standard deviation of what is added.", ge=0, le=100, step=0.05
    )

    def detail(self) -> str:
        """The standard deviation."""
        return f"{self.stddev:g}"

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output, in training only."""
        return {"out": BufferSpec(shape, backward=True)}

    def forward(self, frame: Frame, x: Array) -> Array:
        """``x + stddev · N(0, 1)`` in training, ``x`` in evaluation."""
        if not frame.training or self.stddev == 0:
            return x
        return frame.ops.gaussian_noise(x, self.stddev, frame.noise, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy``."""
        return dy

    def keras(self) -> tuple[KerasLayer, ...]:
        """``GaussianNoise``; nothing above 1, which Keras refuses: a trained model has no noise."""
        return (("GaussianNoise", {"stddev": self.stddev}),) if self.stddev <= 1 else ()
