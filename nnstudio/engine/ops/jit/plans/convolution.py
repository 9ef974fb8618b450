"""The plans of convolutions on the image itself; see ``kernels.convolution`` and its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnstudio.core.window import Axis, Window
from nnstudio.engine.ops.jit.kernels import convolution_gradient as gradient_plan
from nnstudio.engine.ops.jit.kernels.convolution import STRIPE
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.plans.windows import (
    Image,
    Integers,
    Meeting,
    Phase,
    Plan,
    Source,
    backward_source,
    forward_source,
    meetings,
)

_REGISTER = 16
"""Floats that a transposed kernel's rows are rounded up to: the longest register's."""
_FEW_CHANNELS = 4
"""Channels up to which the pixels under the taps are copied side by side for the kernel's gradient."""
_LEAST_SAVED = 8
"""How many times as large as the kernel a sample's ``dz`` must be to keep the gradients of samples apart."""
_COLUMNS = 1 << 15
"""Floats of such columns at a time."""
_NEAR_BYTES = 24 * 1024
"""Bytes of ``dz`` that stay in the first-level cache while the taps pass by."""


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

    @property
    def adds_up_later(self) -> bool:
        """Whether every sample's gradient of the kernel is found by itself: there is little to it."""
        height, width, filters = self.output
        size = self.window.taps * self.image[2] * filters
        few = self.groups == 1 and self.image[2] <= _FEW_CHANNELS
        return few and _LEAST_SAVED * size <= height * width * filters

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
        source, pixel, kernel = forward_source(self.axes, channels), FLOAT * channels, self.window.kernel
        places = [
            (y * rows.dilation * source.row + x * columns.dilation * pixel, y * kernel[1] + x)
            for y in range(kernel[0])
            for x in range(kernel[1])
        ]
        depth = group
        if self.groups == 1 and columns.dilation == 1:  # what lies under a row of the window is one run
            places, depth = places[:: kernel[1]], kernel[1] * group
        filters = self.filters // self.groups
        kernel_row, stripe = FLOAT * self.filters, FLOAT * STRIPE
        if self.packed_size:
            kernel_row, stripe = FLOAT * STRIPE, FLOAT * STRIPE * self.window.taps * channels
        phase = Phase(
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
        source = backward_source(self.axes, self.filters)
        filters, group = self.filters // self.groups, self.image[2] // self.groups
        row = FLOAT * self.transposed_row
        layout = (self.groups, FLOAT * filters, filters * row, group, row, FLOAT * self.transposed_stripe)
        return source.plan(layout, [self._phase(source, met) for met in meetings(self.axes, source)])

    def _phase(self, source: Source, met: Meeting) -> Phase:
        """Input pixels that meet the same taps."""
        rows, columns = self.axes
        channels, pixel = FLOAT * self.image[2], FLOAT * self.filters
        shifts = [(y, x, self.window.taps - 1 - tap) for y, x, tap in met.shifts]
        depth = self.filters // self.groups
        gapless = columns.stride == columns.dilation == 1 and self.filters == _rounded(self.filters)
        if gapless and self.groups == 1:
            shifts, depth = shifts[:: self.window.kernel[1]], depth * self.window.kernel[1]
        return Phase(
            target=(
                channels * (met.row * columns.size + met.column),
                channels * columns.size * rows.stride,
                channels * columns.stride,
            ),
            size=met.size,
            source=(source.row, pixel),
            depth=depth,
            offsets=[(y * source.row + x * pixel, FLOAT * tap * self.transposed_tap) for y, x, tap in shifts],
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
        taps, in_columns = self.window.taps * channels, 0
        if self.groups == 1 and channels <= _FEW_CHANNELS:
            in_columns = max(1, min(height, _COLUMNS // (taps * width)))
        integers = [
            *(self.window.kernel[1], self.window.taps, self.groups),
            *(channels // self.groups, filters // self.groups),
            *(FLOAT * channels * columns.stride, pixel, height, samples, at_a_time),
            *(width, in_columns),
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
        scratch = max(gradient_plan.KERNEL_TILE, filters) + taps * (in_columns * width + gradient_plan.GAP)
        return Plan(np.array(integers, np.int64), tuple(tables), scratch)


def _rounded(floats: int) -> int:
    return -(-floats // _REGISTER) * _REGISTER
