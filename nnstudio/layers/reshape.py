"""Reshape: lays the values of a sample out anew."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from nnstudio.core.fields import field
from nnstudio.core.fixes import SetFields
from nnstudio.core.layer import LAYERS, Category, Shape, shape_text
from nnstudio.errors import ShapeError
from nnstudio.layers.base import Array, Frame, KerasLayer, Layer

REST = -1


@LAYERS.register
class Reshape(Layer):
    """Gives a sample another shape; its values stay as they are, row by row, channels last.

    One size may be −1: it becomes what the number of values leaves for it.

    When to use it: to read features as an image or the other way round.

    Shapes: any with as many values ``-> target_shape``. No parameters, no arithmetic: both passes are
    views.
    """

    category: ClassVar[Category] = "shape"
    glyph: ClassVar[str] = "reshape"
    synonyms: ClassVar[tuple[str, ...]] = ("view", "image", "unflatten")

    target_shape: tuple[Annotated[int, Field(ge=REST, le=1_000_000)], ...] = field(
        (REST,),
        label="Shape",
        help="Shape of the output, such as 28×28×1. One size may be -1: what is left for it.",
        min_length=1,
        max_length=3,
    )

    @field_validator("target_shape")
    @classmethod
    def _one_rest_at_most(cls, shape: Shape) -> Shape:
        if 0 in shape:
            raise ValueError("the sizes in target_shape are 1 or more, or -1 for what is left")
        if shape.count(REST) > 1:
            raise ValueError("only one size in target_shape can be -1")
        return shape

    def detail(self) -> str:
        """The target shape."""
        return shape_text(self.target_shape)

    def output_shape(self, shape: Shape) -> Shape:
        """``target_shape``, with what is left in place of −1.

        Raises:
            ShapeError: The target holds another number of values.
        """
        values, fixed = math.prod(shape), math.prod(size for size in self.target_shape if size != REST)
        if REST in self.target_shape and values % fixed == 0:
            return tuple(values // fixed if size == REST else size for size in self.target_shape)
        if values == fixed:
            return self.target_shape
        fitting = self._fitting(values)
        known = REST not in self.target_shape
        raise ShapeError(
            "the new shape holds another number of values",
            expected=f"{fixed:,} values" if known else f"a multiple of {fixed:,} values",
            got=f"{shape_text(shape)} = {values:,}",
            fix=f"reshape to {shape_text(fitting)}",
            fixes=(SetFields(f"Set shape {shape_text(fitting)}", {"target_shape": fitting}),),
            assumed_output=self.target_shape if known else None,
        )

    def forward(self, frame: Frame, x: Array) -> Array:
        """A view of the batch."""
        return x.reshape(x.shape[0], *self.target_shape)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """A view of the gradient."""
        return dy.reshape(x.shape)

    def keras(self) -> tuple[KerasLayer, ...]:
        """``Reshape``."""
        return (("Reshape", {"target_shape": list(self.target_shape)}),)

    def _fitting(self, values: int) -> Shape:
        """A shape of ``values`` values with as many sizes; kept where they divide, the rest in the first."""
        kept: list[int] = []
        left = values
        for size in reversed(self.target_shape[1:]):
            size = math.gcd(size, left) if size != REST else 1
            kept.insert(0, size)
            left //= size
        return (left, *kept)
