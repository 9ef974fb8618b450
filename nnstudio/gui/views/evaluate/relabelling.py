"""Corrects the label of an evaluated sample, or leaves the sample out: in the recipe, so it can be undone."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from nnstudio.core.correction_spec import Correction, with_corrections
from nnstudio.core.spec import DataSpec
from nnstudio.data.corrections import correction_of
from nnstudio.data.dataset import Part
from nnstudio.errors import DataError
from nnstudio.gui.background import run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.views.evaluate.evaluation import Evaluated


class Relabeller(QObject):
    """Writes corrections into the project's data recipe.

    Args:
        document: The project.
        parent: Qt parent.

    Signals:
        said(str): What was done, or why not.
    """

    said = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document

    def can_correct(self, result: Evaluated) -> bool:
        """The samples are of the project's own data."""
        return result.split != "own" and result.prepared.dataset == self._document.project.data.source

    def correct(self, result: Evaluated, position: int, label: int | None) -> None:
        """Gives the sample at a position another class, or leaves it out (None)."""
        data, part = self._document.project.data, result.part
        words = "is left out" if label is None else f"is a {result.classes[label]} now"
        run_in_background(
            lambda: find_correction(data, part, position, label),
            lambda found: self._apply(found, f"Image {position} {words}"),
            lambda error: self.said.emit(str(error)),
            self,
        )

    def _apply(self, correction: Correction, words: str) -> None:
        project = self._document.project
        corrections = with_corrections(project.data.corrections, [correction])
        step = "Leave image out" if correction.label is None else f"Relabel image as {correction.label}"
        data = project.data.replace(corrections=corrections)
        self._document.apply(step, project.replace(data=data))
        self.said.emit(f"{words}. The next run trains on it so; Ctrl+Z takes it back.")


def find_correction(data: DataSpec, part: Part, position: int, label: int | None) -> Correction:
    """The correction of a sample, named as its source names it; runs on any thread.

    Args:
        data: The recipe that the part comes from.
        part: A part of its data.
        position: The sample's position in it.
        label: Its class number, or None to leave it out.

    Raises:
        DataError: The data can't be read, or are no longer those that were evaluated.
    """
    from nnstudio.data.catalog import load_recipe

    dataset = load_recipe(data, download=False)
    if not any(np.shares_memory(part.x, whole.x) for whole in (dataset.train, dataset.test)):
        raise DataError(
            "the data were read again since they were evaluated", fix="evaluate once more, then correct"
        )
    return correction_of(dataset, part, position, label)
