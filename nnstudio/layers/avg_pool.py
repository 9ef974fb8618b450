"""AvgPool: the mean of the pixels under a window."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.layer import LAYERS
from nnstudio.layers.base import Array, Frame, KerasLayer
from nnstudio.layers.pool import Pool


@LAYERS.register
class AvgPool(Pool):
    """The mean under a window that slides over each channel (LeCun et al., 1989).

    Forward and backward, for images ``x`` ``(n, H, W, C)``; ``m`` is the number of pixels under the
    window, in which padding doesn't count::

        y  = Σ of the pixels under the window / m
        dx = Σ over the windows that a pixel lies under: dy / m

    When to use it: behind convolutions, to make the image smaller where the strength of a feature matters
    more than its peak.

    Shapes: ``(H, W, C) -> (oH, oW, C)``, with ``⌊(H − pool) / s⌋ + 1`` rows for padding "valid" and
    ``⌈H / s⌉`` for "same". No parameters.
    """

    glyph: ClassVar[str] = "avgpool"
    synonyms: ClassVar[tuple[str, ...]] = (
        "average pooling",
        "averagepooling2d",
        "mean",
        "downsample",
        "subsampling",
        "cnn",
    )

    def forward(self, frame: Frame, x: Array) -> Array:
        """The means."""
        return frame.ops.average_pool(x, self.window, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy`` in equal shares."""
        if not frame.needs_dx:
            return None
        return frame.ops.average_pool_backward(dy, self.window, frame.buffers["dx"])

    def keras(self) -> tuple[KerasLayer, ...]:
        """``AveragePooling2D``, which doesn't count padding either."""
        return (("AveragePooling2D", self.keras_settings()),)
