"""Flatten: turns an image into one long vector."""

from __future__ import annotations

import math
from typing import ClassVar

from nnstudio.core.layer import LAYERS, Category, Shape
from nnstudio.layers.base import Array, Frame, KerasLayer, Layer


@LAYERS.register
class Flatten(Layer):
    """Writes the values of a sample one after the other, row by row, channels last.

    When to use it: between the image part of a network and its Dense layers.

    Shapes: ``(H, W, C) -> (H·W·C,)``. No parameters, no arithmetic: both passes are views.
    """

    category: ClassVar[Category] = "shape"
    glyph: ClassVar[str] = "flatten"
    synonyms: ClassVar[tuple[str, ...]] = ("vector", "unroll", "ravel")

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C) -> (H·W·C,)``."""
        return (math.prod(shape),)

    def forward(self, frame: Frame, x: Array) -> Array:
        """A view of the batch: ``(n, H, W, C) -> (n, H·W·C)``."""
        return x.reshape(x.shape[0], -1)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """A view of the gradient: ``(n, H·W·C) -> (n, H, W, C)``."""
        return dy.reshape(x.shape)

    def keras(self) -> tuple[KerasLayer, ...]:
        """``Flatten``."""
        return (("Flatten", {"data_format": "channels_last"}),)
