"""The heap of a window that stays open: what was freed goes back to the system."""

from __future__ import annotations

import sys

import numpy as np
import psutil
import pytest

from nnstudio.gui import heap

SIZE = 4 * 2**20  # bytes of a copy
KEPT = 40  # copies held at once

if sys.platform != "linux":
    pytest.skip("only Linux's C library is asked to give memory back", allow_module_level=True)


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


def test_freed_copies_go_back_at_once() -> None:
    """Without the fixed size, the first freed copies raise it and the later ones stay in the heap."""
    if not heap.fix_large_blocks():
        pytest.skip("not GNU's C library")
    for _ in range(2):
        before = resident()
        copies = [np.ones(SIZE, np.uint8) for _ in range(KEPT)]
        small = [bytearray(4000) for _ in range(200)]  # lies above copies that come from the heap
        assert resident() - before > 0.9 * SIZE * KEPT
        copies.clear()
        assert resident() - before < 0.2 * SIZE * KEPT
        assert len(small) == 200


def test_what_lies_free_between_kept_blocks_is_given_back() -> None:
    if not heap.fix_large_blocks():
        pytest.skip("not GNU's C library")
    blocks = [np.ones(heap.LARGE_BYTES // 2, np.uint8) for _ in range(400)]
    kept = blocks[::50]
    full = resident()
    blocks.clear()
    heap.give_back()
    assert full - resident() > 0.7 * 400 * heap.LARGE_BYTES // 2
    assert all(block.all() for block in kept)
