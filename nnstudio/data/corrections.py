"""Applies a recipe's corrections to the parts of a data set: other labels, and samples left out.

Corrections are applied after the split, which is drawn as if there were none. So correcting one sample
moves no other from one part to another, and runs before and after it can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.correction_spec import Correction
from nnstudio.core.registry import did_you_mean
from nnstudio.data.dataset import Dataset, Part
from nnstudio.errors import DataError

_FORGET = "remove the correction on the Data page, or from data.corrections of the project file"


class Corrector:
    """Corrections, found in a data set.

    Args:
        dataset: The data set as its source gives it.
        corrections: The recipe's.

    Raises:
        DataError: A correction is of a sample that isn't there, or names a class that isn't.
    """

    def __init__(self, dataset: Dataset, corrections: Sequence[Correction]) -> None:
        self._dataset = dataset
        self._labels = {"train": dataset.train.y, "test": dataset.test.y}
        self._left_out: dict[str, NDArray[np.bool_]] = {}
        self._places: dict[str, dict[str, int]] = {}
        for part in {correction.part for correction in corrections}:
            self._labels[part] = self._labels[part].copy()
            self._left_out[part] = np.zeros(len(self._labels[part]), bool)
        for correction in corrections:
            row = self.row_of(correction)
            if correction.label is None:
                self._left_out[correction.part][row] = True
            else:
                self._labels[correction.part][row] = self._class(correction)

    def row_of(self, correction: Correction) -> int:
        """The row of a correction's sample in its part of the data set.

        Raises:
            DataError: There is no such sample.
        """
        part = correction.part
        names = self._dataset.train_names if part == "train" else self._dataset.test_names
        rows = len(self._labels[part]) if part == "train" or len(self._dataset.test) else 0
        if correction.row < rows and (not names or names[correction.row] == correction.name):
            return correction.row
        if names and correction.name:
            places = self._places.setdefault(part, {name: row for row, name in enumerate(names)})
            if correction.name in places:
                return places[correction.name]
        wanted = repr(correction.name) if correction.name else f"number {correction.row:,}"
        raise DataError(
            f"the recipe corrects a sample that {self._dataset.title!r} doesn't hold",
            allowed=f"one of its {rows:,} {part} samples",
            received=wanted,
            fix=_FORGET,
        )

    def apply(self, part: Part) -> Part:
        """A part of the data set, corrected; no sample is copied."""
        which = self._dataset.part_of(part)
        if which not in self._left_out:
            return part
        rows = part.rows(slice(None))
        return Part(part.x, self._labels[which], rows[~self._left_out[which][rows]])

    def _class(self, correction: Correction) -> int:
        classes = self._dataset.classes
        if correction.label in classes:
            return classes.index(correction.label)
        raise DataError(
            f"the recipe gives a sample of {self._dataset.title!r} a class that isn't there",
            allowed=", ".join(classes[:12]) + (" ..." if len(classes) > 12 else ""),
            received=repr(correction.label),
            fix=did_you_mean(str(correction.label), classes) or _FORGET,
        )


def lasting(dataset: Dataset, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
    """Those corrections that fit a data set; the others would be refused."""
    kept = []
    for correction in corrections:
        try:
            Corrector(dataset, (correction,))
        except DataError:
            continue
        kept.append(correction)
    return tuple(kept)


def correction_of(dataset: Dataset, part: Part, position: int, label: int | None) -> Correction:
    """The correction that gives a sample another class, or leaves it out.

    Args:
        dataset: The data set.
        part: A part of it, or one that was split off, drawn or held back from one.
        position: The sample's position in that part.
        label: Its class number, or None to leave it out.
    """
    which = dataset.part_of(part)
    row = int(part.rows(slice(position, position + 1))[0])
    names = dataset.train_names if which == "train" else dataset.test_names
    name = names[row] if names else ""
    return Correction(part=which, row=row, name=name, label=None if label is None else dataset.classes[label])
