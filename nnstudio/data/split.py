"""Random draws that give every class its share."""

from __future__ import annotations

import numpy as np

from nnstudio.data.dataset import IntArray


def share_size(n: int, share: float) -> int:
    """Number of samples in a share of ``n``: rounded, and at least one unless there is nothing to share."""
    return min(n, max(1, round(share * n))) if share > 0 else 0


def stratified(labels: IntArray, share: float, seed: int, stream: int) -> IntArray:
    """Positions of a random share of the samples, the same share of every class, in rising order.

    The total is ``share * n`` rounded, at least one; every class gives its exact share to within one
    sample. What rounding down leaves over goes to the classes with the largest remainders. The draw
    depends on nothing but the labels, the seed and the stream: it uses raw PCG64 output, which NumPy
    promises never to change, so that a validation part stays the same when NumPy is updated. With
    balanced classes a larger draw contains every smaller one.

    Args:
        labels: Class numbers ``(n,)``.
        share: From 0 to 1.
        seed: Seed of the draw.
        stream: Which of several independent draws with that seed.
    """
    n = len(labels)
    total = share_size(n, share)
    sizes = np.bincount(labels)
    exact = sizes * (total / n)
    quota = np.floor(exact).astype(np.int64)
    quota[np.argsort(quota - exact, kind="stable")[: total - quota.sum()]] += 1
    keys = np.random.PCG64((seed, stream)).random_raw(n)
    shuffled = np.lexsort((keys, labels))  # class by class, in random order within each
    rank = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # place within its class
    return np.sort(shuffled[rank < np.repeat(quota, sizes)])
