"""GlobalAvgPool: one number per channel, its mean."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.layer import LAYERS, Category, Shape
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer
from nnstudio.layers.images import require_image


@LAYERS.register
class GlobalAvgPool(Layer):
    """The mean of each channel over the whole image (Lin, Chen & Yan, 2014).

    Forward and backward, for images ``x`` ``(n, H, W, C)``::

        y  = Σ over rows and columns x / (H·W)
        dx = dy / (H·W)                            # the same for every pixel

    When to use it: behind the last convolution, in place of Flatten: far fewer parameters, and any size of
    image fits.

    Shapes: ``(H, W, C) -> (C,)``, so a Dense layer may follow. No parameters.
    """

    category: ClassVar[Category] = "pooling"
    glyph: ClassVar[str] = "globalavgpool"
    synonyms: ClassVar[tuple[str, ...]] = ("gap", "global average pooling", "mean", "cnn")

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C) -> (C,)``.

        Raises:
            ShapeError: The input is no image.
        """
        require_image(self, shape)
        return (shape[2],)

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output and the input's gradient."""
        return {"out": BufferSpec((shape[2],)), "dx": BufferSpec(shape, backward=True)}

    def forward(self, frame: Frame, x: Array) -> Array:
        """The means: ``(n, H, W, C) -> (n, C)``."""
        return frame.ops.global_average(x, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy`` in equal shares: ``(n, C) -> (n, H, W, C)``."""
        if not frame.needs_dx:
            return None
        return frame.ops.global_average_backward(dy, frame.buffers["dx"])

    def keras(self) -> tuple[KerasLayer, ...]:
        """``GlobalAveragePooling2D``."""
        return (("GlobalAveragePooling2D", {"data_format": "channels_last"}),)
