"""Penalties and clipping."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.update import Update, clip_by_norm
from nnstudio.layers import Dense, Input
from nnstudio.optim.losses import CategoricalCrossentropy


def network(l2: float | None = None) -> Network:
    layers = (Input(shape=(300,)), Dense(units=100, l2=l2), Dense(units=3))
    return Network(NetworkSpec(layers=layers), CategoricalCrossentropy())


def step(net: Network, **recipe: object) -> tuple[np.ndarray, np.ndarray]:
    """Weights before and after one SGD step of rate 1 with zero data gradients."""
    spec = TrainSpec.build({"optimizer": "SGD", "learning_rate": 1.0, **recipe})
    weights = net.initial_weights(0)
    net.views(weights)["dense"]["bias"][...] = 1
    before = weights.copy()
    update = Update(net, spec)
    update.apply(weights, np.zeros_like(weights), update.fresh_slots(), 1, spec.learning_rate)
    return before, weights


def test_l2_pulls_on_kernels_by_twice_lambda_and_not_on_biases():
    net = network()
    before, after = (net.views(v) for v in step(net, l2=0.05))
    for layer in ("dense", "dense_1"):
        np.testing.assert_allclose(after[layer]["kernel"], before[layer]["kernel"] * 0.9, rtol=1e-5)
    np.testing.assert_array_equal(after["dense"]["bias"], before["dense"]["bias"])


@pytest.mark.parametrize("own", [0.0, 0.25])
def test_a_layers_own_l2_replaces_the_global_one(own: float):
    net = network(l2=own)
    before, after = (net.views(v) for v in step(net, l2=0.05))
    np.testing.assert_allclose(
        after["dense"]["kernel"], before["dense"]["kernel"] * (1 - 2 * own), rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(after["dense_1"]["kernel"], before["dense_1"]["kernel"] * 0.9, rtol=1e-5)


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
