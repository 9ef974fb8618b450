"""How many threads compute: those of NumPy's BLAS, and our own."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from nnstudio.engine.room import room_wanted

SOONEST, LATEST = 2, 64
"""Runs until another number of threads is tried: after a change, and after many tries in vain."""
WORTH = 0.95
"""Share of the time per sample that another number of threads must stay below to be taken."""
MEMORY = 0.7
"""How much of the measured time per sample is remembered."""

_lock = threading.Lock()
_holders: list[object] = []
_limits: Any = None


def most_threads() -> int:
    """Threads to use at most: the physical cores, or ``$NNSTUDIO_THREADS``."""
    chosen = os.environ.get("NNSTUDIO_THREADS", "")
    if chosen.isdigit() and int(chosen) > 0:
        return int(chosen)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(physical_cores(), allowed))


@cache
def physical_cores() -> int:
    """Those of the machine, whether this process may use them or not."""
    import psutil

    return psutil.cpu_count(logical=False) or 1


class ThreadCount:
    """Finds out how many threads are best.

    Threads that wait for each other lose more than they gain where something else keeps a core busy,
    and for very small networks. So now and then another number is tried for one run: soon after a change,
    as what called for it may have passed, and less often the longer nothing better is found. While
    somebody waits for an answer (see ``engine.room``) a core is left free, and nothing is learnt of that.

    Args:
        most: Threads to use at most.
    """

    def __init__(self, most: int) -> None:
        self.sizes = sorted({1, most, *(1 << n for n in range(most.bit_length()) if 1 << n < most)})
        self.size = most
        self._cost = 0.0  # seconds per sample with this size; 0 before the first run
        self._wait = self._left = SOONEST
        self._tries = 0
        self._crowded = False  # the present run leaves room

    def next_size(self) -> int:
        """The best size so far; a neighbour of it now and then, or what leaves a core free."""
        self._crowded = room_wanted()
        if self._crowded:
            return self.with_room(self.size)
        self._left -= 1
        if len(self.sizes) == 1 or self._left > 0 or not self._cost:
            return self.size
        self._tries += 1
        place = self.sizes.index(self.size)
        neighbours = [self.sizes[i] for i in (place - 1, place + 1) if 0 <= i < len(self.sizes)]
        return neighbours[self._tries % len(neighbours)]

    @property
    def about_to_try(self) -> bool:
        """The next run tries another number, most likely in vain: it may be a short one."""
        return len(self.sizes) > 1 and self._left <= 1 and self._cost > 0

    def with_room(self, size: int) -> int:
        """A number of threads, or less than there are cores while somebody waits for an answer."""
        return min(size, max(1, self.sizes[-1] - 1)) if room_wanted() else size

    def learn(self, size: int, cost: float) -> None:
        """Takes in what a run cost, which was one of the present size or a try of another.

        Args:
            size: Its threads.
            cost: Its seconds, by any measure of how much was done.
        """
        if self._crowded:
            return
        if size == self.size:
            self._cost = MEMORY * self._cost + (1 - MEMORY) * cost if self._cost else cost
            return
        if cost < WORTH * self._cost:
            self.size, self._cost, self._wait = size, cost, SOONEST
        else:
            self._wait = min(LATEST, 2 * self._wait)
        self._left = self._wait


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS on the calling thread inside the block.

    A training step is many small matrix products. Spread over two cores by BLAS they gain little on an
    idle machine, and wait for each other as soon as anything else runs (measured beside one busy
    process: three to four times slower than on one thread). With one thread per product, the same seed
    gives the same bits whatever the number of cores; a :class:`~nnstudio.engine.crew.Crew` may compute
    several products at the same time.

    The limit is the process's. Of blocks that overlap on several threads the first sets it and the last
    one lifts it, so that none loses it halfway.
    """
    holder = object()
    _enter(holder)
    try:
        yield
    finally:
        _leave(holder)


@cache
def _blas() -> Any:
    """NumPy's BLAS, looked for once: that takes longer than a small network's forward pass."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _enter(holder: object) -> None:
    global _limits
    with _lock:
        if not _holders:
            _limits = _blas().limit(limits=1)
        _holders.append(holder)


def _leave(holder: object) -> None:
    with _lock:
        _holders.remove(holder)
        if not _holders:
            _limits.restore_original_limits()
