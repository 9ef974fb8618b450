"""What a data set is once it is in memory: samples, labels, names of classes. Checked when made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

Samples = NDArray[np.uint8] | NDArray[np.float32]
IntArray = NDArray[np.int64]
Progress = Callable[[str, float | None], None]
"""Told a message and a fraction from 0 to 1 (None: unknown); may raise ``Cancelled`` to stop the work."""

MAX_CLASSES = 10_000
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Part:
    """Samples with their labels: the training, validation or test part of a data set.

    A part may be a selection: then ``x`` and ``y`` are the whole arrays, shared with other parts,
    and ``indices`` says which rows belong to this part, in which order. A *position* counts within
    the part, so position ``i`` is row ``indices[i]``. All arrays are read-only views, because data
    sets are cached and shared.

    Args:
        x: Samples ``(rows, features)`` or ``(rows, H, W, C)``, uint8 or float32.
        y: Class numbers ``(rows,)``, int64.
        indices: Rows of this part ``(n,)``, or None for all of them.

    Raises:
        DataError: Types, lengths or numbers of dimensions don't fit.
    """

    x: Samples
    y: IntArray
    indices: IntArray | None = None

    def __post_init__(self) -> None:
        _check_samples(self.x)
        _check_labels(self.y, len(self.x))
        # np.take along the rows of a non-contiguous array would copy all of it for every batch
        self._freeze("x", np.ascontiguousarray(self.x))
        self._freeze("y", np.ascontiguousarray(self.y))
        if self.indices is not None:
            _check_indices(self.indices, len(self.x))
            self._freeze("indices", np.ascontiguousarray(self.indices))

    def _freeze(self, name: str, array: NDArray[np.generic]) -> None:
        view = array.view()
        view.flags.writeable = False
        object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.x) if self.indices is None else len(self.indices)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample: ``(features,)`` or ``(H, W, C)``."""
        return self.x.shape[1:]

    @property
    def labels(self) -> IntArray:
        """Class numbers of this part, ``(n,)`` in the order of its positions."""
        return self.y if self.indices is None else self.y[self.indices]

    def rows(self, positions: IntArray | slice) -> IntArray:
        """Rows of ``x`` and ``y`` that hold the samples at some positions of this part."""
        if self.indices is not None:
            return self.indices[positions]
        if isinstance(positions, slice) or not _all_below(positions, len(self.x)):
            return np.arange(len(self.x), dtype=np.int64)[positions]  # which counts from the end, or refuses
        return positions.astype(np.int64)

    def samples(self, positions: IntArray | slice) -> Samples:
        """Raw, unscaled samples at some positions ``(n, *shape)``, to look at (see ``batches`` to train)."""
        return self.x[self.rows(positions)]

    def select(self, positions: IntArray) -> Part:
        """The part made of some positions of this one; no sample is copied."""
        return Part(self.x, self.y, self.rows(positions))

    def without(self, positions: IntArray) -> Part:
        """The part made of all but some positions of this one; no sample is copied."""
        kept = np.ones(len(self), bool)
        kept[positions] = False
        return self.select(np.flatnonzero(kept))

    def none(self) -> Part:
        """A part of the same kind with no samples."""
        return self.select(np.empty(0, np.int64))

    def class_counts(self, classes: int) -> tuple[int, ...]:
        """Number of samples of each of the ``classes`` classes."""
        return tuple(np.bincount(self.labels, minlength=classes).tolist())


