"""Awkward numbers through a whole convolutional training: it stays finite, counts right and ends."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.layer import LAYERS
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Activation, Dense, Flatten, Input, Residual

BATCH = 8


def network(classes: int) -> NetworkSpec:
    block = Residual(layers=(LAYERS.create("Conv2D", filters=3, padding="same"), LAYERS.create("BatchNorm")))
    return NetworkSpec(
        layers=(
            Input(shape=(5, 5, 1)),
            LAYERS.create("Conv2D", filters=3, padding="same"),
            LAYERS.create("BatchNorm"),
            Activation(function="relu"),
            block,
            Flatten(),
            LAYERS.create("BatchNorm"),
            Dense(classes),
        )
    )


def trained(x: np.ndarray, y: np.ndarray, classes: int, **train: object) -> Trainer:
    """Two epochs, with every fifth sample for the test."""
    names = tuple(f"class {k}" for k in range(classes))
    dataset = Dataset("awkward", "Awkward", Part(x, y), Part(x[:5], y[:5]), names)
    recipe = TrainSpec.build({"epochs": 2, "batch_size": BATCH, "learning_rate": 0.05, **train})
    data = DataSpec(source="awkward", validation=0)
    trainer = Trainer(
        ProjectSpec(network=network(classes), data=data, train=recipe), prepare_dataset(dataset, data)
    )
    for _ in trainer.run():
        pass
    return trainer


def images(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 5, 5, 1)).astype(np.uint8)


def sound(trainer: Trainer) -> None:
    assert trainer.reason == "finished"
    assert np.isfinite(trainer.state.weights).all()
    assert all(np.isfinite(record.train_loss) for record in trainer.state.history)


def test_all_zero_images():
    sound(trained(np.zeros((40, 5, 5, 1), np.uint8), np.arange(40) % 3, 3))


def test_all_images_the_same():
    sound(trained(np.repeat(images(1), 40, axis=0), np.arange(40) % 3, 3))


@pytest.mark.parametrize("n", [BATCH * 3 + 1, 1, 2])
def test_one_sample_in_the_last_batch(n: int):
    trainer = trained(images(n), np.arange(n) % 2, 2, batch_size=BATCH)
    sound(trainer)
    assert trainer.samples == 2 * n


def test_classes_missing_from_every_batch():
    labels = np.repeat(np.arange(10), 4)
    sound(trained(images(40), labels, 10, batch_size=2))


def test_classes_that_no_sample_has():
    sound(trained(images(24), np.arange(24) % 2 * 7, 12, class_weights="balanced"))


def test_a_single_class_is_learned_at_once():
    trainer = trained(images(24), np.zeros(24, np.int64), 1)
    sound(trainer)
    assert trainer.state.history[-1].train_accuracy == 1


@pytest.mark.parametrize("classes", [2, 1000])
def test_two_and_a_thousand_classes(classes: int):
    n = max(24, classes)
    trainer = trained(images(n), np.arange(n) % classes, classes, batch_size=64, label_smoothing=0.1)
    sound(trainer)
    first = trainer.state.history[0].train_loss
    assert 0.5 * np.log(classes) < first < 2.5 * np.log(classes)  # of the order of guessing


@pytest.mark.parametrize("scale", [1e-30, 1e4, 1e15])
def test_floats_far_from_one(scale: float):
    x = (np.random.default_rng(1).standard_normal((32, 5, 5, 1)) * scale).astype(np.float32)
    trainer = trained(x, np.arange(32) % 2, 2)
    assert np.isfinite(trainer.state.weights).all()


def test_a_single_class_is_predicted_and_evaluated_as_one():
    trainer = trained(images(24), np.zeros(24, np.int64), 1)
    result = trainer.model.evaluate(images(10, seed=3), np.zeros(10, np.int64))
    assert result.probabilities.shape == (10, 1)
    assert result.accuracy == 1
    assert (result.predictions == 0).all()
