"""Matrix products, of which large ones are cut into pieces for several threads.

How a product is cut follows from its shape alone: along the longer side of the output, never along the
summed axis. So its bits are the same for any number of threads, and the BLAS below keeps to one each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnstudio.engine.crew import Crew
from nnstudio.engine.ops.scratch import ScratchOps

Array = Any

LEAST_WORK = 12_000_000
"""Multiply-adds from which a product is cut in two: less is done before another thread wakes up."""
PIECE_WORK = 100_000_000
"""Multiply-adds of a piece of a larger one. Every piece copies the shorter factor into the cache anew."""
MOST_PIECES = 8
"""Pieces of the largest: 1024×1000×1000 runs at 330, 316, 280 and 247 GF/s in 2, 4, 8 and 16 on two cores."""
ALIGNMENT = 16
"""Pieces begin at multiples of this, so that no vector register is filled in part."""


class ProductOps(ScratchOps):
    """Products whose pieces a crew computes.

    Attributes:
        crew: The threads.
    """

    def __init__(self, crew: Crew | None = None) -> None:
        super().__init__()
        self.crew = crew or Crew(1)

    def product(self, a: Array, b: Array, out: Array, bias: Array | None = None) -> None:
        """``out = a @ b + bias``: ``(rows, k) @ (k, columns) + (columns,) -> (rows, columns)``."""
        rows, columns = out.shape
        pieces = pieces_for(rows * columns * a.shape[1])
        if pieces == 1:
            _multiply(a, b, bias, out)
        elif rows >= columns:
            parts = cuts(rows, pieces)
            self.crew.run([partial(_multiply, a[part], b, bias, out[part]) for part in parts])
        else:
            self.crew.run(
                [
                    partial(_multiply, a, b[:, part], None if bias is None else bias[part], out[:, part])
                    for part in cuts(columns, pieces)
                ]
            )


def pieces_for(work: int) -> int:
    """How many pieces a product of so many multiply-adds is cut into: a power of 2, to share out evenly."""
    if work < LEAST_WORK:
        return 1
    return min(MOST_PIECES, 1 << max(1, (work // PIECE_WORK).bit_length() - 1))


def cuts(length: int, pieces: int) -> Iterator[slice]:
    """About equal parts of an axis, each but the last as long as a multiple of :data:`ALIGNMENT`."""
    step = -(-length // (pieces * ALIGNMENT)) * ALIGNMENT
    return (slice(start, min(start + step, length)) for start in range(0, length, step))


def _multiply(a: Array, b: Array, bias: Array | None, out: Array) -> None:
    np.matmul(a, b, out=out)
    if bias is not None:
        np.add(out, bias, out=out)
