"""Samples that occur in the training and in the test part: they make a test look better than it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import IntArray, Part, Progress, blocks

Keys = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Test samples that are equal to a training sample in every value.

    Args:
        test: Their positions in the test part, rising.
        train: The first training sample that each is equal to, by its position.
        contradictory: Which of them have another label there.
    """

    test: IntArray
    train: IntArray
    contradictory: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.test)


def find_duplicates(train: Part, test: Part, progress: Progress | None = None) -> Duplicates:
    """Finds the test samples that are training samples too, exactly.

    Samples are compared by a 64-bit hash, read block by block, and then value by value, so memory holds 8
    bytes a sample and a coincidence of hashes is no duplicate.

    Args:
        train: The training part.
        test: The test part.
        progress: Told a message and a fraction; may raise ``Cancelled``.
    """
    tell = progress or (lambda message, fraction: None)
    total = max(1, len(train) + len(test))
    known = _keys(train, lambda done: tell("Comparing samples", done / total))
    asked = _keys(test, lambda done: tell("Comparing samples", (len(train) + done) / total))
    order = np.argsort(known, kind="stable")  # equal ones in rising order, so that the first is found
    low = np.searchsorted(known, asked, "left", sorter=order)
    high = np.searchsorted(known, asked, "right", sorter=order)
    pairs = [
        (int(place), int(match))
        for place in np.flatnonzero(high > low)
        if (match := _first_equal(train, test, order[low[place] : high[place]], int(place))) is not None
    ]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    contradictory = train.labels[found[:, 1]] != test.labels[found[:, 0]]
    return Duplicates(found[:, 0], found[:, 1], contradictory)


def _first_equal(train: Part, test: Part, candidates: IntArray, place: int) -> int | None:
    sample = _row(test, place)
    return next((int(other) for other in candidates if np.array_equal(_row(train, int(other)), sample)), None)


def _row(part: Part, position: int) -> NDArray[Any]:
    return np.asarray(part.samples(slice(position, position + 1))[0])


def _keys(part: Part, tell: Callable[[int], None]) -> Keys:
    """A hash of each sample."""
    keys = np.empty(len(part), np.uint64)
    for first, block in blocks(part.x, part.indices):
        tell(first)
        rows: NDArray[Any] = np.ascontiguousarray(block).reshape(len(block), -1)
        if rows.dtype.kind == "f":
            rows = rows + np.float32(0)  # -0 equals 0
        digests = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
        keys[first : first + len(block)] = np.frombuffer(digests, np.uint64)
    return keys
