"""Input: says what shape the samples have."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Category, Shape, shape_text
from nnstudio.layers.base import Array, Frame, KerasLayer, Layer

MAX_INPUT_VALUES = 100_000_000


@LAYERS.register
class Input(Layer):
    """The shape of one sample: height × width × channels for images, or a number of features.

    When to use it: always as the first layer; its shape follows the chosen data set.

    Shapes: ``() -> shape``. Computes nothing.
    """

    category: ClassVar[Category] = "input"
    glyph: ClassVar[str] = "input"
    synonyms: ClassVar[tuple[str, ...]] = ("data", "start", "image")

    shape: tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...] = field(
        (28, 28, 1),
        help="Height, width and channels of an image, or a number of features. Follows the data set.",
        min_length=1,
        max_length=3,
    )

    @field_validator("shape")
    @classmethod
    def _not_huge(cls, shape: Shape) -> Shape:
        if math.prod(shape) > MAX_INPUT_VALUES:
            raise ValueError(f"at most {MAX_INPUT_VALUES:,} values per sample")
        return shape

    @classmethod
    def palette(cls) -> tuple[Layer, ...]:
        """Nothing: every network has its one input already."""
        return ()

    def detail(self) -> str:
        """The shape."""
        return shape_text(self.shape)

    def output_shape(self, shape: Shape) -> Shape:
        """The declared shape."""
        return self.shape

    def forward(self, frame: Frame, x: Array) -> Array:
        """The batch itself."""
        return x

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """The gradient itself."""
        return dy

    def keras(self) -> tuple[KerasLayer, ...]:
        """``InputLayer``."""
        return (("InputLayer", {"batch_input_shape": [None, *self.shape], "dtype": "float32"}),)
