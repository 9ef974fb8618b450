"""A small network trained on generated digits, and a stand-in for the link to its run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Part
from nnstudio.data.digits import generate
from nnstudio.data.prepare import Prepared, measure_scaling
from nnstudio.engine.model import Model
from nnstudio.engine.trainer import Trainer
from nnstudio.gui.document import Document
from nnstudio.layers.dense import Dense
from nnstudio.layers.flatten import Flatten
from nnstudio.layers.input import Input

DIGITS = tuple("0123456789")


def image_project(shape: tuple[int, ...] = (28, 28, 1), classes: int = 10) -> ProjectSpec:
    layers = (Input(shape=shape), Flatten(), Dense(units=96, activation="relu"), Dense(units=classes))
    train = TrainSpec(epochs=8, batch_size=64, learning_rate=0.002)
    return ProjectSpec(name="digits", network=NetworkSpec(layers=layers), data=DataSpec(), train=train)


def prepared_digits(train: int, test: int, validation: bool = True) -> Prepared:
    images, labels = generate(train + test, seed=11)
    first = Part(images[:train], labels[:train])
    held = Part(images[:100], labels[:100]) if validation else None
    last = Part(images[train:], labels[train:])
    return Prepared("digits", first, held, last, measure_scaling(first, "unit"), DIGITS)


class StillLive(QObject):
    """What the pages use of ``Live``, with a model that stands still."""

    run_started = Signal(object)
    snapshot_changed = Signal(object)
    model_changed = Signal()
    run_ended = Signal(object)
    run_dropped = Signal()

    def __init__(self, model: Model | None, prepared: Prepared | None) -> None:
        super().__init__()
        self.model = self.best_model = model
        self.prepared = prepared
        self.session = None
        self.running = self.paused = False
        self.wanted: list[bool] = []

    def set_model_wanted(self, wanted: bool, by: object = None) -> None:
        self.wanted.append(wanted)

    def give(self, model: Model | None) -> None:
        self.model = self.best_model = model
        self.model_changed.emit()


@pytest.fixture(scope="session")
def digits() -> Prepared:
    return prepared_digits(6000, 600)


@pytest.fixture(scope="session")
def trained(digits: Prepared) -> Model:
    """More than 90 % right on the test digits, after about two seconds."""
    trainer = Trainer(image_project(), digits)
    for _ in trainer.run():
        pass
    model = trainer.model
    assert model.evaluate(digits.test.x, digits.test.y).accuracy > 0.9
    return model


@pytest.fixture
def document(qapp: object) -> Document:
    return Document(image_project())


@pytest.fixture
def live(qapp: object, trained: Model, digits: Prepared) -> StillLive:
    return StillLive(trained, digits)


@pytest.fixture
def untrained_model(digits: Prepared) -> Callable[[int], Model]:
    def make(seed: int) -> Model:
        project = image_project()
        trainer = Trainer(project.replace(train=project.train.replace(seed=seed)), digits)
        return Model(trainer.network, trainer.state.weights.astype(np.float32), DIGITS, digits.scaling)

    return make
