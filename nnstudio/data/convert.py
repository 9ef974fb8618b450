"""From the arrays that files and people have to the arrays that a data set holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.data.dataset import MAX_CLASSES, Dataset, IntArray, Part, Samples
from nnstudio.errors import DataError


def as_samples(values: ArrayLike, what: str) -> Samples:
    """Samples as uint8 or float32, images with a channel axis.

    Whole numbers from 0 to 255 become uint8, all other numbers float32. ``(N, H, W)`` becomes
    ``(N, H, W, 1)``; ``(N, features)`` and ``(N, H, W, C)`` keep their shape.

    Args:
        values: Numbers with the samples along the first axis.
        what: What they are, for the message ("x_train in digits.npz").

    Raises:
        DataError: They aren't real numbers, or have another number of dimensions.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim not in (2, 3, 4) or 0 in array.shape:
        raise DataError(
            f"{what} can't be samples",
            allowed="real numbers shaped (N, features), (N, H, W) or (N, H, W, C)",
            received=f"{array.shape} of {array.dtype}",
            fix="store one sample per row",
        )
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.dtype.kind in "iu" and (array.dtype == np.uint8 or (array.min() >= 0 and array.max() <= 255)):
        return array.astype(np.uint8, copy=False)
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, which Dataset refuses
        return array.astype(np.float32, copy=False)


def as_labels(values: ArrayLike, what: str) -> IntArray:
    """Labels as int64 class numbers ``(N,)``; a column ``(N, 1)`` is taken too.

    Raises:
        DataError: They aren't whole numbers, one per sample, from 0 to the largest class number.
    """
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array):
        raise DataError(
            f"{what} can't be labels",
            allowed="whole numbers shaped (N,)",
            received=f"{array.shape} of {array.dtype}",
            fix="store the class number of each sample, counted from 0",
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= MAX_CLASSES:
        raise DataError(
            f"{what} hold a number that can't be a class",
            allowed=f"0 to {MAX_CLASSES - 1}",
            received=str(low if low < 0 else high),
            fix="number the classes from 0",
        )
    return array.astype(np.int64, copy=False)


def as_part(x: ArrayLike, y: ArrayLike, what: str) -> Part:
    """Samples and their labels, converted; ``what`` says whose they are, for messages.

    Raises:
        DataError: They can't be converted, or their counts differ.
    """
    return Part(as_samples(x, f"the samples of {what}"), as_labels(y, f"the labels of {what}"))


def number_names(*parts: Part) -> tuple[str, ...]:
    """Names for classes that have none: "0", "1", ... up to the largest label of all parts."""
    return tuple(str(number) for number in range(1 + max(int(part.labels.max(initial=0)) for part in parts)))


def from_arrays(
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike | None = None,
    y_test: ArrayLike | None = None,
    *,
    classes: Sequence[str] | None = None,
    name: str = "arrays",
) -> Dataset:
    """A data set from plain arrays, converted as :func:`as_samples` and :func:`as_labels` say.

    Args:
        x_train: Training samples ``(N, features)``, ``(N, H, W)`` or ``(N, H, W, C)``.
        y_train: Their class numbers ``(N,)``.
        x_test: Test samples; without them the data recipe splits some off the training samples.
        y_test: Their class numbers.
        classes: Names of the classes; the numbers themselves where there are none.
        name: What to call it.

    Raises:
        DataError: The arrays don't make a data set.
    """
    train = as_part(x_train, y_train, f"{name} (train)")
    if (x_test is None) != (y_test is None):
        raise DataError(f"{name} has test samples or test labels alone", fix="give both, or neither")
    test = train.none() if x_test is None or y_test is None else as_part(x_test, y_test, f"{name} (test)")
    if train.x.dtype != test.x.dtype:  # whole numbers that only one part keeps within 0...255
        train, test = (Part(_floats(part.x), part.y) for part in (train, test))
    return Dataset(name, name, train, test, number_names(train, test) if classes is None else tuple(classes))


def _floats(x: Samples) -> NDArray[Any]:
    return x.astype(np.float32, copy=False)
