"""Corrections of samples as edits of the project: undoable, and never in the source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnstudio.core.correction_spec import Correction, with_corrections
from nnstudio.data.corrections import correction_of
from nnstudio.data.dataset import Dataset, Part
from nnstudio.gui.document import Document

Sample = tuple[Part, int]
"""A part and a position in it."""


def relabel(document: Document, dataset: Dataset, samples: Sequence[Sample], label: int) -> None:
    """Gives samples another class, as one step; the class that their source says forgets the correction.

    Args:
        document: The project.
        dataset: The data set that it names.
        samples: Parts and positions.
        label: Their class number from now on.
    """
    changes, forget = [], []
    for part, position in samples:
        change = correction_of(dataset, part, position, label)
        if source_label(dataset, change) == label:
            forget.append(change.place)
        else:
            changes.append(change)
    what = "a sample" if len(samples) == 1 else f"{len(samples):,} samples"
    _apply(document, f"Label {what} {dataset.classes[label]}", changes, forget)


def leave_out(document: Document, dataset: Dataset, samples: Sequence[Sample]) -> None:
    """Leaves samples out, as one step."""
    changes = [correction_of(dataset, part, position, None) for part, position in samples]
    what = "a sample" if len(samples) == 1 else f"{len(samples):,} samples"
    _apply(document, f"Leave out {what}", changes, [])


def restore(document: Document, places: Iterable[tuple[str, int]]) -> None:
    """Forgets corrections, as one step, so that the samples are as their source says.

    Args:
        document: The project.
        places: Part ("train" or "test") and row of each sample.
    """
    gone = list(places)
    what = "a sample" if len(gone) == 1 else f"{len(gone):,} samples"
    _apply(document, f"Take {what} as in the source", [], gone)


def source_label(dataset: Dataset, correction: Correction) -> int:
    """The class number that the source itself gives a sample."""
    part = dataset.train if correction.part == "train" else dataset.test
    return int(part.y[correction.row])


def _apply(
    document: Document, label: str, changes: Sequence[Correction], forget: Sequence[tuple[str, int]]
) -> None:
    project = document.project
    corrections = with_corrections(project.data.corrections, changes, forget)
    document.apply(label, project.replace(data=project.data.replace(corrections=corrections)))
