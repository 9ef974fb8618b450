"""Runs that were stopped in the middle of an epoch, to be saved, damaged and resumed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.engine.checkpoint import Checkpoint, save_checkpoint
from nnstudio.engine.state import TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Input, MaxPool, Residual
from tests.helpers import small_data, small_project

STOPPED_AFTER = 9
"""Steps: in the middle of the second epoch."""


def tangled_network() -> NetworkSpec:
    """Blocks inside blocks, running statistics, frozen and disabled layers, dropout."""
    inner = Residual(
        layers=(Conv2D(filters=2, padding="same"), BatchNorm(), Conv2D(filters=3, padding="same"))
    )
    outer = Residual(layers=(inner, BatchNorm(frozen=True)), activation="linear")
    return NetworkSpec(
        layers=(
            Input(shape=(6, 6, 1)),
            Conv2D(filters=2, padding="same", frozen=True),
            outer,
            MaxPool(),
            Dropout(rate=0.5, disabled=True),
            Flatten(),
            Dropout(rate=0.2),
            Dense(units=3),
        )
    )


def tangled_project(**train: object) -> ProjectSpec:
    """A project with that network on the clouds."""
    return small_project(**train).replace(network=tangled_network())


def half_trained(project: ProjectSpec) -> Trainer:
    """A trainer that stopped in the middle of the second epoch."""
    trainer = Trainer(project, small_data(project))
    trainer.block_steps = 1
    run = trainer.run()
    while trainer.state.step < STOPPED_AFTER:
        next(run)
    return trainer


def save(trainer: Trainer, path: Path) -> Path:
    """Saves what the trainer has."""
    model = trainer.model
    checkpoint = Checkpoint(trainer.project, model.classes, model.scaling, model.weights, trainer.state)
    save_checkpoint(path, checkpoint)
    return path


def finish(project: ProjectSpec, state: TrainerState | None = None) -> TrainerState:
    """The state at the end of a run that starts fresh, or goes on from a state."""
    trainer = Trainer(project, small_data(project), state)
    for _ in trainer.run():
        pass
    return trainer.state


def assert_equal_states(one: TrainerState, other: TrainerState, *, timed: bool = True) -> None:
    """Every field is the same, to the last bit; unless ``timed``, besides the clock's figures."""
    if not timed:
        one, other = _untimed(one), _untimed(other)
    for name in (field.name for field in dataclasses.fields(TrainerState)):
        np.testing.assert_equal(getattr(one, name), getattr(other, name), err_msg=name)


def _untimed(state: TrainerState) -> TrainerState:
    history = [dataclasses.replace(record, seconds=0, samples_per_second=0) for record in state.history]
    return dataclasses.replace(state, history=history, seconds=0)
