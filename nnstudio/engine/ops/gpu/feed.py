"""Batches on the device: the data lie there once, as they are, and every batch is picked and scaled there.

Where they don't fit, or samples are varied (which NumPy does), batches come from the host instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.data.batches import Gather, Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.ops.gpu.device import Device
from nnstudio.engine.ops.gpu.ops import GpuOps

Array = Any

DATA_SHARE = 0.4
"""Share of the memory that the data may take."""


class Residents:
    """Data that lie on the device, whatever parts of them are used.

    Args:
        device: Where.
    """

    def __init__(self, device: Device) -> None:
        self._device, self._room = device, int(DATA_SHARE * device.memory)
        self._kept: dict[tuple[int, int], tuple[Array, Array]] = {}

    def of(self, part: Part) -> tuple[Array, Array] | None:
        """All samples ``(rows, features)`` and labels ``(rows,)`` behind a part; None if there is no room."""
        key = (part.x.ctypes.data, part.y.ctypes.data)
        if key not in self._kept:
            if part.x.nbytes > self._room:
                return None
            self._room -= part.x.nbytes
            x = self._device.upload(part.x.reshape(len(part.x), -1))
            self._kept[key] = (x, self._device.upload(part.y.astype(np.int32)))
        return self._kept[key]

    @property
    def bytes(self) -> int:
        """What they take."""
        return sum(int(x.nbytes) for x, _ in self._kept.values())


class Feed:
    """Batches of a part, scaled, in an array that the next one overwrites.

    Args:
        ops: The primitives.
        part: Where the samples come from.
        scaling: How they become the network's input.
        batch: Samples of a batch at most.
        residents: The data on the device.
        augmentation: How samples are varied, for training alone.
        seed: Seed of the run.

    Attributes:
        most_batches: As many as one :meth:`begin` takes.
        labels: Those of all batches begun, on the device.
    """

    def __init__(
        self,
        ops: GpuOps,
        part: Part,
        scaling: Scaling,
        batch: int,
        residents: Residents,
        augmentation: AugmentationSpec | None = None,
        seed: int = 0,
    ) -> None:
        self._ops, self._part, self._batch = ops, part, batch
        varied = augmentation is not None and augmentation.active
        self._resident = None if varied else residents.of(part)
        self._out = ops.xp.empty((batch, *part.shape), np.float32)
        self.most_batches = -(-len(part) // batch)
        room = self.most_batches * batch
        self._rows, self.labels = ops.xp.zeros(room, np.int64), ops.xp.zeros(room, np.int32)
        self._gather: Gather | None = None
        if self._resident is None:
            self._gather = Gather(part, scaling, batch, augmentation=augmentation, seed=seed)
            return
        self._kernel = "gather_bytes" if part.x.dtype == np.uint8 else "gather_floats"
        self._offset, self._scale = map(ops.device.upload, _offset_and_scale(scaling))

    @property
    def from_host(self) -> bool:
        """Samples come from the host."""
        return self._gather is not None

    def begin(self, positions: NDArray[np.int64], epoch: int = 0) -> None:
        """Says which samples come next.

        Args:
            positions: Positions in the part, batch behind batch; no more than it has.
            epoch: Number of the epoch.
        """
        self._positions, self._epoch, device = positions, epoch, self._ops.device
        if self._resident is None:
            self.labels[: len(positions)] = device.upload(self._part.labels[positions].astype(np.int32))
            return
        rows = self._part.rows(positions)  # NumPy checks the positions here
        self._rows[: len(rows)] = device.upload(rows)
        arguments = (self._resident[1], self._rows, self.labels, len(positions))
        self._ops.launch.each("gather_labels", len(positions), *arguments)

    def fetch(self, number: int) -> None:
        """Brings the samples of a batch from the host."""
        assert self._gather is not None
        x = self._gather.x(self._positions[self._lines(number)], self._epoch)
        self._out[: len(x)] = self._ops.device.upload(x)

    def samples(self, n: int, clock: Array) -> Array:
        """The scaled samples of the step that a clock shows, ``(n, *shape)``; see :class:`.clock.Clock`.

        From the host they are those of :meth:`fetch`.
        """
        return self._samples(n, self._rows, clock)

    def batch(self, number: int) -> tuple[Array, Array]:
        """The samples and labels of a batch, counted from 0."""
        here = self._lines(number)
        if self.from_host:
            self.fetch(number)
        return self._samples(here.stop - here.start, self._rows[here], None), self.labels[here]

    def _lines(self, number: int) -> slice:
        start = number * self._batch
        return slice(start, min(start + self._batch, len(self._positions)))

    def _samples(self, n: int, rows: Array, clock: Array | None) -> Array:
        out = self._out[:n]
        if self._resident is not None:
            x = self._resident[0]
            arrays = (x, rows, clock, self._offset, self._scale, out)
            shape = (n, x.shape[1], len(self._offset), self._batch)
            self._ops.launch.each(self._kernel, out.size, *arrays, *shape)
        return out


def _offset_and_scale(scaling: Scaling) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Offset and scale, equally many of both."""
    offset, scale = (np.atleast_1d(np.array(v, np.float32)) for v in (scaling.offset, scaling.scale))
    length = max(len(offset), len(scale))
    return np.resize(offset, length), np.resize(scale, length)
