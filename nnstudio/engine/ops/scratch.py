"""Arrays that the primitives work in, kept so that a step allocates nothing as large as a batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

Array = Any


class ScratchOps:
    """What all primitives share: the array module and its scratch arrays.

    Every thread has scratch arrays of its own.
    """

    xp: Any = np
    block_bytes = 1 << 20
    """Scratch that is filled and used up at a time; it should stay in a core's own cache."""

    def __init__(self) -> None:
        self._pools = _Pools()

    def scratch(self, slot: int, shape: tuple[int, ...], dtype: Any) -> Array:
        """A reusable array that may hold anything."""
        size = 1
        for length in shape:
            size *= length
        key = (slot, np.dtype(dtype))
        pools = self._pools.by_slot
        pool = pools.get(key)
        if pool is None or pool.size < size:
            pool = pools[key] = self.xp.empty(size, dtype)
        return pool[:size].reshape(shape)

    def parts(self, length: int, item_bytes: int, room: int | None = None) -> Iterator[slice]:
        """Consecutive parts of ``length`` items that fit into ``room`` bytes, one item at least.

        Args:
            length: How many items.
            item_bytes: Bytes of one.
            room: Bytes of a part; None for ``block_bytes``.
        """
        step = max(1, (room or self.block_bytes) // max(1, item_bytes))
        return (slice(start, min(start + step, length)) for start in range(0, length, step))

    def row_sum(self, matrix: Array, slot: int, out: Array | None = None) -> Array:
        """``Σ rows``: ``(rows, F) -> (F,)``, as ``ones @ matrix``, many times as fast as a sum.

        Args:
            matrix: The rows.
            slot: A free scratch array.
            out: Where to; None for a new array.
        """
        ones = self.scratch(slot, matrix.shape[:1], matrix.dtype)
        ones[...] = 1
        return self.xp.matmul(ones, matrix, out=out)


class _Pools(threading.local):
    """The arrays of the thread that looks."""

    def __init__(self) -> None:
        self.by_slot: dict[tuple[int, Any], Array] = {}
