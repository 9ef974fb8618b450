"""What a run is at one moment, and what it tells about itself: plain data, free of arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import aligned_copy

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Block:
    """Some steps of an epoch, in order.

    Attributes:
        epoch: Epoch they belong to, from 1.
        step: Number of the first one over the whole run, from 1.
        batch: Number of the last one in its epoch, from 1.
        batches: Steps in an epoch.
        losses: Mean loss of each step's batch.
        accuracies: Share of hits of each step's batch.
    """

    epoch: int
    step: int
    batch: int
    batches: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True)
class EpochRecord:
    """What is known after an epoch.

    The training figures are running averages *during* the epoch, each batch seen with the weights
    of its moment and with dropout on; ``Model.evaluate`` gives the exact ones. Losses are means per
    sample without penalties.

    Attributes:
        epoch: Number of the epoch, from 1.
        train_loss: Running mean loss.
        train_accuracy: Running share of hits.
        val_loss: Mean loss on the validation samples after the epoch; None without any, and after epochs
            that the recipe leaves out.
        val_accuracy: Share of hits on the validation samples, or None.
        learning_rate: Learning rate of the epoch.
        seconds: Wall time of the whole run up to here.
        samples_per_second: Training samples per second of the epoch, without the validation.
        exact_train_loss: Mean loss on all training samples with the epoch's final weights, without
            dropout and augmentation; None unless the recipe asks for it.
        exact_train_accuracy: Share of hits, likewise.
        path: What computed the epoch, "numpy" or "jit" (see ``fast_path``); "" in older files.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    seconds: float
    samples_per_second: float
    exact_train_loss: float | None = None
    exact_train_accuracy: float | None = None
    path: str = ""


Event = Block | EpochRecord
"""What the training loop yields."""


@dataclass(frozen=True)
class Parent:
    """Where a forked run began.

    Attributes:
        run: The parent's folder.
        epoch: Epochs it had completed.
    """

    run: str
    epoch: int


@dataclass
class TrainerState:
    """All that a run needs to go on exactly where it is.

    Attributes:
        weights: Flat weight vector.
        slots: The optimizer's vectors, by name.
        epoch: Epochs completed.
        batch: Steps completed in the epoch under way.
        step: Steps completed over the whole run.
        loss_sum: Summed loss of the epoch under way.
        hits: Hits of the epoch under way.
        seen: Samples of the epoch under way.
        history: Records of the completed epochs.
        best_epoch: Epoch with the best monitored figure, or 0.
        best_weights: Its weights, or None.
        seconds: Wall time so far.
        parent: Where a forked run began, or None.
        path: What computed the last step, "numpy", "jit" or "gpu" (see ``fast_path``); "" before the first.
    """

    weights: Vector
    slots: dict[str, Vector]
    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    hits: int = 0
    seen: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    best_weights: Vector | None = None
    seconds: float = 0.0
    parent: Parent | None = None
    path: str = ""

    def copy(self) -> TrainerState:
        """A copy that shares nothing that training changes."""
        return replace(
            self,
            weights=aligned_copy(self.weights),
            slots={name: aligned_copy(slot) for name, slot in self.slots.items()},
            history=list(self.history),
        )
