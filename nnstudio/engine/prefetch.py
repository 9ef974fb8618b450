"""The next batch is fetched while the present one is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.batches import Gather
from nnstudio.engine.crew import Crew

LEAST_BYTES = 300_000
"""Scaled samples from which it pays to fetch a batch ahead, where threads share in the work at all."""

Rows = NDArray[np.int64]
Batch = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Samples ``(n, *shape)`` and labels ``(n,)``."""


class Prefetch:
    """Two gathers take turns, so that a batch is still there while the next is on its way.

    Args:
        make: Makes a gather; they are all of the same samples.
        sample_bytes: Bytes of a scaled sample.
        crew: Its threads fetch when they have nothing else to do.
    """

    def __init__(self, make: Callable[[], Gather], sample_bytes: int, crew: Crew) -> None:
        self._free, self._other = make(), make()
        self._sample_bytes, self._crew = sample_bytes, crew
        self._coming: _Coming | None = None

    def batch(self, rows: Rows, following: Rows, epoch: int) -> Batch:
        """The batch at some positions; from now on the following one may be fetched.

        Args:
            rows: Positions of its samples.
            following: Those of the batch that is asked for next; none if that is unknown.
            epoch: Number of the epoch of both.

        Returns:
            Arrays that stay as they are until the next call.
        """
        ahead = self._crew.threads > 1 and len(rows) * self._sample_bytes >= LEAST_BYTES
        coming, self._coming = self._coming, None
        if coming is None and not ahead:
            return self._free.x(rows, epoch), self._free.labels(rows)
        if coming is None or not coming.is_of(rows, epoch):
            if coming is not None:
                coming.wait()  # so that nobody writes to its arrays any more
            coming = self._begin(rows, epoch)
        if ahead and len(following):
            self._coming = self._begin(following, epoch)
        coming.wait()
        return coming.batch

    def _begin(self, rows: Rows, epoch: int) -> _Coming:
        gather, self._free, self._other = self._free, self._other, self._free
        pieces, x = gather.pieces(rows, epoch)
        return _Coming(rows, epoch, (x, gather.labels(rows)), self._crew.begin(pieces))


@dataclass(frozen=True)
class _Coming:
    """A batch on its way."""

    rows: Rows
    epoch: int
    batch: Batch
    wait: Callable[[], None]

    def is_of(self, rows: Rows, epoch: int) -> bool:
        return epoch == self.epoch and np.array_equal(rows, self.rows)
