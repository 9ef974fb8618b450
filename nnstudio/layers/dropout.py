"""Dropout: switches off random values while training."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Category, Shape
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer


@LAYERS.register
class Dropout(Layer):
    """Sets each value to zero with probability ``rate`` and scales the others by ``1 / (1 - rate)``.

    So the expected value stays the same and evaluation needs no change: there the layer does
    nothing ("inverted" dropout; Srivastava et al., 2014).

    When to use it: in front of large Dense layers when the validation loss rises while the training loss
    still falls. Begin with a rate from 0.2 to 0.5.

    Shapes: any, unchanged. No parameters.
    """

    category: ClassVar[Category] = "regularisation"
    glyph: ClassVar[str] = "dropout"
    synonyms: ClassVar[tuple[str, ...]] = ("regularisation", "overfitting")
    noisy: ClassVar[bool] = True

    rate: float = field(0.3, help="Share of the values that are switched off.", ge=0, lt=1, step=0.05)

    def detail(self) -> str:
        """The rate."""
        return f"{self.rate:g}"

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The mask and the output, in training only."""
        return {"mask": BufferSpec(shape, backward=True), "out": BufferSpec(shape, backward=True)}

    def begin(self, frame: Frame) -> None:
        """The mask depends on no value, so that it can be drawn while layers in front compute."""
        if self.rate > 0:
            frame.ops.begin_dropout(self.rate, frame.noise, frame.buffers["mask"])

    def forward(self, frame: Frame, x: Array) -> Array:
        """``x * mask`` in training, ``x`` in evaluation."""
        if not frame.training or self.rate == 0:
            return x
        buffers = frame.buffers
        return frame.ops.dropout(x, self.rate, frame.noise, buffers["mask"], buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy * mask``."""
        if not frame.training or self.rate == 0:
            return dy
        return frame.ops.multiply(dy, frame.buffers["mask"], dy)

    def keras(self) -> tuple[KerasLayer, ...]:
        """``Dropout``."""
        return (("Dropout", {"rate": self.rate}),)
