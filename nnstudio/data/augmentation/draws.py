"""Random numbers that belong to a sample and an epoch, whatever batch the sample is in."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import IntArray

Words = NDArray[np.uint64]
Floats = NDArray[np.floating[Any]]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws:
    """The random numbers of some samples in one epoch.

    Each is a hash of the seed, the epoch, the sample's row in its data set, the purpose and a counter.
    So no generator's state has to be kept to resume a run, and a sample's numbers depend neither on the
    batch it is in nor on what else is drawn.

    Args:
        seed: Seed of the run.
        epoch: Number of the epoch.
        rows: Rows of the samples in their data set ``(n,)``.
    """

    def __init__(self, seed: int, epoch: int, rows: IntArray) -> None:
        self._key = mix(mix(np.array([seed], np.uint64)) ^ np.uint64(epoch))
        self._rows = rows.astype(np.uint64)

    def __len__(self) -> int:
        return len(self._rows)

    def words(self, purpose: str, out: Words, scratch: Words | None = None) -> Words:
        """Fills ``out`` ``(n, count)`` with 64 random bits each.

        They are the first ``count`` numbers of a SplitMix64 generator per sample.

        Args:
            purpose: What they are for; other purposes get other numbers.
            out: Where to.
            scratch: Array of the same shape that may be overwritten.
        """
        key = mix(self._key ^ np.uint64(zlib.crc32(purpose.encode())))
        states = mix(self._rows ^ key)
        np.multiply(np.arange(out.shape[1], dtype=np.uint64), _GOLDEN, out=out)  # wraps around, as it should
        np.add(out, states[:, np.newaxis], out=out)
        return mix(out, scratch)

    def uniform(self, purpose: str, count: int) -> Floats:
        """Numbers from 0 to below 1, ``(n, count)``."""
        words = self.words(purpose, np.empty((len(self), count), np.uint64))
        return (words >> np.uint64(11)) * 2.0**-53

    def signed(self, purpose: str, probability: float, count: int = 1) -> Floats:
        """Numbers from -1 to 1, ``(n, count)``; a sample that is left alone (see ``probability``) has 0."""
        drawn = self.uniform(purpose, count + 1)
        return np.where(drawn[:, :1] < probability, 2 * drawn[:, 1:] - 1, 0)


def mix(values: Words, scratch: Words | None = None) -> Words:
    """Hashes 64-bit numbers in place, so that every bit depends on every other.

    It is a step of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
    """
    t = np.empty_like(values) if scratch is None else scratch
    np.add(values, _GOLDEN, out=values)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        np.right_shift(values, np.uint64(shift), out=t)
        np.bitwise_xor(values, t, out=values)
        np.multiply(values, np.uint64(factor), out=values)
    np.right_shift(values, np.uint64(31), out=t)
    return np.bitwise_xor(values, t, out=values)
