"""How sums down the columns of a matrix are shared out to blocks; see ``Strip`` in ``kernels/common.cu``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

WIDEST = 32
"""Columns of a strip at most: threads side by side then read 128 bytes in one go."""
NARROWEST = 8
"""Columns that a strip keeps where there are few blocks: 32 bytes are the least that memory gives."""
FEW = 4
"""Rows of a thread that are not worth sharing with others."""


@dataclass(frozen=True)
class Strips:
    """Strips of a matrix.

    Attributes:
        rows: Rows of the matrix.
        columns: Its columns.
        chunk_rows: Rows of a strip.
        width: Columns of a strip, a power of two.
    """

    rows: int
    columns: int
    chunk_rows: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """What the kernels need to know."""
        return self.rows, self.columns, self.chunk_rows, self.width

    @property
    def chunks(self) -> int:
        """Strips below each other."""
        return -(-self.rows // self.chunk_rows)

    @property
    def count(self) -> int:
        """All strips."""
        return self.chunks * -(-self.columns // self.width)


@lru_cache(maxsize=1024)
def strips_of(rows: int, columns: int, threads: int, enough: int, few_rows: int, least_chunk: int) -> Strips:
    """Strips that keep a GPU busy.

    Args:
        rows: Rows of the matrix.
        columns: Its columns.
        threads: Threads of a block.
        enough: Blocks that make more of them useless.
        few_rows: Up to so many rows strips go over all of them.
        least_chunk: Else a thread has so many rows at least.
    """
    width = min(WIDEST, threads // 2, 1 << (columns - 1).bit_length())
    while width > NARROWEST and -(-columns // width) < enough and rows > FEW * (threads // width):
        width //= 2
    if rows <= few_rows:
        return Strips(rows, columns, rows, width)
    across = -(-columns // width)
    chunk = max(least_chunk * (threads // width), -(-rows // max(1, enough // across)))
    return Strips(rows, columns, chunk, width)
