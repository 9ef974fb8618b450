"""Small data sets for the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.idx import write_idx
from nnstudio.data.idx_sets import FILES


def byte_part(count: int, classes: int = 3, seed: int = 0) -> Part:
    """Random images ``(count, 4, 3, 1)`` of bytes with labels in random order."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (count, 4, 3, 1), dtype=np.uint8)
    return Part(x, rng.permutation(np.arange(count, dtype=np.int64) % classes))


def float_part(count: int, classes: int = 3, seed: int = 0) -> Part:
    """Random vectors ``(count, 5)`` of float32 with labels in random order."""
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 2, (count, 5)).astype(np.float32)
    return Part(x, rng.permutation(np.arange(count, dtype=np.int64) % classes))


def byte_set(train: int = 60, test: int = 30) -> Dataset:
    """A data set of :func:`byte_part` with three classes."""
    return Dataset("bytes", "Bytes", byte_part(train), byte_part(test, seed=1), ("a", "b", "c"))


def write_idx_set(folder: Path, dataset: Dataset, suffix: str = ".gz") -> None:
    """Writes a data set of images as the four IDX files of MNIST."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = (dataset.train, dataset.test)
    arrays = [array for part in parts for array in (part.x[..., 0], part.y.astype(np.uint8))]
    for name, array in zip(FILES, arrays, strict=True):
        write_idx(folder / f"{name}{suffix}", array)
