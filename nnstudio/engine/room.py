"""Room on the processor for a person who waits for an answer while a network trains.

Threads that compute a run together keep all cores busy, and each that is interrupted holds up the
others at the next barrier. So whoever answers to a person's hand asks for room; until it is over a core
is left free. A run computes the same bits on any number of threads, so it only gets slower meanwhile.
"""

from __future__ import annotations

import time

HOLD_SECONDS = 0.4
"""So long room is kept after the last call: a hand that draws pauses for less."""

_until = 0.0


def make_room(seconds: float = HOLD_SECONDS) -> None:
    """Leaves a core free from the next run of steps on, for so long. Any thread may ask."""
    global _until
    _until = time.monotonic() + seconds


def room_wanted() -> bool:
    """Somebody waits for an answer."""
    return time.monotonic() < _until
