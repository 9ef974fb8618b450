"""Where an ended run stands, and whether another stretch of training may go on from there. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.engine.model import Model
from nnstudio.engine.session import Session, Snapshot
from nnstudio.engine.state import TrainerState
from nnstudio.optim import Optimizer

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint

MAX_EPOCHS = 1_000_000
_FIXED = sorted(TrainSpec.locked_while_training)


@dataclass(frozen=True)
class Reached:
    """The end of a run.

    Attributes:
        project: Its recipe.
        state: Its state; nobody trains on it any more.
        batches: Steps in an epoch, or 0 where it isn't known.
        diverged: It ended because its loss was no number.
    """

    project: ProjectSpec
    state: TrainerState
    batches: int
    diverged: bool = False

    def goes_on(self, project: ProjectSpec) -> bool:
        """Whether a run of ``project`` would be the same run, continued."""
        before, now = self.project, project
        started = self.state.epoch > 0 if self.diverged else self.state.step > 0
        return (
            started
            and before.network == now.network
            and before.data == now.data
            and all(getattr(before.train, name) == getattr(now.train, name) for name in _FIXED)
        )

    @property
    def at(self) -> float:
        """Epochs done, with the share of the one under way."""
        part = 0.0 if self.diverged or not self.batches else self.state.batch / self.batches
        return self.state.epoch + part

    def start(self) -> TrainerState:
        """A copy of the state to train on.

        A diverged run is back at its last good epoch, and its optimizer forgets what it saw since.
        """
        state = self.state.copy()
        if self.diverged:
            optimizer = cast(Optimizer, self.project.train.optimizer)
            fresh = optimizer.initial_slot
            slots = {name: np.full_like(slot, fresh(name)) for name, slot in state.slots.items()}
            step = state.epoch * self.batches
            state = replace(state, batch=0, step=step, loss_sum=0.0, hits=0, seen=0, slots=slots)
        return state


class Recipe:
    """The training recipe of the run under way.

    Args:
        project: What the user wants to train.
        done: Epochs that lie behind it. Once the plan is fulfilled, as many again are trained.
    """

    def __init__(self, project: ProjectSpec, done: int = 0) -> None:
        planned = project.train.epochs
        self._planned = planned
        self._target = planned if done < planned else min(done + planned, MAX_EPOCHS)
        self.train = project.train.replace(epochs=self._target)

    def take_over(self, spec: TrainSpec) -> bool:
        """Takes an edited recipe over, without what a run can't change; True if that changes anything.

        A number of epochs that the user left alone does not cut short a run that trains more.
        """
        locked = {name: getattr(self.train, name) for name in TrainSpec.locked_while_training}
        epochs = self._target if spec.epochs == self._planned else spec.epochs
        before, self.train = self.train, spec.replace(**locked, epochs=epochs)
        return self.train != before

    def as_planned(self, spec: TrainSpec) -> TrainSpec:
        """A recipe of the run in the words of the project: "train as many again" is the plan itself."""
        return spec.replace(epochs=self._planned) if spec.epochs == self._target else spec


def reached_by(session: Session) -> Reached | None:
    """Where a session has come to; None if it never began to train."""
    trainer = session.trainer
    if trainer is None:
        return None
    return Reached(session.project, trainer.state, trainer.batches, trainer.reason == "diverged")


def reached_in(checkpoint: Checkpoint) -> Reached | None:
    """Where the run of a file stands; None if the file holds a model only."""
    state = checkpoint.state
    if state is None:
        return None
    batches = (state.step - state.batch) // state.epoch if state.epoch else 0
    return Reached(checkpoint.project, state, batches)


def models_in(checkpoint: Checkpoint) -> tuple[Model, Model]:
    """The newest model of a file, and that of the best epoch where it holds one."""
    newest = checkpoint.model()
    best = checkpoint.state.best_weights if checkpoint.state is not None else None
    if best is None:
        return newest, newest
    return newest, Model(newest.network, best.copy(), newest.classes, newest.scaling)


def snapshot_of(reached: Reached) -> Snapshot:
    """What a watcher would have seen at the end of a run that was read from a file."""
    state, train = reached.state, reached.project.train
    record = state.history[-1] if state.history else None
    finished = state.epoch >= train.epochs
    return Snapshot(
        sequence=1,
        state="finished" if finished else "stopped",
        message="Opened from a file",
        epoch=state.epoch + (state.batch > 0),
        epochs=train.epochs,
        batch=state.batch or reached.batches,
        batches=reached.batches,
        step=state.step,
        train_loss=record.train_loss if record else None,
        train_accuracy=record.train_accuracy if record else None,
        record=record,
        best=state.history[state.best_epoch - 1] if state.best_epoch else None,
        learning_rate=train.learning_rate,
        samples_per_second=record.samples_per_second if record else 0.0,
        seconds=state.seconds,
    )
