"""The figure of an epoch that a rule follows: early stopping, and the schedule that waits for a plateau."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nnstudio.core.train_spec import Monitor


class Record(Protocol):
    """What is known after an epoch; validation figures are None where there was no look at them."""

    @property
    def train_loss(self) -> float:
        """Running mean loss."""
        ...

    @property
    def train_accuracy(self) -> float:
        """Running share of hits."""
        ...

    @property
    def val_loss(self) -> float | None:
        """Mean validation loss."""
        ...

    @property
    def val_accuracy(self) -> float | None:
        """Share of hits on the validation samples."""
        ...


def figures(history: Sequence[Record], monitor: Monitor) -> list[float | None]:
    """The monitored figure of every epoch, turned so that smaller is better.

    Args:
        history: The completed epochs, in order.
        monitor: Which figure.

    Returns:
        One number per epoch; None for an epoch that tells nothing. As long as there is no
        validation figure at all, those of the training samples take its place.
    """
    values = [getattr(record, monitor) for record in history]
    if all(value is None for value in values):
        values = [getattr(record, monitor.replace("val_", "train_")) for record in history]
    sign = -1.0 if monitor.endswith("accuracy") else 1.0
    return [None if value is None else sign * float(value) for value in values]
