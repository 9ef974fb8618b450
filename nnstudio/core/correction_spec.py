"""Corrections of single samples: another class, or left out. Kept in the recipe, never in the source."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator

from nnstudio.core.fields import field
from nnstudio.core.spec_base import Spec

MAX_CORRECTIONS = 20_000


class Correction(Spec):
    """What is known better of one sample than its source says.

    A sample is found by its part and row in the data set as the source gives it, before any split. Where the
    source names its samples (images by their files), the name counts and the row only says where to look
    first, so that files added later move no correction to another sample.
    """

    part: Literal["train", "test"] = field("train", help="Part of the source that holds the sample.")
    row: int = field(help="Row of the sample in that part, counted from 0.", ge=0)
    name: str = field("", help="What the source calls the sample, such as its file.", max_length=4096)
    label: str | None = field(
        None, help="Name of the class that it belongs to.", off="left out", max_length=1000
    )

    @property
    def place(self) -> tuple[str, int]:
        """Part and row."""
        return self.part, self.row


def _one_each(corrections: tuple[Correction, ...]) -> tuple[Correction, ...]:
    places = [correction.place for correction in corrections]
    if len(set(places)) != len(places):
        twice = next(place for place in places if places.count(place) > 1)
        raise ValueError(f"one correction for each sample; got two for row {twice[1]} of {twice[0]}")
    return corrections


Corrections = Annotated[tuple[Correction, ...], AfterValidator(_one_each)]
"""At most one correction for each sample."""


def with_corrections(
    before: tuple[Correction, ...], changes: Iterable[Correction], forget: Iterable[tuple[str, int]] = ()
) -> tuple[Correction, ...]:
    """Corrections with some added or replaced and others forgotten, sorted by part and row.

    Args:
        before: The corrections so far.
        changes: New ones; each replaces what there was of its sample.
        forget: Part and row of samples that get back what the source says.
    """
    kept = {correction.place: correction for correction in before}
    kept |= {correction.place: correction for correction in changes}
    for place in forget:
        kept.pop(place, None)
    return tuple(kept[place] for place in sorted(kept))
