"""What has come of a sitting's runs so far: their number, their epochs, and those of the run before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nnstudio.engine.state import EpochRecord, Event


class RunLog:
    """The runs of one project in this sitting.

    Attributes:
        number: Of the current run, from 1; 0 before the first.
        records: The completed epochs of the current run.
        ghost: The completed epochs of the run before it.
        continued_at: Epoch at which the current run went on; None if it began with fresh weights.
        last_folder: Of the run that ended last, also after a reset; None if none is kept.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forgets everything: another project is open."""
        self.number = 0
        self.records: list[EpochRecord] = []
        self.ghost: list[EpochRecord] = []
        self.continued_at: float | None = None
        self.last_folder: Path | None = None

    def begin(self) -> None:
        """Another run begins; the one before it becomes the ghost, unless it never had an epoch."""
        self.number += 1
        self.continued_at = None
        self.ghost = self.records or self.ghost
        self.records = []

    def take(self, events: Iterable[Event]) -> None:
        """Takes what the run tells."""
        self.records.extend(event for event in events if isinstance(event, EpochRecord))
