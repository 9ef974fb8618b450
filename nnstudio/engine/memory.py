"""Memory that begins at a cache line, which the processor reads and writes a line at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LINE = 16
"""Floats of a cache line."""


def aligned(size: int) -> NDArray[np.float32]:
    """Zeros that begin at a cache line."""
    room = np.zeros(size + LINE, np.float32)
    start = -room.ctypes.data // room.itemsize % LINE
    return room[start : start + size]


def aligned_copy(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy that begins at a cache line."""
    copy = aligned(vector.size)
    np.copyto(copy, vector)
    return copy
