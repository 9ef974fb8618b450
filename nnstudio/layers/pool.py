"""What MaxPool and AvgPool share: the window that slides over each channel."""

from __future__ import annotations

from typing import Any, ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.layer import Category, Shape, shape_text
from nnstudio.core.window import Padding, Pair, Window
from nnstudio.layers.base import BufferSpec, Layer
from nnstudio.layers.images import require_image, window_output


class Pool(Layer):
    """Makes one number of the pixels under a window, channel by channel."""

    category: ClassVar[Category] = "pooling"

    pool_size: Pair = field((2, 2), label="Pool size", help="Height and width of the window, in pixels.")
    strides: Pair | None = field(
        None, help="Pixels that the window moves on by, down and to the right.", off="pool size"
    )
    padding: Padding = field(
        "valid", help="valid: the window stays inside the image. same: it may stick out at the edges."
    )

    @property
    def window(self) -> Window:
        """How the window slides."""
        return Window(self.pool_size, self.strides or self.pool_size, padding=self.padding)

    def detail(self) -> str:
        """The window, and what is unusual about it: ``2×2``, ``3×3 · /2 · same``."""
        parts = [shape_text(self.pool_size)]
        if self.strides not in (None, self.pool_size):
            rows, columns = self.window.strides
            parts.append(f"/{rows}" if rows == columns else f"/{rows}×{columns}")
        if self.padding == "same":
            parts.append("same")
        return " · ".join(parts)

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C) -> (oH, oW, C)``.

        Raises:
            ShapeError: The input is no image, or smaller than the window.
        """
        require_image(self, shape)
        return (*window_output(self.window, shape, "pool_size"), shape[2])

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output and the input's gradient."""
        return {"out": BufferSpec(self.output_shape(shape)), "dx": BufferSpec(shape, backward=True)}

    def keras_settings(self) -> dict[str, Any]:
        """The settings as Keras's pooling layers spell them."""
        return {
            "pool_size": list(self.pool_size),
            "strides": list(self.window.strides),
            "padding": self.padding,
            "data_format": "channels_last",
        }
