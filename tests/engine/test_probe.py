"""A look inside a run: what it measures, and that it disturbs nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.engine import probe
from nnstudio.engine.network import Network
from nnstudio.engine.probe import LEAST_SAMPLES, SAMPLES, collect, fresh_loss, look
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Activation, Dense, Input
from nnstudio.optim.losses import CategoricalCrossentropy
from tests.helpers import small_data, small_project


def trainer_of(project: ProjectSpec) -> Trainer:
    return Trainer(project, small_data(project))


def test_looking_changes_no_bit_of_the_run():
    project = small_project(optimizer="Adam")
    left, right = trainer_of(project), trainer_of(project)
    left.block_steps = right.block_steps = 1
    for _ in left.run():
        look(left)
    for _ in right.run():
        pass
    np.testing.assert_array_equal(left.state.weights, right.state.weights)
    for name, slot in left.state.slots.items():
        np.testing.assert_array_equal(slot, right.state.slots[name])
    assert [r.train_loss for r in left.state.history] == [r.train_loss for r in right.state.history]


def test_two_looks_at_the_same_state_agree():
    trainer = trainer_of(small_project())
    assert look(trainer) == look(trainer)


@pytest.mark.parametrize(
    "recipe",
    [
        {"optimizer": "SGD", "l2": 0.01},
        {"optimizer": "Adam", "clip_norm": 0.1},
        {"optimizer": "Momentum", "gradient": "sum"},
        {"optimizer": "SGD", "label_smoothing": 0.2, "class_weights": "balanced"},
    ],
    ids=str,
)
def test_the_change_is_that_of_the_next_step(recipe: dict):
    """With one batch of all samples the look's step is the very step that follows."""
    project = small_project(batch_size=1000, epochs=3, learning_rate=0.01, **recipe)
    project = project.replace(network=project.network.remove("dropout"))
    trainer = trainer_of(project)
    assert len(trainer.data.train) <= SAMPLES
    events = trainer.run()
    for _ in itertools.islice(events, 2):  # an epoch of one step, and its record
        pass
    before, seen = trainer.state.weights.copy(), look(trainer)
    next(events)
    views = trainer.network.views(trainer.state.weights - before)
    for layer in seen.trainable:
        change = np.concatenate([part.ravel() for part in views[layer.name].values()])
        assert layer.update_norm == pytest.approx(float(np.linalg.norm(change)), rel=1e-4)


def test_gradients_and_weights_are_those_of_the_layers():
    """One Dense layer with softmax: dW = xᵀ(p − t)/n and db = Σ(p − t)/n, by hand."""
    spec = NetworkSpec(layers=(Input(shape=(3,)), Dense(units=2), Activation(function="softmax")))
    network = Network(spec, CategoricalCrossentropy())
    random = np.random.default_rng(0)
    weights = random.normal(size=network.size).astype(np.float32)
    x, labels = random.normal(size=(5, 3)).astype(np.float32), np.array([0, 1, 1, 0, 1])
    kernel, bias = weights[:6].reshape(3, 2), weights[6:]
    scores = np.exp(x @ kernel + bias)
    error = scores / scores.sum(axis=1, keepdims=True) - np.eye(2)[labels]
    gradient = np.concatenate([(x.T @ error).ravel(), error.sum(axis=0)]) / 5

    seen = collect(network, weights, x, labels)
    (dense,) = seen.layers
    assert dense.name == "dense"
    assert dense.gradients is not None
    assert dense.gradients.norm == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
    assert dense.weights is not None
    assert dense.weights.norm == pytest.approx(np.linalg.norm(weights), rel=1e-6)
    assert dense.outputs.mean == pytest.approx(float((x @ kernel + bias).mean()), abs=1e-5)
    assert dense.update_norm is None
    assert seen.inputs.norm == pytest.approx(np.linalg.norm(x), rel=1e-6)


def test_only_what_has_an_end_to_die_at_has_such_shares():
    relu, tanh = look(trainer_of(small_project())), trainer_of(_tanh())
    assert relu.layers[1].dead is not None
    assert relu.layers[1].saturated is None
    layer = look(tanh).layers[1]
    assert layer.dead is None
    assert layer.saturated is not None
    assert look(tanh).layers[0].dead is None  # Flatten


def _tanh() -> ProjectSpec:
    project = small_project()
    dense = project.network.layer("dense").replace(activation="tanh")
    return project.replace(network=project.network.replace_layer("dense", dense))


def test_the_fresh_loss_is_that_of_the_first_look():
    project = small_project()
    project = project.replace(network=project.network.remove("dropout"))
    trainer = trainer_of(project)
    at_first = look(trainer).loss
    for _ in trainer.run():
        pass
    assert fresh_loss(trainer) == pytest.approx(at_first)
    assert look(trainer).loss < at_first


def test_a_run_that_diverges_knows_the_layer_and_goes_back():
    network = small_project().network.insert(3, Dense(units=12, activation="relu"))
    project = small_project(optimizer="SGD", learning_rate=1e6).replace(network=network)
    trainer = trainer_of(project)
    fresh = trainer.state.weights.copy()
    events = list(trainer.run())
    assert trainer.reason == "diverged"
    assert not any(isinstance(event, EpochRecord) for event in events)
    assert trainer.failure is not None
    broken = trainer.failure.nonfinite
    assert broken is not None
    assert broken.place == "outputs"
    assert broken.layer in ("dense_1", "dense_2")
    assert trainer.failure.batch == sum(len(event.losses) for event in events if hasattr(event, "losses"))
    weights = {layer.name: layer.weights for layer in trainer.failure.layers}
    assert weights["dense"].nonfinite == 0  # the look sees the weights that gave the loss, not those after it
    np.testing.assert_array_equal(trainer.state.weights, fresh)


def test_weights_that_overflow_in_the_last_step_are_found():
    project = small_project(optimizer="SGD", learning_rate=0.1, batch_size=1000, epochs=1)
    trainer = trainer_of(project)
    trainer.state.weights[-4:] = np.float32(3e38)  # finite, but the next step or pass overflows
    for _ in trainer.run():
        pass
    assert trainer.reason == "diverged"
    assert trainer.failure is not None
    assert trainer.failure.nonfinite is not None
    assert trainer.failure.nonfinite.layer == "dense_1"


def test_large_networks_are_looked_at_with_fewer_samples(monkeypatch: pytest.MonkeyPatch):
    trainer = trainer_of(small_project())
    assert look(trainer).samples == len(trainer.data.train) > 100
    monkeypatch.setattr(probe, "LOOK_BYTES", 100 * trainer.network.activation_bytes)
    assert look(trainer).samples == 100
    monkeypatch.setattr(probe, "LOOK_BYTES", 1)
    assert look(trainer).samples == LEAST_SAMPLES
