"""Where a block of steps is, kept on the device.

From step to step the same kernels work on the same arrays: that is what lets a step be captured once and
started again as a whole. What changes they look up by the clock, in tables that hold a block of steps: the
rows of the batch, its labels, the optimizer's numbers; and the keys of random numbers follow from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.gpu.device import Device
from nnstudio.engine.ops.noise import mix

Array = Any


class Clock:
    """Counts the steps of a block; see ``kernels/common.cu``, whose kernels read and move it.

    Args:
        device: Where it is kept.

    Attributes:
        now: ``(3,)`` int64 on the device: the step of the batch under way, counted from 0 within the block;
            the step whose gradients are under way; and the steps of the run in front of the block.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self.now = device.upload(np.zeros(3, np.int64))

    def begin(self, done: int) -> None:
        """A block begins.

        Args:
            done: Steps of the run in front of it.
        """
        self.now[...] = self._device.upload(np.array([0, 0, done], np.int64))


class ClockNoise:
    """A source of random numbers (see ``engine.ops.noise``) whose keys follow from a clock.

    Args:
        seed: Seed of the run.
        clock: Counts the steps.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed, self._clock = mix(seed), clock

    def key(self, number: int) -> int:
        """See ``NoiseSource.key``."""
        return ClockKey(self._seed, number + 1, self._clock)


class ClockKey(int):
    """What a kernel makes a layer's key of, in each step anew.

    Attributes:
        layer: Number of the layer, from 1.
        clock: Counts the steps.
    """

    layer: int
    clock: Clock

    def __new__(cls, seed: int, layer: int, clock: Clock) -> ClockKey:
        """The key's part that doesn't change is its value as a number."""
        key = super().__new__(cls, seed)
        key.layer, key.clock = layer, clock
        return key
