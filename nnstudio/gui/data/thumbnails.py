"""A few samples of a data set for its card, read without loading all of it. Free of Qt."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.data import idx_sets
from nnstudio.data.catalog import ready_folder
from nnstudio.data.points2d import SETS, make_points
from nnstudio.data.published import PUBLISHED

COUNT = 4
_HEADER = 16


def some_samples(name: str) -> NDArray[np.uint8] | None:
    """Four images of a named data set ``(4, H, W, 1)``, or None if there are none at hand."""
    if name == "digits":
        from nnstudio.data.digits import generate

        return generate(COUNT, seed=3)[0]
    folder = ready_folder(PUBLISHED[name]) if name in PUBLISHED else None
    path = idx_sets.find(folder, idx_sets.FILES[0]) if folder else None
    return _first_images(path) if path else None


def some_points(name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]] | None:
    """Points ``(n, 2)`` of a 2-D set and their classes."""
    if name not in SETS:
        return None
    part = make_points(name).train
    return np.asarray(part.x[:160], np.float32), part.labels[:160]


def _first_images(path: Path) -> NDArray[np.uint8] | None:
    """The first images of an IDX file of 28×28 bytes; only its beginning is unpacked."""
    size = 28 * 28
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if packed else raw
            data = file.read(_HEADER + COUNT * size)
    except (OSError, EOFError):
        return None
    if len(data) < _HEADER + COUNT * size:
        return None
    return np.frombuffer(data, np.uint8, COUNT * size, _HEADER).reshape(COUNT, 28, 28, 1)
