"""What the Data page shows of a recipe's data: worked out on a background thread, free of Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import DataSpec
from nnstudio.data.batches import WHOLE_BYTES
from nnstudio.data.catalog import load_recipe
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.duplicates import find_duplicates
from nnstudio.data.prepare import Prepared, mean_and_deviation, prepare_dataset

Report = Callable[[str, float | None], None]
PARTS = ("train", "validation", "test")
TITLES = {"train": "training", "validation": "validation", "test": "test"}

BINS = 28
_LOOKED_AT = 1000  # samples behind the histograms


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often values occur.

    Args:
        counts: In equal bins between the two ends.
        low: The lowest value looked at.
        high: The highest.
    """

    counts: NDArray[np.int64]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Summary:
    """A data set as a recipe prepares it.

    Args:
        recipe: The recipe.
        dataset: The whole data set.
        prepared: Its parts.
        counts: Samples of each class, for each of ``PARTS``.
        raw: Values of some training samples.
        scaled: The same as the network gets them.
    """

    recipe: DataSpec
    dataset: Dataset
    prepared: Prepared
    counts: dict[str, tuple[int, ...]]
    raw: Histogram
    scaled: Histogram

    def part(self, name: str) -> Part | None:
        """One of ``PARTS``, or None where it holds no sample."""
        part = {"train": self.prepared.train, "validation": self.prepared.validation}.get(
            name, self.prepared.test
        )
        return part if part is not None and len(part) else None

    @property
    def is_large(self) -> bool:
        """So many bytes that they are read from the disk, block by block."""
        train, test = self.dataset.train, self.dataset.test
        return train.x[:1].nbytes * (len(train) + len(test)) > WHOLE_BYTES

    @property
    def unused(self) -> int:
        """Samples of the data set that the recipe leaves aside."""
        whole = len(self.dataset.train) + len(self.dataset.test)
        return whole - sum(self.prepared.counts.values())


@dataclass(frozen=True)
class Duplicate:
    """A sample that is equal to one of another part.

    Args:
        test: Position in the test part.
        train: Position in the training or the validation part.
        part: Which of these two.
        contradictory: They have different labels.
    """

    test: int
    train: int
    part: str
    contradictory: bool


@dataclass(frozen=True, eq=False)
class Measures:
    """What takes a walk over all samples.

    Args:
        mean: Of all values of the training samples.
        deviation: Their standard deviation.
        duplicates: Test samples that are training or validation samples too.
    """

    mean: float
    deviation: float
    duplicates: tuple[Duplicate, ...]


def summarise(recipe: DataSpec, report: Report) -> Summary:
    """Loads and prepares what a recipe names; nothing is downloaded.

    Raises:
        DataError: The data can't be read, or the recipe doesn't fit them.
        Cancelled: ``report`` stopped it.
    """
    dataset = load_recipe(recipe, report, download=False)
    prepared = prepare_dataset(dataset, recipe, report)
    classes = len(dataset.classes)
    parts = (prepared.train, prepared.validation, prepared.test)
    counts = {
        name: part.class_counts(classes) if part is not None and len(part) else (0,) * classes
        for name, part in zip(PARTS, parts, strict=True)
    }
    some = _spread(prepared.train)
    raw = some.astype(np.float32)
    return Summary(
        recipe, dataset, prepared, counts, _histogram(raw), _histogram(prepared.scaling.apply(raw))
    )


def measure(summary: Summary, report: Report) -> Measures:
    """Mean, deviation and duplicates of a summary's parts.

    Raises:
        Cancelled: ``report`` stopped it.
    """
    prepared = summary.prepared
    report("Measuring the samples", None)
    mean, deviation = mean_and_deviation(prepared.train)
    return Measures(float(mean), float(deviation), find_shared(prepared, report))


def find_shared(prepared: Prepared, report: Report) -> tuple[Duplicate, ...]:
    """The test samples that the other parts hold too."""
    found: dict[int, Duplicate] = {}
    for name, part in (("train", prepared.train), ("validation", prepared.validation)):
        if part is None or not len(part) or not len(prepared.test):
            continue
        pairs = find_duplicates(part, prepared.test, report)
        for test, train, other in zip(pairs.test, pairs.train, pairs.contradictory, strict=True):
            found.setdefault(int(test), Duplicate(int(test), int(train), name, bool(other)))
    return tuple(found[test] for test in sorted(found))


def _spread(part: Part) -> NDArray[np.generic]:
    count = min(len(part), _LOOKED_AT)
    return part.samples(np.linspace(0, len(part) - 1, count).astype(np.int64))


def _histogram(values: NDArray[np.float32]) -> Histogram:
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, _ = np.histogram(values, BINS, (low, high))
    return Histogram(counts, low, high)
