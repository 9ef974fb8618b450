"""The plans of depthwise convolution; see ``kernels.depthwise`` and :mod:`.windows`."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.core.window import Window
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.plans.windows import (
    Image,
    Phase,
    Plan,
    backward_source,
    forward_source,
    meetings,
)


@dataclass(frozen=True)
class Depthwise:
    """A depthwise convolution of images of one size, ``(H, W, C) -> (oH, oW, C·M)``.

    Attributes:
        window: How the kernel slides.
        image: Size of the input.
        multiplier: Filters per channel, M.
    """

    window: Window
    image: Image
    multiplier: int = 1

    @property
    def filters(self) -> int:
        """Channels of the output."""
        return self.image[2] * self.multiplier

    def forward(self) -> Plan:
        """``x -> x ∗ kernel``, and the kernel's gradient."""
        rows, columns = self.window.axes(*self.image[:2])
        source = forward_source((rows, columns), self.filters, self.multiplier)
        pixel = FLOAT * self.filters
        taps = [(y, x) for y in range(self.window.kernel[0]) for x in range(self.window.kernel[1])]
        phase = Phase(
            target=(0, pixel * columns.outputs, pixel),
            size=(rows.outputs, columns.outputs),
            source=(rows.stride * source.row, columns.stride * pixel),
            depth=0,
            offsets=[
                (y * rows.dilation * source.row + x * columns.dilation * pixel, pixel * tap)
                for tap, (y, x) in enumerate(taps)
            ],
        )
        return source.plan((1, 0, 0, self.filters, 0, 0), [phase])

    def backward(self) -> Plan:
        """``dz -> dx``, with M gradients for every channel."""
        axes, pixel = self.window.axes(*self.image[:2]), FLOAT * self.filters
        source = backward_source(axes, self.filters)
        phases = [
            Phase(
                target=(
                    pixel * (met.row * axes[1].size + met.column),
                    pixel * axes[1].size * axes[0].stride,
                    pixel * axes[1].stride,
                ),
                size=met.size,
                source=(source.row, pixel),
                depth=0,
                offsets=[(y * source.row + x * pixel, pixel * tap) for y, x, tap in met.shifts],
            )
            for met in meetings(axes, source)
        ]
        plan = source.plan((1, 0, 0, self.filters, 0, 0), phases)
        room = self.image[0] * self.image[1] * self.filters
        return Plan(plan.integers, plan.tables, plan.scratch + room)
