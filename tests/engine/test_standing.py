"""One standing model answers for all the models of a run."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.model import Model
from nnstudio.engine.standing import StandingModel
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import DataError
from tests.helpers import small_data, small_network, small_project


@pytest.fixture
def trainer() -> Trainer:
    project = small_project()
    return Trainer(project, small_data(project))


@pytest.mark.parametrize("path", ["numpy", "jit"])
@pytest.mark.timeout(900)  # the kernels may have to be compiled first
def test_each_model_is_answered_for_with_its_own_weights(trainer: Trainer, monkeypatch, path: str):
    monkeypatch.setenv("NNSTUDIO_PATH", path)
    random, standing = np.random.default_rng(3), StandingModel()
    x = trainer.data.scaling.apply(trainer.data.train.x[:2])
    models = []
    for _ in range(3):
        trainer.state.weights += random.normal(0, 0.3, trainer.network.size).astype(np.float32)
        models.append(trainer.model)
    for model in (*models, models[0], models[0]):
        np.testing.assert_array_equal(standing.predict(model, x), model.predict(x, scaled=True))


def test_another_network_is_asked_as_well(trainer: Trainer):
    standing, x = StandingModel(), trainer.data.scaling.apply(trainer.data.train.x[:1])
    first = standing.predict(trainer.model, x)
    project = small_project().replace(network=small_network(activation="tanh"))
    other = Trainer(project, small_data(project)).model
    np.testing.assert_array_equal(standing.predict(other, x), other.predict(x, scaled=True))
    np.testing.assert_array_equal(standing.predict(trainer.model, x), first)


def test_the_models_weights_are_left_alone(trainer: Trainer):
    standing, x = StandingModel(), trainer.data.scaling.apply(trainer.data.train.x[:1])
    model: Model = trainer.model
    before = model.weights.copy()
    standing.predict(model, x)
    trainer.state.weights += 1
    standing.predict(trainer.model, x)
    np.testing.assert_array_equal(model.weights, before)


def test_samples_of_another_shape_are_refused(trainer: Trainer):
    with pytest.raises(DataError, match="don't fit"):
        StandingModel().predict(trainer.model, np.zeros((1, 3, 3, 1), np.float32))
