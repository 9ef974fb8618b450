"""Which samples the Data page shows: some of each class, all of one class, the corrected, the doubled."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.correction_spec import Correction
from nnstudio.data.corrections import Corrector
from nnstudio.data.dataset import Part
from nnstudio.engine.model import Model
from nnstudio.errors import DataError
from nnstudio.gui.data.summary import PARTS, TITLES, Measures, Summary

_SURE = 0.9
MOST = 2000
"""Samples of one class that the grid offers."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A sample in the grid.

    Args:
        part: A part that holds it.
        position: Its position there.
        which: One of ``PARTS``, or "left out".
        name: Where it comes from.
        label: Its class number now.
        source_label: The class number that its source gives it.
        place: Part and row in the data set.
        equals: The sample that it is equal to, if it is a duplicate.
    """

    part: Part
    position: int
    which: str
    name: str
    label: int
    source_label: int
    place: tuple[str, int]
    equals: str = ""

    @property
    def values(self) -> NDArray[np.generic]:
        """Its raw values."""
        return self.part.samples(slice(self.position, self.position + 1))[0]

    @property
    def left_out(self) -> bool:
        """No run sees it."""
        return self.which == "left out"

    @property
    def relabelled(self) -> bool:
        """It has another class than its source says."""
        return self.label != self.source_label and not self.left_out


@dataclass(frozen=True, eq=False)
class Row:
    """A line of the grid.

    Args:
        title: What stands before it.
        samples: What it shows.
    """

    title: str
    samples: tuple[Shown, ...]


def some_of_each(summary: Summary, columns: int, seed: int) -> list[Row]:
    """A row of random training samples for every class.

    Args:
        summary: The data.
        columns: Samples of each class.
        seed: Another one shows others.
    """
    train = summary.prepared.train
    labels = train.labels
    order = np.random.default_rng(seed).permutation(len(labels)) if seed else np.arange(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    ends = np.cumsum(np.bincount(labels, minlength=len(summary.dataset.classes)))
    rows = []
    for number, name in enumerate(summary.dataset.classes):
        first = int(ends[number - 1]) if number else 0
        chosen = by_class[first : min(first + columns, int(ends[number]))]
        rows.append(Row(name, tuple(shown(summary, "train", train, int(i)) for i in chosen)))
    return rows


def mixed_rows(rows: Sequence[Row]) -> list[Row]:
    """One row with the samples of all rows by turns: the first of each, then the second of each."""
    turns = itertools.zip_longest(*(row.samples for row in rows))
    return [Row("", tuple(sample for turn in turns for sample in turn if sample is not None))]


def all_of_class(summary: Summary, label: int, columns: int, seed: int) -> list[Row]:
    """The samples of a class in lines of ``columns``: training first, then validation and test."""
    rows = []
    for name in PARTS:
        part = summary.part(name)
        positions = np.flatnonzero(part.labels == label) if part is not None else np.empty(0, np.int64)
        if part is None or not len(positions):
            continue
        if seed:
            positions = np.random.default_rng(seed).permutation(positions)
        samples = [shown(summary, name, part, int(i)) for i in positions[:MOST]]
        rows += list(_lines(TITLES[name].capitalize(), samples, columns))
    return rows


def corrected(summary: Summary, corrections: Sequence[Correction], columns: int) -> list[Row]:
    """The samples that the recipe corrects: those with another class, then those left out."""
    relabelled: list[Shown] = []
    left_out: list[Shown] = []
    dataset = summary.dataset
    found = Corrector(dataset, ())
    for correction in corrections:
        whole = dataset.train if correction.part == "train" else dataset.test
        try:
            row = found.row_of(correction)
        except DataError:
            continue
        known = correction.label in dataset.classes if correction.label is not None else True
        label = dataset.classes.index(correction.label) if correction.label is not None and known else None
        which = "left out" if label is None else _role(summary, correction.part, row)
        old = int(whole.y[row])
        sample = Shown(
            Part(whole.x, whole.y),
            row,
            which,
            dataset.name_of(whole, row) if whole.indices is None else f"row {row:,}",
            old if label is None else label,
            old,
            (correction.part, correction.row),
        )
        (left_out if label is None else relabelled).append(sample)
    return [*_lines("Another class", relabelled, columns), *_lines("Left out", left_out, columns)]


def doubled(summary: Summary, measures: Measures | None, columns: int) -> list[Row]:
    """The test samples that are training or validation samples too."""
    samples = []
    test = summary.prepared.test
    for one in (measures.duplicates if measures else ())[:MOST]:
        other = summary.part(one.part)
        assert other is not None
        equal = summary.dataset.name_of(other, one.train)
        label = summary.dataset.classes[int(other.labels[one.train])]
        words = f"{equal}, {TITLES[one.part]}" + (f", labelled {label}" if one.contradictory else "")
        samples.append(shown(summary, "test", test, one.test, words))
    return list(_lines("Test", samples, columns))


def doubtful(rows: Sequence[Row], model: Model) -> dict[tuple[str, int], str]:
    """The samples whose label a model is nearly sure to be wrong, by part and row, with the reason.

    Args:
        rows: What is shown.
        model: A trained model for data of this kind.
    """
    samples = [sample for row in rows for sample in row.samples if not sample.left_out]
    if not samples:
        return {}
    probabilities = model.predict(np.stack([sample.values for sample in samples]))
    found = {}
    for sample, chances in zip(samples, probabilities, strict=True):
        best = int(chances.argmax())
        if best != sample.label and chances[best] >= _SURE and chances[sample.label] <= 1 - _SURE:
            found[sample.place] = f"Label looks doubtful: the network says {model.classes[best]}"
    return found


def shown(summary: Summary, which: str, part: Part, position: int, equals: str = "") -> Shown:
    """One sample of a part."""
    dataset = summary.dataset
    row = int(part.rows(slice(position, position + 1))[0])
    held_by = dataset.part_of(part)
    whole = dataset.train if held_by == "train" else dataset.test
    return Shown(
        part,
        position,
        which,
        dataset.name_of(part, position),
        int(part.y[row]),
        int(whole.y[row]),
        (held_by, row),
        equals,
    )


def _role(summary: Summary, held_by: str, row: int) -> str:
    """Which part a sample of the data set has become."""
    for name in PARTS:
        part = summary.part(name)
        if part is not None and summary.dataset.part_of(part) == held_by and row in part.rows(slice(None)):
            return name
    return "unused"


def _lines(title: str, samples: list[Shown], columns: int) -> Iterator[Row]:
    for first in range(0, len(samples), max(1, columns)):
        yield Row(title if first == 0 else "", tuple(samples[first : first + columns]))
