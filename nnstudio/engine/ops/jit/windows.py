"""How convolutions run on the microkernel: the plans that ``kernels.convolution`` and its gradient read.

A plan is an array of integers: strides in bytes, sizes, and addresses of tables that it keeps alive.
All of it follows from a :class:`~nnstudio.core.window.Window` and the sizes of an image, so that no place
outside an image is ever written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.window import Axis, Window
from nnstudio.engine.ops.jit.kernels import convolution_gradient as gradient_plan
from nnstudio.engine.ops.jit.kernels.convolution import FIRST_PHASE, STRIPE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT

_REGISTER = 16
"""Floats that a transposed kernel's rows are rounded up to: the longest register's."""
_NEAR_BYTES = 24 * 1024
"""Bytes of ``dz`` that stay in the first-level cache while the taps pass by."""

Image = tuple[int, int, int]
"""Height, width and channels."""
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
class Convolution:
    """A convolution of images of one size, ``(H, W, C) -> (oH, oW, F)``.

    Attributes:
        window: How the kernel slides.
        image: Size of the input.
        filters: Channels of the output.
        groups: Parts that channels and filters are cut into.
    """

    window: Window
    image: Image
    filters: int
    groups: int = 1

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The window along the rows and along the columns."""
        return self.window.axes(*self.image[:2])

    @property
    def output(self) -> Image:
        """Size of the output."""
        rows, columns = self.axes
        return rows.outputs, columns.outputs, self.filters

    @property
    def transposed_row(self) -> int:
        """Floats of a row of the transposed kernel, of which a tap has one per filter."""
        return min(STRIPE, _rounded(self.image[2] // self.groups))

    @property
    def transposed_tap(self) -> int:
        """Floats of a tap in a stripe of the transposed kernel."""
        return _rounded(self.filters) * self.transposed_row

    @property
    def transposed_stripe(self) -> int:
        """Floats of a stripe of the transposed kernel."""
        return self.window.taps * self.transposed_tap

    @property
    def transposed_size(self) -> int:
        """Floats of the transposed kernel."""
        return -(-self.image[2] // self.groups // STRIPE) * self.transposed_stripe

    @property
    def packed_size(self) -> int:
        """Floats of the kernel where its columns are cut into stripes; 0 where it is used as it is."""
        if self.groups > 1 or self.filters <= STRIPE:
            return 0
        return -(-self.filters // STRIPE) * STRIPE * self.window.taps * self.image[2]

    def flattened(self) -> Convolution:
        """The same with all pixels in one row, where each output sees the pixel at its own place alone."""
        if not self.window.is_pointwise:
            return self
        height, width, channels = self.image
        return Convolution(self.window, (1, height * width, channels), self.filters, self.groups)

    def forward(self) -> Plan:
        """``x -> x ∗ kernel``."""
        rows, columns = self.axes
        channels, group = self.image[2], self.image[2] // self.groups
        reached = [(axis.outputs - 1) * axis.stride + axis.reach for axis in (rows, columns)]
        source = Source(self.image, (rows.before, columns.before), (reached[0], reached[1]))
        pixel = FLOAT * channels
        kernel = self.window.kernel
        places = [
            (y * rows.dilation * source.row + x * columns.dilation * pixel, y * kernel[1] + x)
            for y in range(kernel[0])
            for x in range(kernel[1])
        ]
        depth = group
        if self.groups == 1 and columns.dilation == 1:
            places, depth = places[:: kernel[1]], kernel[1] * group
        filters = self.filters // self.groups
        kernel_row, stripe = FLOAT * self.filters, FLOAT * STRIPE
        if self.packed_size:
            kernel_row, stripe = FLOAT * STRIPE, FLOAT * STRIPE * self.window.taps * channels
        phase = _Phase(
            target=(0, FLOAT * columns.outputs * self.filters, FLOAT * self.filters),
            size=(rows.outputs, columns.outputs),
            source=(rows.stride * source.row, columns.stride * pixel),
            depth=depth,
            offsets=[(place, kernel_row * tap * group) for place, tap in places],
        )
        layout = (self.groups, FLOAT * group, FLOAT * filters, filters, kernel_row, stripe)
        return source.plan(layout, [phase])

    def backward(self) -> Plan:
        """``dz -> dx``, with the kernel flipped and transposed."""
        rows, columns = self.axes
        ahead = _ahead(rows), _ahead(columns)
        reached = _reached(rows, ahead[0]), _reached(columns, ahead[1])
        source = Source(self.output, ahead, reached)
        filters, group = self.filters // self.groups, self.image[2] // self.groups
        phases = [
            self._phase(source, ahead, y, x)
            for y in range(min(rows.stride, rows.size))
            for x in range(min(columns.stride, columns.size))
        ]
        row = FLOAT * self.transposed_row
        layout = (self.groups, FLOAT * filters, filters * row, group, row, FLOAT * self.transposed_stripe)
        return source.plan(layout, phases)

    def _phase(self, source: Source, ahead: tuple[int, int], y: int, x: int) -> _Phase:
        """The input pixels ``(y + i·sy, x + j·sx)``."""
        rows, columns = self.axes
        channels, pixel = self.image[2], FLOAT * self.filters
        shifts = [
            (row + ahead[0], column + ahead[1], ky * self.window.kernel[1] + kx)
            for ky, row in _shifts(rows, y)
            for kx, column in _shifts(columns, x)
        ]
        shifts = [(row, column, self.window.taps - 1 - tap) for row, column, tap in reversed(shifts)]
        depth = self.filters // self.groups
        if (
            self.groups == 1
            and columns.stride == columns.dilation == 1
            and self.filters == _rounded(self.filters)
        ):
            shifts, depth = shifts[:: self.window.kernel[1]], depth * self.window.kernel[1]
        return _Phase(
            target=(
                FLOAT * channels * (y * columns.size + x),
                FLOAT * channels * columns.size * rows.stride,
                FLOAT * channels * columns.stride,
            ),
            size=(-(-(rows.size - y) // rows.stride), -(-(columns.size - x) // columns.stride)),
            source=(source.row, pixel),
            depth=depth,
            offsets=[
                (row * source.row + column * pixel, FLOAT * tap * self.transposed_tap)
                for row, column, tap in shifts
            ],
        )

    def gradient(self, batch: int, x_sample: int, dz_sample: int) -> Plan:
        """``x, dz -> d kernel``.

        Args:
            batch: Most samples.
            x_sample: Stride of x by sample, in bytes.
            dz_sample: That of dz.
        """
        rows, columns = self.axes
        height, width, filters = self.output
        channels, pixel = self.image[2], FLOAT * self.filters
        row_bytes = width * min(filters, 4 * _REGISTER) * FLOAT
        at_a_time = max(1, min(height, _NEAR_BYTES // row_bytes))
        samples = max(1, _NEAR_BYTES // (row_bytes * height)) if at_a_time == height else 1
        integers = [
            *(self.window.kernel[1], self.window.taps, self.groups),
            *(channels // self.groups, filters // self.groups),
            *(FLOAT * channels * columns.stride, pixel, height, samples, at_a_time),
        ]
        number = np.arange(batch)[:, None]
        tables: list[Integers] = []
        for tap in range(self.window.kernel[0]):
            outputs, inputs = rows.overlap(tap)
            along = np.arange(outputs.start, outputs.stop)
            under = np.arange(inputs.start, inputs.stop, rows.stride)
            in_x = (number * x_sample + under * columns.size * channels * FLOAT).ravel().astype(np.int64)
            in_dz = (number * dz_sample + along * width * pixel).ravel().astype(np.int64)
            tables += [in_x, in_dz]
            integers += [outputs.start, len(along), in_x.ctypes.data, in_dz.ctypes.data]
        for tap in range(self.window.kernel[1]):
            outputs, inputs = columns.overlap(tap)
            integers += [FLOAT * channels * inputs.start, pixel * outputs.start, outputs.stop - outputs.start]
        assert len(integers) == (
            gradient_plan.FIRST_TAP_ROW
            + gradient_plan.TAP_ROW * self.window.kernel[0]
            + gradient_plan.TAP_COLUMN * self.window.kernel[1]
        )
        tile = max(gradient_plan.KERNEL_TILE, filters)
        return Plan(np.array(integers, np.int64), tuple(tables), tile)


@dataclass(frozen=True)
class _Phase:
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
    """

    image: Image
    ahead: tuple[int, int]
    reached: tuple[int, int]

    @property
    def padded(self) -> bool:
        """The window reaches beyond them, so that they must be copied."""
        inside = all(r <= size for r, size in zip(self.reached, self.image[:2], strict=True))
        return any(self.ahead) or not inside

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
        return [FLOAT * channels * width, rows, run, inside, self.row, self.size]

    def plan(self, layout: tuple[int, int, int, int, int, int], phases: list[_Phase]) -> Plan:
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


def _shifts(axis: Axis, place: int) -> Iterator[tuple[int, int]]:
    """The taps that meet input ``place + i·stride`` at output ``i + shift``, and their shift."""
    taps = (axis.reach - 1) // axis.dilation + 1
    for tap in range(taps):
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


def _rounded(floats: int) -> int:
    return -(-floats // _REGISTER) * _REGISTER
