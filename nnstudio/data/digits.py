"""The built-in data set ``digits``: generated handwritten-like digits, made offline from a seed.

Each image is a hand-designed skeleton (:mod:`nnstudio.data.digit_strokes`), written by a random hand
(:mod:`nnstudio.data.digit_hand`) and drawn with an antialiased pen (:mod:`nnstudio.data.digit_pen`) in
MNIST's format, so that a network trained on them alone reads real handwriting.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.data import digit_hand, digit_pen
from nnstudio.errors import DataError
from nnstudio.paths import cache_dir

VERSION = 2
"""Of the generator; raised whenever the same seed gives other images, so that old caches are not used."""

TRAIN_COUNT = 12_000
TEST_COUNT = 2_000

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Progress = Callable[[float], None]
Digits = tuple[Images, Labels, Images, Labels]

_CLASSES = 10
_BATCH = 500  # images drawn at once: small enough for the processor's cache, large enough for NumPy


def generate(count: int, seed: int, progress: Progress | None = None) -> tuple[Images, Labels]:
    """Writes digits: white (255) on black (0), centred like MNIST, as many of each as of any other.

    Args:
        count: Number of images, at least 1.
        seed: Everything random follows from it; not negative.
        progress: Told the finished part from 0 to 1; may raise to stop, for example
            :class:`nnstudio.errors.Cancelled`.

    Returns:
        Images (count, 28, 28, 1) in random order and their digits (count,).

    Raises:
        DataError: ``count`` or ``seed`` is out of range.
    """
    _check(count, seed)
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % _CLASSES)
    if progress is not None:
        progress(0.0)
    starts, ends, radii = digit_hand.write(labels, rng)
    images = np.empty((count, digit_pen.SIDE, digit_pen.SIDE, 1), np.uint8)
    for first in range(0, count, _BATCH):
        batch = slice(first, first + _BATCH)
        images[batch, ..., 0] = digit_pen.render(starts[batch], ends[batch], radii[batch])
        if progress is not None:
            progress(min(1.0, (first + _BATCH) / count))
    return images, labels


def load_digits(seed: int = 2026, progress: Progress | None = None) -> Digits:
    """The data set ``digits``, generated at first use and kept in the cache folder.

    Args:
        seed: Another seed gives another data set of the same kind.
        progress: As in :func:`generate`. If it raises, nothing is left behind.

    Returns:
        Training images (12000, 28, 28, 1) and digits (12000,), test images (2000, 28, 28, 1) and
        digits (2000,). Training and test images come from independent random streams.

    Raises:
        DataError: ``seed`` is negative.
    """
    _check(1, seed)
    path = cache_dir() / "digits" / f"digits-v{VERSION}-seed{seed}.npz"
    digits = _read(path)
    if digits is None:
        digits = _make(seed, progress)
        with contextlib.suppress(OSError):  # without a writable cache the next call generates again
            _write(path, digits)
    elif progress is not None:
        progress(1.0)
    return digits


def _check(count: int, seed: int) -> None:
    if count < 1:
        raise DataError("Digits can't be generated", allowed="a count of at least 1", received=str(count))
    if seed < 0:
        raise DataError("Digits can't be generated", allowed="a seed from 0 up", received=str(seed))


def _make(seed: int, progress: Progress | None) -> Digits:
    train_seed, test_seed = (int(word) for word in np.random.SeedSequence(seed).generate_state(2))
    train_part = TRAIN_COUNT / (TRAIN_COUNT + TEST_COUNT)

    def scaled(low: float, high: float) -> Progress | None:
        return None if progress is None else lambda done: progress(low + (high - low) * done)

    train = generate(TRAIN_COUNT, train_seed, scaled(0.0, train_part))
    test = generate(TEST_COUNT, test_seed, scaled(train_part, 1.0))
    return *train, *test


def _read(path: Path) -> Digits | None:
    """The cached data set, or None where there is none or it is damaged in any way."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            digits = (
                archive["train_images"],
                archive["train_labels"],
                archive["test_images"],
                archive["test_labels"],
            )
    except Exception:  # a damaged archive fails in many ways; all mean the same: generate again
        return None
    shapes = [array.shape for array in digits]
    image = (digit_pen.SIDE, digit_pen.SIDE, 1)
    expected = [(TRAIN_COUNT, *image), (TRAIN_COUNT,), (TEST_COUNT, *image), (TEST_COUNT,)]
    types = [array.dtype for array in digits]
    return digits if shapes == expected and types == [np.uint8, np.int64] * 2 else None


def _write(path: Path, digits: Digits) -> None:
    """Writes the cache file so that it is either complete or absent, even if the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    train_images, train_labels, test_images, test_labels = digits
    descriptor, name = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(  # the archive carries checksums, so that a damaged one is noticed
                file,
                train_images=train_images,
                train_labels=train_labels,
                test_images=test_images,
                test_labels=test_labels,
            )
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
