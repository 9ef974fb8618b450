"""MaxPool: keeps the largest value under a window."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.layer import LAYERS
from nnstudio.layers.base import Array, Frame, KerasLayer
from nnstudio.layers.pool import Pool


@LAYERS.register
class MaxPool(Pool):
    """The largest value under a window that slides over each channel (Ranzato et al., 2007).

    Forward and backward, for images ``x`` ``(n, H, W, C)``, with strides s and padding p::

        y[y, x, c] = max over i, j  x[s·y + i − p, s·x + j − p, c]     # padding never wins
        dx         = dy at the largest value, 0 elsewhere              # at the first of equal ones

    When to use it: behind convolutions, to halve the image and keep the strongest answer wherever it was.

    Shapes: ``(H, W, C) -> (oH, oW, C)``, with ``⌊(H − pool) / s⌋ + 1`` rows for padding "valid" and
    ``⌈H / s⌉`` for "same". No parameters.
    """

    glyph: ClassVar[str] = "maxpool"
    synonyms: ClassVar[tuple[str, ...]] = ("max pooling", "maxpooling2d", "downsample", "subsampling", "cnn")

    def forward(self, frame: Frame, x: Array) -> Array:
        """The largest values."""
        return frame.ops.max_pool(x, self.window, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy`` at the largest values."""
        if not frame.needs_dx:
            return None
        return frame.ops.max_pool_backward(dy, x, y, self.window, frame.buffers["dx"])

    def keras(self) -> tuple[KerasLayer, ...]:
        """``MaxPooling2D``."""
        return (("MaxPooling2D", self.keras_settings()),)
