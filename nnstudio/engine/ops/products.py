"""Matrix products, of which large ones are cut into pieces for several threads.

How a product is cut follows from its shape alone: along the longer side of the output, never along the
summed axis. So its bits are the same for any number of threads, and the BLAS below keeps to one each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnstudio.engine.ops.shared import LEAST_WORK, SharedOps

Array = Any

PIECE_WORK = 100_000_000
"""Multiply-adds of a piece of a larger one. Every piece copies the shorter factor into the cache anew."""
MOST_PIECES = 8
"""Pieces of the largest: 1024×1000×1000 runs at 330, 316, 280 and 247 GF/s in 2, 4, 8 and 16 on two cores."""
ALIGNMENT = 16
"""Pieces begin at multiples of this, so that no vector register is filled in part."""

LEAST_LATER = 2_000_000
"""Multiply-adds from which a product that nobody waits for is left to another thread."""
SMALL_BATCH, WIDE = 64, 256
"""Up to so many samples and from so many units, ``kernel @ dzᵀ`` is faster than ``dz @ kernelᵀ``: for a
kernel of 1000×1000, 1.1 instead of 1.4 ms with 64 samples, 0.4 instead of 0.8 ms with 16."""

_TRANSPOSED = 30  # scratch slot


class ProductOps(SharedOps):
    """Products whose pieces a crew computes."""

    def product(
        self, a: Array, b: Array, out: Array, bias: Array | None = None, *, later: bool = False
    ) -> None:
        """``out = a @ b + bias``: ``(rows, k) @ (k, columns) + (columns,) -> (rows, columns)``.

        Args:
            a: Left factor.
            b: Right factor.
            out: Where to.
            bias: Added to every row; None for 0.
            later: It is needed only when the pass is over (see ``Crew.later``).
        """
        rows, columns = out.shape
        work = rows * columns * a.shape[1]
        if work < (LEAST_LATER if later else LEAST_WORK):
            _multiply(a, b, bias, out)
            return
        pieces = pieces_for(work)
        if rows >= columns:
            parts = [(a[part], b, bias, out[part]) for part in cuts(rows, pieces)]
        else:
            sides = cuts(columns, pieces)
            parts = [(a, b[:, side], bias if bias is None else bias[side], out[:, side]) for side in sides]
        share = self.crew.later if later else self.crew.run
        share([partial(_multiply, *part) for part in parts])

    def input_gradient(self, dz: Array, kernel: Array, dx: Array) -> None:
        """``dx = dz @ kernelᵀ``: ``(n, U) @ (U, N) -> (n, N)``."""
        (n, units), inputs = dz.shape, len(kernel)
        if n > SMALL_BATCH or units < WIDE:
            self.product(dz, kernel.T, dx)
            return
        transposed = self.scratch(_TRANSPOSED, (inputs, n), dx.dtype)

        def compute(part: slice) -> None:
            np.matmul(kernel[part], dz.T, out=transposed[part])  # (rows, U) @ (U, n) -> (rows, n)
            np.copyto(dx[:, part], transposed[part].T)

        pieces = pieces_for(n * units * inputs)
        self.share(compute, cuts(inputs, pieces))


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
