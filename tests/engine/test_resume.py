"""Exact resume with everything that draws random numbers or remembers: the whole state, bit for bit."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.layer import LAYERS
from nnstudio.core.spec import OPTIMIZERS, DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nnstudio.engine.state import TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Activation, Dense, Dropout, Flatten, Input, Residual
from tests.helpers import clouds

EPOCHS = 5


def convolutional() -> NetworkSpec:
    """Every kind of layer that keeps statistics or draws noise, also inside a block."""
    create = LAYERS.create
    block = Residual(
        layers=(create("Conv2D", filters=4, padding="same"), create("BatchNorm"), create("GaussianNoise"))
    )
    return NetworkSpec(
        layers=(
            Input(shape=(6, 6, 1)),
            create("Conv2D", filters=4, padding="same", use_bias=False),
            create("BatchNorm", momentum=0.9),
            Activation(function="relu"),
            block,
            create("SpatialDropout", rate=0.2),
            create("MaxPool"),
            Flatten(),
            create("LayerNorm"),
            Dropout(rate=0.3),
            Dense(3),
        )
    )


def project(**train: object) -> ProjectSpec:
    """Everything of a recipe that a resumed run must find again."""
    recipe = {
        "epochs": EPOCHS,
        "batch_size": 32,
        "learning_rate": 0.02,
        "schedule": {"type": "ReduceOnPlateau", "patience": 1, "min_delta": 0.02},
        "warmup": 1.5,
        "label_smoothing": 0.1,
        "class_weights": "balanced",
        "clip_norm": 1.0,
        "l2": 0.001,
        "validate_every": 2,
        "early_stopping": {"monitor": "val_accuracy", "patience": 4},
        **train,
    }
    augmentation = {"horizontal_flip": {}, "crop": {"padding": 1}, "noise": {}, "rotation": {"degrees": 20}}
    data = DataSpec.build({"source": "clouds", "validation": 0.2, "augmentation": augmentation})
    return ProjectSpec(network=convolutional(), data=data, train=TrainSpec.build(recipe))


def data_of(recipe: ProjectSpec) -> Prepared:
    return prepare_dataset(clouds(200), recipe.data)


def finished(recipe: ProjectSpec, state: TrainerState | None = None) -> TrainerState:
    trainer = Trainer(recipe, data_of(recipe), state)
    for _ in trainer.run():
        pass
    return trainer.state


def same(one: TrainerState, other: TrainerState) -> None:
    """All but the clock."""
    for name in ("weights", "best_weights"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.slots.keys() == other.slots.keys()
    for name, slot in one.slots.items():
        np.testing.assert_array_equal(slot, other.slots[name])
    for name in ("epoch", "batch", "step", "loss_sum", "hits", "seen", "best_epoch"):
        assert getattr(one, name) == getattr(other, name)
    timeless = [
        [replace(record, seconds=0, samples_per_second=0) for record in state.history]
        for state in (one, other)
    ]
    assert timeless[0] == timeless[1]


@pytest.fixture(scope="module")
def whole() -> TrainerState:
    """The uninterrupted run."""
    return finished(project())


@pytest.mark.parametrize("stop_after", range(1, 5 * EPOCHS, 3))
def test_a_run_stopped_at_any_batch_goes_on_from_its_file(
    whole: TrainerState, tmp_path: Path, stop_after: int
):
    recipe = project()
    trainer = Trainer(recipe, data_of(recipe))
    trainer.block_steps = 1
    for _ in itertools.islice(trainer.run(), stop_after):
        pass
    model = trainer.model
    checkpoint = Checkpoint(recipe, model.classes, model.scaling, model.weights, trainer.state)
    save_checkpoint(tmp_path / "run.h5", checkpoint)
    state = load_checkpoint(tmp_path / "run.h5").state
    same(finished(recipe, state), whole)


@pytest.mark.parametrize("optimizer", [cls.type_name() for cls in OPTIMIZERS])
def test_every_optimizer_goes_on_where_it_was(optimizer: str):
    recipe = project(optimizer=optimizer, learning_rate=0.003, epochs=2)
    trainer = Trainer(recipe, data_of(recipe))
    trainer.block_steps = 1
    for _ in itertools.islice(trainer.run(), 7):
        pass
    same(finished(recipe, trainer.state.copy()), finished(recipe))


def test_a_run_interrupted_again_and_again_ends_the_same(whole: TrainerState):
    recipe, state = project(), None
    random = np.random.default_rng(0)
    for _ in range(100):
        trainer = Trainer(recipe, data_of(recipe), state)
        trainer.block_steps = 1
        events = list(itertools.islice(trainer.run(), int(random.integers(1, 4))))
        state = trainer.state.copy()
        if not events:
            break
    assert state is not None
    same(state, whole)


HASH = """
import hashlib
from tests.engine.test_resume import finished, project
state = finished(project())
print(hashlib.sha256(state.weights.tobytes() + state.slots["m"].tobytes()).hexdigest())
"""


def test_one_and_two_threads_give_the_same_bits():
    digests = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        command = [sys.executable, "-c", HASH]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout.strip())
    assert len(digests) == 1
