"""Penalties, clipping and decay: what is added to the gradients, in which order, and for which weights."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.update import Update, clip_by_norm, penalties
from nnstudio.layers import BatchNorm, Dense, Input
from nnstudio.optim.losses import CategoricalCrossentropy


def network(**first: object) -> Network:
    layers = (Input(shape=(300,)), Dense(units=100, **first), Dense(units=3))
    return Network(NetworkSpec(layers=layers), CategoricalCrossentropy())


def step(net: Network, gradient: float = 0.0, **recipe: object) -> tuple[np.ndarray, np.ndarray]:
    """Weights before and after one step of rate 1, plain SGD unless told otherwise."""
    spec = TrainSpec.build({"optimizer": "SGD", **recipe})
    weights = net.initial_weights(0)
    net.views(weights)["dense"]["bias"][...] = 1
    before = weights.copy()
    update = Update(net, spec)
    update.apply(weights, np.full(net.trainable, gradient, np.float32), update.fresh_slots(), 1, 1.0)
    return before, weights


def test_l2_pulls_on_kernels_by_twice_lambda_and_not_on_biases():
    net = network()
    before, after = (net.views(v) for v in step(net, l2=0.05))
    for layer in ("dense", "dense_1"):
        np.testing.assert_allclose(after[layer]["kernel"], before[layer]["kernel"] * 0.9, rtol=1e-5)
    np.testing.assert_array_equal(after["dense"]["bias"], before["dense"]["bias"])


def test_l1_pulls_on_kernels_by_lambda_whatever_their_size():
    net = network(kernel_initializer="HeNormal")
    before, after = (net.views(v) for v in step(net, l1=0.01))
    kernel = before["dense"]["kernel"]
    np.testing.assert_allclose(after["dense"]["kernel"], kernel - 0.01 * np.sign(kernel), atol=1e-7)
    np.testing.assert_array_equal(after["dense"]["bias"], before["dense"]["bias"])


def test_l1_lets_a_weight_of_zero_rest():
    net = network(kernel_initializer="Zeros")
    _, after = step(net, l1=0.01)
    assert not net.views(after)["dense"]["kernel"].any()


@pytest.mark.parametrize("own", [0.0, 0.25])
def test_a_layers_own_l2_replaces_the_global_one(own: float):
    net = network(l2=own)
    before, after = (net.views(v) for v in step(net, l2=0.05))
    np.testing.assert_allclose(
        after["dense"]["kernel"], before["dense"]["kernel"] * (1 - 2 * own), rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(after["dense_1"]["kernel"], before["dense_1"]["kernel"] * 0.9, rtol=1e-5)


def test_a_layers_own_l1_replaces_the_global_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Dense, "l1", None, raising=False)
    net = network()
    assert [penalty.l1 for penalty in penalties(net, TrainSpec(l1=0.1))] == [0.1, 0.1]
    monkeypatch.setattr(Dense, "l1", 0.0)
    assert penalties(net, TrainSpec(l1=0.1)) == []


def test_weights_that_do_not_train_stay_as_they_are():
    layers = (Input(shape=(5,)), Dense(units=4, frozen=True), BatchNorm(), Dense(units=3))
    net = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    assert net.trainable < net.size
    recipe = {"optimizer": {"type": "AdamW", "weight_decay": 0.5}, "l1": 0.1, "l2": 0.1, "clip_norm": 1.0}
    spec, weights = TrainSpec.build(recipe), np.ones(net.size, np.float32)
    update = Update(net, spec)
    slots = update.fresh_slots()
    assert {slot.size for slot in slots.values()} == {net.trainable}
    update.apply(weights, np.ones(net.trainable, np.float32), slots, 1, 0.1)
    assert (weights[: net.trainable] != 1).all()
    assert (weights[net.trainable :] == 1).all()


@pytest.mark.parametrize("alone", [True, False])
def test_decoupled_decay_is_for_all_weights_or_for_kernels_alone(alone: bool):
    net = network()
    decayed = {"type": "AdamW", "weight_decay": 0.25, "exclude_biases": alone}
    before, after = (net.views(v) for v in step(net, optimizer=decayed))
    np.testing.assert_allclose(after["dense"]["kernel"], before["dense"]["kernel"] * 0.75, rtol=1e-6)
    np.testing.assert_allclose(after["dense"]["bias"], before["dense"]["bias"] * (1 if alone else 0.75))


def test_values_are_clipped_before_the_norm_is_looked_at():
    net = network()
    before, after = step(net, gradient=-7.0, clip_value=0.5)
    np.testing.assert_allclose(after - before, 0.5, rtol=1e-5)
    before, after = step(net, gradient=-7.0, clip_value=0.5, clip_norm=2.0)
    assert np.linalg.norm((after - before).astype(np.float64)) == pytest.approx(2, rel=1e-3)


def test_penalties_are_clipped_with_the_rest():
    net = network()
    before, after = step(net, l2=50.0, clip_value=1e-3)
    assert np.abs(after - before).max() <= 1e-3 * (1 + 1e-4)


def test_a_changed_recipe_is_taken_over():
    net = network()
    update, weights = Update(net, TrainSpec(optimizer="SGD")), np.ones(net.size, np.float32)
    update.configure(TrainSpec(optimizer="SGD", l2=0.25))
    update.apply(weights, np.zeros(net.trainable, np.float32), {}, 1, 1.0)
    assert (net.views(weights)["dense"]["kernel"] == 0.5).all()


@pytest.mark.parametrize("optimizer", ["Adagrad", "RMSProp", "AdamW"])
def test_a_step_allocates_nothing(optimizer: str):
    net = network()
    recipe = {"optimizer": optimizer, "l1": 0.1, "l2": 0.1, "clip_value": 1.0, "clip_norm": 1.0}
    update, weights = Update(net, TrainSpec.build(recipe)), net.initial_weights(0)
    slots, gradients = update.fresh_slots(), np.ones(net.trainable, np.float32)
    update.apply(weights, gradients, slots, 1, 0.1)
    tracemalloc.start()
    update.apply(weights, gradients, slots, 2, 0.1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < weights.nbytes / 4


def test_slots_begin_with_what_the_optimizer_says():
    adagrad = {"type": "Adagrad", "initial_accumulator_value": 0.5}
    slots = Update(network(), TrainSpec.build({"optimizer": adagrad})).fresh_slots()
    assert (slots["accumulator"] == 0.5).all()


def test_clipping_scales_long_gradients_and_leaves_short_ones():
    long = np.array([3.0, 4.0], dtype=np.float32)
    clip_by_norm(long, 1.0)
    np.testing.assert_allclose(long, [0.6, 0.8], rtol=1e-6)
    short = np.array([0.3, 0.4], dtype=np.float32)
    clip_by_norm(short, 1.0)
    np.testing.assert_array_equal(short, np.array([0.3, 0.4], dtype=np.float32))


@pytest.mark.filterwarnings("ignore:overflow")  # the trainer ignores it as well
def test_clipping_works_where_the_squares_overflow():
    gradients = np.array([3e25, -4e25], dtype=np.float32)
    clip_by_norm(gradients, 1.0)
    np.testing.assert_allclose(gradients, [0.6, -0.8], rtol=1e-6)


def test_clipping_leaves_nan_to_be_noticed():
    gradients = np.array([np.nan, 1.0], dtype=np.float32)
    clip_by_norm(gradients, 0.5)
    assert np.isnan(gradients[0])
