"""The C library's heap, kept from growing while the window stays open for hours.

glibc raises the size from which a block gets pages of its own each time such a block is freed, up to 32 MB.
Copies of weights and data that come and go then leave holes between small blocks that stay, and the process
grows by megabytes an hour although nothing is kept. With a fixed size such copies go back at once, and what
lies free between small blocks is given back from time to time.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from PySide6.QtCore import QObject, QTimer

LARGE_BYTES = 256 * 1024
"""Blocks from this size on have their own pages; small enough for copies of a layer's weights."""
EVERY_MS = 60_000
_M_MMAP_THRESHOLD = -3  # malloc.h


def fix_large_blocks() -> bool:
    """Gives large blocks pages of their own, which freeing returns to the system.

    Returns:
        Whether this system's C library can do so; where it can't, nothing changes.
    """
    library = _glibc()
    return library is not None and library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES) == 1


def give_back() -> bool:
    """Returns pages that lie free between blocks in use; takes about a millisecond.

    Returns:
        Whether any were returned.
    """
    library = _glibc()
    return library is not None and library.malloc_trim(0) == 1


class HeapKeeper(QObject):
    """Gives free pages back once a minute."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(give_back)
        if _glibc() is not None:
            self._timer.start(EVERY_MS)


def _glibc() -> Any | None:
    """The C library of this process, if it is GNU's."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
