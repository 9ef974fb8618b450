"""The next batch is fetched while the present one is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.batches import Gather
from nnstudio.engine.crew import Crew

LEAST_BYTES = 300_000
"""Scaled samples from which a batch is fetched ahead; fewer are there before it has been arranged."""

Rows = NDArray[np.int64]
Batch = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Samples ``(n, *shape)`` and labels ``(n,)``."""


class Prefetch:
    """Two gathers take turns, so that a batch is still there while the next is on its way.

    Args:
        make: Makes a gather; they are all of the same samples.
        crew: Its threads fetch when they have nothing else to do.
    """

    def __init__(self, make: Callable[[], Gather], crew: Crew) -> None:
        self._free, self._other = make(), make()
        self._crew = crew
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
        coming, self._coming = self._coming, None
        if coming is None or not coming.is_of(rows, epoch):
            if coming is not None:
                coming.wait()  # so that nobody writes to its arrays any more
            coming = self._begin(rows, epoch)
        if len(following) and coming.batch[0].nbytes >= LEAST_BYTES:
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
