"""How fast something slow goes, and how long it will still take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from nnstudio.gui.widgets import numbers

_WINDOW = 5.0  # seconds that count
_SETTLED = 0.5  # seconds before anything is said


class Pace:
    """Turns the share that is done into a speed and a time.

    Args:
        total: What the whole is, in units, or 0 if that isn't known.
        words: Makes a speed in units per second into words, such as "4.1 MB/s".
        clock: Seconds, monotonic; tests pass their own.
    """

    def __init__(
        self, total: float, words: Callable[[float], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._words, self._clock = total, words, clock
        self._seen: deque[tuple[float, float]] = deque()

    def tell(self, share: float | None) -> str:
        """Speed and time left, "" as long as they aren't known.

        Args:
            share: What is done, from 0 to 1, or None.
        """
        if share is None:
            return ""
        now = self._clock()
        if self._seen and share < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, share))
        while now - self._seen[0][0] > _WINDOW and len(self._seen) > 2:
            self._seen.popleft()
        taken, done = now - self._seen[0][0], share - self._seen[0][1]
        if taken < _SETTLED or done <= 0:
            return ""
        left = f"{numbers.duration((1 - share) * taken / done)} left"
        return f"{self._words(done * self._total / taken)}, {left}" if self._total else left


def bytes_per_second(speed: float) -> str:
    """``4.1 MB/s``."""
    return f"{numbers.size(speed)}/s"


def samples_per_second(speed: float) -> str:
    """``2,300 samples/s``."""
    return f"{numbers.count(round(speed))} samples/s"