@dataclass(frozen=True, eq=False)
class Dataset:
    """A whole data set as its source gives it: nothing scaled, nothing held back.

    Args:
        name: The name or path that loads it again.
        title: What the user sees.
        train: Samples to train on.
        test: Samples that are never trained on; none (see :meth:`Part.none`) if the source has no such part.
        classes: Name of each class; label ``i`` means ``classes[i]``.
        train_names: Where each training sample comes from, such as its file; empty if that isn't known.
        test_names: Likewise of the test samples.
        features: Name of each feature, such as a table's columns; empty if they have none.

    Raises:
        DataError: The parts don't fit each other or the classes, or hold NaN or infinities.
    """

    name: str
    title: str
    train: Part
    test: Part
    classes: tuple[str, ...]
    train_names: tuple[str, ...] = ()
    test_names: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_classes(self.classes, self.title)
        if not len(self.train):
            raise DataError(f"{self.title!r} has no training samples", fix="choose a file that holds some")
        for part, what in ((self.train, "training"), (self.test, "test")):
            if len(part):
                _check_label_range(part, len(self.classes), f"the {what} samples of {self.title!r}")
                check_finite(part.x, f"the {what} samples of {self.title!r}")
        if self.train.shape != self.test.shape or self.train.x.dtype != self.test.x.dtype:
            raise DataError(
                f"the training and the test samples of {self.title!r} differ in kind",
                allowed=f"{self.train.shape} {self.train.x.dtype} in both",
                received=f"test samples {self.test.shape} {self.test.x.dtype}",
                fix="store both in the same way",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample: ``(features,)`` or ``(H, W, C)``."""
        return self.train.shape

    def part_of(self, part: Part) -> Literal["train", "test"]:
        """Which of the two holds the samples of a part that was split off, drawn or held back from one."""
        return "train" if part.x.ctypes.data == self.train.x.ctypes.data else "test"

    def name_of(self, part: Part, position: int) -> str:
        """Where a sample comes from, for people: its file, or its number.

        Args:
            part: A part of this data set, or one that was split off, drawn or held back from one.
            position: The sample's position in it.
        """
        row = int(part.rows(slice(position, position + 1))[0])
        of_train = self.part_of(part) == "train"
        names = self.train_names if of_train else self.test_names
        return names[row] if names else f"{'sample' if of_train else 'test sample'} {row:,}"


def _all_below(positions: IntArray, end: int) -> bool:
    return not len(positions) or (positions.min() >= 0 and positions.max() < end)


def check_finite(x: Samples, what: str) -> None:
    """Refuses NaN and infinities, block by block so that no second array of that size is made.

    Raises:
        DataError: A value is not finite; the message names the first such sample.
    """
    if x.dtype.kind != "f":
        return
    for first, block in blocks(x):
        if not np.isfinite(block).all():
            bad = ~np.isfinite(block.reshape(len(block), -1)).all(axis=1)
            raise DataError(
                f"{what} hold a value that is no number",
                allowed="finite numbers",
                received=f"NaN or infinity in sample {first + int(bad.argmax())}",
                fix="remove or repair that sample",
            )


def blocks(x: Samples, rows: IntArray | None = None) -> Iterator[tuple[int, Samples]]:
    """Walks over the samples, or those at ``rows``, about 1 MiB at a time: ``(first position, block)``."""
    size = max(1, _BLOCK_BYTES // max(1, x[:1].nbytes))
    for first in range(0, len(x) if rows is None else len(rows), size):
        part = slice(first, first + size)
        yield first, x[part] if rows is None else x[rows[part]]


def _check_samples(x: Samples) -> None:
    if x.dtype not in (np.uint8, np.float32) or x.ndim not in (2, 4) or 0 in x.shape[1:]:
        raise DataError(
            "samples have a form that networks can't take",
            allowed="(N, features) or (N, H, W, C) of uint8 or float32",
            received=f"{x.shape} of {x.dtype}",
            fix="convert the array, or let nnstudio.data.from_arrays do it",
        )


def _check_labels(y: IntArray, rows: int) -> None:
    if y.dtype != np.int64 or y.ndim != 1:
        raise DataError(
            "labels have a form that isn't understood",
            allowed="(N,) of int64",
            received=f"{y.shape} of {y.dtype}",
            fix="convert the array, or let nnstudio.data.from_arrays do it",
        )
    if len(y) != rows:
        raise DataError(
            "there are not as many labels as samples",
            allowed=f"{rows} labels, one per sample",
            received=str(len(y)),
            fix="use the labels that belong to these samples",
        )


def _check_indices(indices: IntArray, rows: int) -> None:
    if indices.dtype != np.int64 or indices.ndim != 1:
        raise DataError(
            "a selection of samples isn't understood",
            allowed="(n,) of int64",
            received=f"{indices.shape} of {indices.dtype}",
        )
    if len(indices) and not (indices.min() >= 0 and indices.max() < rows):
        raise DataError(
            "a selection names samples that don't exist",
            allowed=f"rows 0 to {rows - 1}",
            received=f"rows {indices.min()} to {indices.max()}",
        )


def _check_classes(classes: tuple[str, ...], title: str) -> None:
    if not 1 <= len(classes) <= MAX_CLASSES:
        raise DataError(
            f"{title!r} has a number of classes that can't be trained",
            allowed=f"1 to {MAX_CLASSES}",
            received=str(len(classes)),
            fix="check that the labels are class numbers counted from 0",
        )
    if len(set(classes)) != len(classes) or not all(name and name.isprintable() for name in classes):
        raise DataError(
            f"the classes of {title!r} can't be told apart",
            allowed="a printable name of its own for every class",
            received=", ".join(map(repr, classes[:20])),
            fix="rename the classes",
        )


def _check_label_range(part: Part, classes: int, what: str) -> None:
    labels = part.labels
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise DataError(
            f"a label of {what} is no class",
            allowed=f"0 to {classes - 1}",
            received=f"{low if low < 0 else high}",
            fix="number the classes from 0, and name every class",
        )
