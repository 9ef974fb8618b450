"""Windows on images in bytes: what the compiled convolutions read of a :class:`~nnstudio.core.window.Window`.

A plan is an array of integers: strides in bytes, sizes, and addresses of tables that it keeps alive.
All of it follows from a window and the sizes of an image, so that no place outside an image is ever
written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.window import Axis
from nnstudio.engine.ops.jit.kernels.convolution import FIRST_PHASE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT

Image = tuple[int, int, int]
"""Height, width and channels."""
Axes = tuple[Axis, Axis]
"""A window along the rows and along the columns."""
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plan:
    """Integers for a compiled function.

    Attributes:
        integers: What it reads.
        tables: Arrays whose addresses are among them.
        scratch: Floats of scratch that a thread needs.
    """

    integers: Integers
    tables: tuple[Integers, ...]
    scratch: int = 0


@dataclass(frozen=True)
class Phase:
    """Pixels of the target that see the same taps. Everything but sizes in bytes.

    Attributes:
        target: Place of the first pixel, stride by row, stride by pixel.
        size: Rows, pixels of each.
        source: Stride by row and by pixel of the window.
        depth: Values of a product's shared dimension.
        offsets: Of each product, in the source and in the kernel.
    """

    target: tuple[int, int, int]
    size: tuple[int, int]
    source: tuple[int, int]
    depth: int
    offsets: list[tuple[int, int]]


@dataclass(frozen=True)
class Source:
    """Images that a window slides over.

    Attributes:
        image: Their size.
        ahead: Rows and columns of zeros in front of them.
        reached: Rows and columns that the window reaches over, those in front included.
        repeated: How often each channel stands side by side; the images to be copied have it once.
    """

    image: Image
    ahead: tuple[int, int]
    reached: tuple[int, int]
    repeated: int = 1

    @property
    def padded(self) -> bool:
        """The window reaches beyond them, so that they must be copied; or their channels are repeated."""
        inside = all(r <= size for r, size in zip(self.reached, self.image[:2], strict=True))
        return any(self.ahead) or not inside or self.repeated > 1

    @property
    def row(self) -> int:
        """Stride by row of what the window slides over, in bytes."""
        return FLOAT * self.image[2] * (self.reached[1] if self.padded else self.image[1])

    @property
    def size(self) -> int:
        """Floats of the padded image, 0 where there is none."""
        return self.reached[0] * self.reached[1] * self.image[2] if self.padded else 0

    def integers(self) -> list[int]:
        """How an image is copied into a padded one."""
        height, width, channels = self.image
        rows = min(height, self.reached[0] - self.ahead[0])
        run = channels * min(width, self.reached[1] - self.ahead[1])
        inside = self.ahead[0] * self.row + FLOAT * channels * self.ahead[1]
        return [FLOAT * channels * width // self.repeated, rows, run, inside, self.row, self.size]

    def plan(self, layout: tuple[int, int, int, int, int, int], phases: list[Phase]) -> Plan:
        """The integers.

        Args:
            layout: Groups; bytes from a group's channels to the next one's in source and kernel; channels of
                a group in the target; bytes of a row and of a stripe of the kernel.
            phases: The phases.
        """
        integers = [*self.integers(), *layout, len(phases)]
        assert len(integers) == FIRST_PHASE
        tables: list[Integers] = []
        for phase in phases:
            offsets = np.array(phase.offsets, np.int64).reshape(-1, 2).T.copy()
            tables.append(offsets)
            places = [row.ctypes.data for row in offsets]
            integers += [*phase.target, *phase.size, *phase.source, phase.depth, len(phase.offsets), *places]
        return Plan(np.array(integers, np.int64), tuple(tables), self.size)


@dataclass(frozen=True)
class Meeting:
    """Input pixels ``(row + i·sy, column + j·sx)`` and the outputs whose windows they lie under.

    Attributes:
        row: The first pixel's row.
        column: Its column.
        size: Rows and columns of such pixels.
        shifts: How far from output ``(i, j)`` a tap meets them, down and right, counted from where the zeros
            in front of the outputs begin, and the tap's number; the last tap first.
    """

    row: int
    column: int
    size: tuple[int, int]
    shifts: list[tuple[int, int, int]]


def forward_source(axes: Axes, channels: int, repeated: int = 1) -> Source:
    """The input images, as a window slides over them."""
    rows, columns = ((axis.outputs - 1) * axis.stride + axis.reach for axis in axes)
    image, ahead = (axes[0].size, axes[1].size, channels), (axes[0].before, axes[1].before)
    return Source(image, ahead, (rows, columns), repeated)


def backward_source(axes: Axes, channels: int) -> Source:
    """The outputs' gradients with the zeros around them that the input's gradient needs."""
    ahead = _ahead(axes[0]), _ahead(axes[1])
    reached = _reached(axes[0], ahead[0]), _reached(axes[1], ahead[1])
    return Source((axes[0].outputs, axes[1].outputs, channels), ahead, reached)


def meetings(axes: Axes, source: Source) -> Iterator[Meeting]:
    """All input pixels, by the remainder of their place.

    Args:
        axes: The window.
        source: The outputs' gradients.
    """
    rows, columns = axes
    width = _taps(columns)
    for y in range(min(rows.stride, rows.size)):
        for x in range(min(columns.stride, columns.size)):
            shifts = [
                (down + source.ahead[0], right + source.ahead[1], ky * width + kx)
                for ky, down in _shifts(rows, y)
                for kx, right in _shifts(columns, x)
            ]
            size = (-(-(rows.size - y) // rows.stride), -(-(columns.size - x) // columns.stride))
            yield Meeting(y, x, size, shifts[::-1])


def _taps(axis: Axis) -> int:
    return (axis.reach - 1) // axis.dilation + 1


def _shifts(axis: Axis, place: int) -> Iterator[tuple[int, int]]:
    """The taps that meet input ``place + i·stride`` at output ``i + shift``, and their shift."""
    for tap in range(_taps(axis)):
        shift, rest = divmod(place + axis.before - tap * axis.dilation, axis.stride)
        if rest == 0:
            yield tap, shift


def _ahead(axis: Axis) -> int:
    """Zeros that the input's gradient needs in front of ``dz``."""
    places = range(min(axis.stride, axis.size))
    return max([0, *(-shift for place in places for _, shift in _shifts(axis, place))])


def _reached(axis: Axis, ahead: int) -> int:
    """Values of ``dz`` that the input's gradient reaches over, those in front and all of ``dz`` included."""
    ends = [
        shift + -(-(axis.size - place) // axis.stride)
        for place in range(min(axis.stride, axis.size))
        for _, shift in _shifts(axis, place)
    ]
    return ahead + max([axis.outputs, *ends])
