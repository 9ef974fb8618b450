"""The heap of a window that stays open: what was freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("only Linux's C library is asked to give memory back", allow_module_level=True)

BEGIN = """
import numpy as np
import psutil
from nnstudio.gui import heap

def resident():
    return psutil.Process().memory_info().rss

if not heap.fix_large_blocks():
    raise SystemExit("not GNU's C library")
"""
COPIES = """
size, kept = 4 * 2**20, 40
for _ in range(2):
    before = resident()
    copies = [np.ones(size, np.uint8) for _ in range(kept)]
    small = [bytearray(4000) for _ in range(200)]  # lies above copies that come from the heap
    full = resident()
    copies.clear()
    print((full - before) / (size * kept), (resident() - before) / (size * kept))
"""
HOLES = """
blocks = [np.ones(heap.LARGE_BYTES // 2, np.uint8) for _ in range(400)]
kept = blocks[::50]
full = resident()
blocks.clear()
heap.give_back()
print((full - resident()) / (400 * heap.LARGE_BYTES // 2), all(block.all() for block in kept))
"""


def printed(work: str) -> list[list[str]]:
    """What a process of its own prints, in which nothing else comes and goes."""
    done = subprocess.run([sys.executable, "-c", BEGIN + work], capture_output=True, text=True, check=False)
    if "GNU" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_freed_copies_go_back_at_once() -> None:
    """Without the fixed size, the first freed copies raise it and the later ones stay in the heap."""
    for taken, left in printed(COPIES):
        assert float(taken) > 0.9
        assert float(left) < 0.2


def test_what_lies_free_between_kept_blocks_is_given_back() -> None:
    ((returned, whole),) = printed(HOLES)
    assert float(returned) > 0.7
    assert whole == "True"
