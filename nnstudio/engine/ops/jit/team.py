"""The threads that run a program together, and how many of them pay."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import cache

import numpy as np

SOONEST, LATEST = 2, 64
"""Runs until another number of threads is tried: after a change, and after many tries in vain."""
WORTH = 0.95
"""Share of the time per sample that another number of threads must stay below to be taken."""
MEMORY = 0.7
"""How much of the measured time per sample is remembered."""


def most_threads() -> int:
    """Threads to use at most: the physical cores, or ``$NNSTUDIO_THREADS``."""
    chosen = os.environ.get("NNSTUDIO_THREADS", "")
    if chosen.isdigit() and int(chosen) > 0:
        return int(chosen)
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed))


@cache
def give_way() -> int:
    """Address of the system's function that lets other threads run."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


class Team:
    """Runs a function on several threads at once and finds out how many are best.

    Threads that wait for each other lose more than they gain where something else keeps a core busy,
    and for very small networks. So now and then another number is tried for one run: soon after a change,
    as what called for it may have passed, and less often the longer nothing better is found. The results
    are the same bits for any number.

    Args:
        most: Threads to use at most.
    """

    def __init__(self, most: int) -> None:
        self.sizes = sorted({1, most, *(1 << n for n in range(most.bit_length()) if 1 << n < most)})
        self.size = most
        self._cost = 0.0  # seconds per sample with this size; 0 before the first run
        self._wait = self._left = SOONEST
        self._tries = 0
        self.counter = np.zeros(1, np.int64)

    def run(self, work: int, function: Callable[[int, int], None], threads: int | None = None) -> float:
        """Calls ``function(thread, threads)`` on each thread; returns the seconds it took.

        Args:
            work: How much is done, in any unit, to compare runs by.
            function: What to do; it waits at barriers that count with ``counter``.
            threads: How many; by default as many as pay, which this run then helps to find out.
        """
        size = threads or self._next_size()
        self.counter[0] = 0
        others = [threading.Thread(target=function, args=(number, size)) for number in range(1, size)]
        started = time.perf_counter()
        for other in others:
            other.start()
        function(0, size)
        for other in others:
            other.join()
        seconds = time.perf_counter() - started
        if threads is None:
            self._learn(size, seconds / max(1, work))
        return seconds

    def _next_size(self) -> int:
        """The best size so far; a neighbour of it now and then."""
        self._left -= 1
        if len(self.sizes) == 1 or self._left > 0 or not self._cost:
            return self.size
        self._tries += 1
        place = self.sizes.index(self.size)
        neighbours = [self.sizes[i] for i in (place - 1, place + 1) if 0 <= i < len(self.sizes)]
        return neighbours[self._tries % len(neighbours)]

    def _learn(self, size: int, cost: float) -> None:
        """Takes in what a run cost, which was one of the present size or a try of another."""
        if size == self.size:
            self._cost = MEMORY * self._cost + (1 - MEMORY) * cost if self._cost else cost
            return
        if cost < WORTH * self._cost:
            self.size, self._cost, self._wait = size, cost, SOONEST
        else:
            self._wait = min(LATEST, 2 * self._wait)
        self._left = self._wait
