"""The threads that run a program together."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from functools import cache

import numpy as np

from nnstudio.engine.crew import Crew
from nnstudio.engine.threads import ThreadCount


@cache
def give_way() -> int:
    """Address of the system's function that lets other threads run."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


class Team(ThreadCount):
    """Runs a function on several threads at once, on as many as are best.

    The results are the same bits for any number.

    Args:
        most: Threads to use at most.
        crew: Where they come from. While it is open they stay from run to run: to start one takes a quarter
            of a millisecond, and the system may put it on the core of another first.
    """

    def __init__(self, most: int, crew: Crew | None = None) -> None:
        super().__init__(most)
        self.crew = crew or Crew(1)
        self.counter = np.zeros(1, np.int64)

    def run(self, work: int, function: Callable[[int, int], None], threads: int | None = None) -> float:
        """Calls ``function(thread, threads)`` on each thread; returns the seconds it took.

        Args:
            work: How much is done, in any unit, to compare runs by.
            function: What to do; it waits at barriers that count with ``counter``.
            threads: How many; by default as many as pay, which this run then helps to find out.
        """
        size = self.with_room(threads) if threads else self.next_size()
        self.counter[0] = 0
        started = time.perf_counter()
        self.crew.side_by_side(lambda number: function(number, size), size)
        seconds = time.perf_counter() - started
        if threads is None:
            self.learn(size, seconds / max(1, work))
        return seconds
