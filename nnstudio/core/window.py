"""How a window slides over an image: the arithmetic of kernel, strides, dilation and padding.

Along one axis of ``size`` values a window of ``kernel`` taps that lie ``dilation`` apart reaches over
``reach = dilation·(kernel − 1) + 1`` values and moves on by ``stride``. With the paddings of TensorFlow::

    valid:  outputs = ⌊(size − reach) / stride⌋ + 1
            padding = 0
    same:   outputs = ⌈size / stride⌉
            padding = max(0, (outputs − 1)·stride + reach − size), half of it before, rounded down

so "same" puts the odd row at the bottom and the odd column at the right (ONNX: ``SAME_UPPER``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

Padding = Literal["valid", "same"]
Size = tuple[int, int]
"""Height and width."""

Pads = tuple[Size, Size]
"""Rows or columns added: ((top, bottom), (left, right))."""

MAX_WINDOW = 1024


def both(value: Any) -> Any:
    """One number stands for height and width alike, as in Keras."""
    return (value, value) if isinstance(value, int) else value


def all_sides(value: Any) -> Any:
    """One number stands for all sides, two for rows and columns, four for top, bottom, left and right."""
    if isinstance(value, int):
        return all_sides((value, value))
    if isinstance(value, (tuple, list)) and len(value) == 4:
        return (tuple(value[:2]), tuple(value[2:]))
    return tuple(both(side) for side in value) if isinstance(value, (tuple, list)) else value


_Extent = Annotated[int, Field(ge=1, le=MAX_WINDOW)]
Pair = Annotated[tuple[_Extent, _Extent], BeforeValidator(both)]
"""A field for height and width, each from 1 to :data:`MAX_WINDOW`; reads a single number too."""

_Side = Annotated[int, Field(ge=0, le=MAX_WINDOW)]
Sides = Annotated[tuple[tuple[_Side, _Side], tuple[_Side, _Side]], BeforeValidator(all_sides)]
"""A field for :data:`Pads`, each up to :data:`MAX_WINDOW`; reads one, two or four numbers too."""


def pads_text(pads: Pads) -> str:
    """Pads as the user reads them: ``1``, ``1 × 2`` or ``0, 1 × 0, 1``, as short as they can be."""
    rows, columns = (str(a) if a == b else f"{a}, {b}" for a, b in pads)
    alike = rows == columns and "," not in rows
    return rows if alike else f"{rows} × {columns}"


@dataclass(frozen=True)
class Axis:
    """A window along one axis of an image.

    Attributes:
        size: Values of the image.
        reach: Values under the window, from its first tap to its last.
        stride: Values from one position of the window to the next.
        dilation: Values from one tap to the next.
        outputs: Positions of the window; 0 or less where it doesn't fit.
        before: Padding in front of the first value.
        behind: Padding behind the last value.
    """

    size: int
    reach: int
    stride: int
    dilation: int
    outputs: int
    before: int
    behind: int

    def overlap(self, tap: int) -> tuple[slice, slice]:
        """Where a tap lies on the image rather than on its padding.

        Args:
            tap: Number of the tap.

        Returns:
            The positions for which it does, and the values that it then lies on.
        """
        shift = tap * self.dilation - self.before  # value under the tap at position 0
        first = max(0, -(shift // self.stride))  # ⌈−shift / stride⌉
        stop = max(first, min(self.outputs, (self.size - 1 - shift) // self.stride + 1))
        start = shift + first * self.stride
        return slice(first, stop), slice(start, start + (stop - first) * self.stride, self.stride)


@dataclass(frozen=True)
class Tap:
    """One value of a window, and where it meets the image.

    Attributes:
        row: Its row in the window.
        column: Its column in the window.
        outputs: Rows and columns of the positions at which it lies on the image.
        inputs: Rows and columns of the image that it then lies on.
    """

    row: int
    column: int
    outputs: tuple[slice, slice]
    inputs: tuple[slice, slice]


@dataclass(frozen=True)
class Window:
    """A window that slides over an image.

    Attributes:
        kernel: Taps, as height and width.
        strides: Rows and columns from one position to the next.
        dilation: Rows and columns from one tap to the next.
        padding: Whether the window stays inside the image ("valid") or zeros are added around it.
    """

    kernel: Size
    strides: Size = (1, 1)
    dilation: Size = (1, 1)
    padding: Padding = "valid"

    @property
    def reach(self) -> Size:
        """The receptive field: rows and columns from the first tap to the last."""
        rows, columns = (d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))
        return rows, columns

    @property
    def taps(self) -> int:
        """Number of values in the window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def is_pointwise(self) -> bool:
        """Every output sees the one pixel at its own place."""
        return self.kernel == (1, 1) == self.strides

    @property
    def overlaps(self) -> bool:
        """Neighbouring positions share pixels."""
        return any(reach > stride for reach, stride in zip(self.reach, self.strides, strict=True))

    def axes(self, height: int, width: int) -> tuple[Axis, Axis]:
        """The window along the rows and along the columns of an image."""
        return _axes(self, height, width)

    def output(self, height: int, width: int) -> Size:
        """Positions of the window on an image, 0 or less where it doesn't fit."""
        rows, columns = self.axes(height, width)
        return rows.outputs, columns.outputs

    def pads(self, height: int, width: int) -> Pads:
        """Rows and columns of padding around an image."""
        rows, columns = self.axes(height, width)
        return (rows.before, rows.behind), (columns.before, columns.behind)

    def largest_kernel(self, height: int, width: int) -> Size:
        """The kernel, cut down to what fits into an image without padding."""
        sizes = zip(self.kernel, self.dilation, (height, width), strict=True)
        rows, columns = (min(k, (size - 1) // d + 1) for k, d, size in sizes)
        return rows, columns

    def meetings(self, height: int, width: int) -> tuple[Tap, ...]:
        """The taps, row by row, that meet an image somewhere."""
        return _meetings(self, height, width)


@lru_cache(maxsize=256)
def _axes(window: Window, height: int, width: int) -> tuple[Axis, Axis]:
    return _axis(window, 0, height), _axis(window, 1, width)


def _axis(window: Window, axis: int, size: int) -> Axis:
    reach, stride, dilation = window.reach[axis], window.strides[axis], window.dilation[axis]
    if window.padding == "valid":
        return Axis(size, reach, stride, dilation, (size - reach) // stride + 1, 0, 0)
    outputs = -(-size // stride)
    padding = max(0, (outputs - 1) * stride + reach - size)
    return Axis(size, reach, stride, dilation, outputs, padding // 2, padding - padding // 2)


@lru_cache(maxsize=256)
def _meetings(window: Window, height: int, width: int) -> tuple[Tap, ...]:
    return tuple(_each_meeting(window, height, width))


def _each_meeting(window: Window, height: int, width: int) -> Iterator[Tap]:
    rows, columns = window.axes(height, width)
    for row in range(window.kernel[0]):
        y_outputs, y_inputs = rows.overlap(row)
        for column in range(window.kernel[1]):
            x_outputs, x_inputs = columns.overlap(column)
            if y_outputs.start < y_outputs.stop and x_outputs.start < x_outputs.stop:
                yield Tap(row, column, (y_outputs, x_outputs), (y_inputs, x_inputs))
