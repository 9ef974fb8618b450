"""Varied samples for the compiled path: NumPy varies a few batches, and the kernels take them from there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.data.batches import Gather, Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.ops.jit.operands import Samples

MOST_BYTES = 16 << 20
"""Memory that varied samples may take while they wait; one batch may take more."""
MOST_BATCHES = 32


class VariedSamples:
    """Room for the varied samples of a few batches.

    Args:
        part: The training samples.
        augmentation: How to vary them.
        batch: Samples of a batch.
        seed: Seed of the run.
        classes: How many classes there are.

    Attributes:
        samples: The room, as the kernels read it; raw values in float32.
        batches: Batches that fit.
    """

    def __init__(
        self, part: Part, augmentation: AugmentationSpec, batch: int, seed: int, classes: int
    ) -> None:
        self._batch = batch
        self._gather = Gather(part, Scaling(), batch, augmentation=augmentation, seed=seed)
        features = int(np.prod(part.shape))
        self.batches = max(1, min(MOST_BATCHES, MOST_BYTES // (4 * features * batch)))
        Samples(part.x, part.y, classes)  # its labels are those that will come
        room = (self.batches * batch, features)
        self.samples = Samples(np.zeros(room, np.float32), np.zeros(room[0], np.int64), classes)

    def fill(self, positions: NDArray[np.int64], epoch: int) -> NDArray[np.int64]:
        """Varies the samples at some positions of the part; gives their rows in the room."""
        assert self.samples.labels is not None
        for start in range(0, len(positions), self._batch):
            chosen = positions[start : start + self._batch]
            part = slice(start, start + len(chosen))
            self.samples.x[part] = self._gather.x(chosen, epoch).reshape(len(chosen), -1)
            self.samples.labels[part] = self._gather.labels(chosen)
        return np.arange(len(positions))
