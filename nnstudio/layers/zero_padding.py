"""ZeroPadding: a border of zeros around an image."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Category, Shape
from nnstudio.core.window import Sides, pads_text
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer
from nnstudio.layers.images import require_image


@LAYERS.register
class ZeroPadding(Layer):
    """Puts rows and columns of zeros around an image.

    In front of a layer with padding "valid" it decides where the padding goes, which "same" does by
    itself. The gradient of the border is dropped.

    When to use it: where an imported network pads on its own, or only some sides need it.

    Shapes: ``(H, W, C) -> (top + H + bottom, left + W + right, C)``. No parameters.
    """

    category: ClassVar[Category] = "convolution"
    glyph: ClassVar[str] = "zeropadding"
    synonyms: ClassVar[tuple[str, ...]] = ("border", "margin", "pad", "zeropadding2d", "cnn")

    padding: Sides = field(
        ((1, 1), (1, 1)),
        help="Rows and columns of zeros: one number for all sides, rows × columns, or "
        "top, bottom × left, right.",
    )

    def detail(self) -> str:
        """Rows and columns added: ``1``, ``1 × 2`` or ``0, 1 × 0, 1``."""
        return pads_text(self.padding)

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C) -> (top + H + bottom, left + W + right, C)``.

        Raises:
            ShapeError: The input is no image.
        """
        require_image(self, shape)
        rows, columns = (sum(sides) for sides in self.padding)
        return (shape[0] + rows, shape[1] + columns, shape[2])

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output and the input's gradient."""
        return {"out": BufferSpec(self.output_shape(shape)), "dx": BufferSpec(shape, backward=True)}

    def forward(self, frame: Frame, x: Array) -> Array:
        """``x`` with its border."""
        return frame.ops.pad(x, self.padding, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy`` without the border."""
        if not frame.needs_dx:
            return None
        return frame.ops.crop(dy, self.padding, frame.buffers["dx"])

    def keras(self) -> tuple[KerasLayer, ...]:
        """``ZeroPadding2D``."""
        sides = [list(side) for side in self.padding]
        return (("ZeroPadding2D", {"padding": sides, "data_format": "channels_last"}),)
