"""What is known of a source before it is read whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.dataset import Samples
from nnstudio.data.sources.problems import Problem

SHOWN = 32
"""Samples that a preview holds at most."""


@dataclass(frozen=True)
class ClassCount:
    """A class and its samples, None where counting them would mean reading everything.

    Args:
        name: Its name.
        train: Training samples.
        test: Test samples.
    """

    name: str
    train: int | None = None
    test: int | None = None


@dataclass(frozen=True, eq=False)
class Preview:
    """A look at a source: what is in it, what will be done with it, what is wrong with it.

    Args:
        path: The source.
        kind: What it is, as ``ImportOptions.uses`` calls it, or "idx" or "npz".
        title: The same in words: "table (CSV)".
        options: The options, with what was found out in place of "auto".
        shape: Shape of one sample once it is read.
        dtype: "uint8" or "float32".
        train: Training samples, bad ones included.
        test: Test samples; 0 when the recipe will split them off.
        exact: Whether these two are counted, not estimated.
        classes: The classes seen so far.
        all_classes: Whether there can't be more.
        x: The first samples as they will be read, at most :data:`SHOWN`.
        labels: Their classes.
        steps: What will be done, in words.
        looked_at: What the preview rests on: "the first 1,000 rows".
        notes: What is worth knowing of the whole, such as classes with a single image.
        problems: Bad samples among those looked at.
        columns: Names of a table's columns.
        rows: The first rows of a table as text.
    """

    path: Path
    kind: str
    title: str
    options: ImportOptions
    shape: tuple[int, ...]
    dtype: str
    train: int
    test: int
    exact: bool
    classes: tuple[ClassCount, ...]
    all_classes: bool
    x: Samples
    labels: tuple[str, ...]
    steps: tuple[str, ...]
    looked_at: str
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest value of the samples shown."""
        return (float(self.x.min()), float(self.x.max())) if self.x.size else (0.0, 0.0)
