"""BatchNorm: the batch's statistics in training, the running ones in evaluation, at any numbers."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Flatten, Input
from nnstudio.layers.base import Layer
from nnstudio.optim.losses import CategoricalCrossentropy


def normed(layer: BatchNorm, *behind: Layer, shape: tuple[int, ...] = (4, 5, 3)) -> Network:
    flat = (Flatten(),) if len(shape) > 1 else ()
    layers = (Input(shape=shape), layer, *behind, *flat, Dense(units=2))
    return Network(NetworkSpec(layers=layers), CategoricalCrossentropy())


def samples(*shape: int, seed: int = 0, mean: float = 2.0, std: float = 3.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, std, shape).astype(np.float32)


class Trained:
    """A network whose BatchNorm (named after its type) takes batches."""

    def __init__(self, layer: BatchNorm, shape: tuple[int, ...], batch: int, *behind: Layer) -> None:
        self.network = normed(layer, *behind, shape=shape)
        self.weights = self.network.initial_weights(0)
        self.gradients = np.zeros(self.network.trainable, np.float32)
        self.workspace = self.network.workspace(self.weights, batch, self.gradients, input_gradient=True)
        self.views = self.network.views(self.weights)["batch_norm"]

    def forward(self, x: np.ndarray, *, training: bool) -> np.ndarray:
        self.workspace.forward(x, Noise(0) if training else None)
        return self.workspace.outputs()["batch_norm"].copy()


@pytest.mark.parametrize("shape", [(7,), (4, 5, 3), (6, 2)])
def test_training_gives_every_channel_mean_0_and_variance_1(shape):
    run = Trained(BatchNorm(epsilon=1e-6), shape, 40)
    y = run.forward(samples(40, *shape), training=True).reshape(-1, shape[-1])
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(axis=0), 1, atol=1e-5)


def test_running_statistics_follow_the_batches_and_evaluation_uses_them():
    run = Trained(BatchNorm(momentum=0.75, epsilon=0.01), (5,), 8)
    mean, variance = np.zeros(5), np.ones(5)
    for step in range(3):
        x = samples(8, 5, seed=step)
        run.forward(x, training=True)
        mean = 0.75 * mean + 0.25 * x.mean(axis=0, dtype=np.float64)
        variance = 0.75 * variance + 0.25 * x.var(axis=0, dtype=np.float64)  # biased, as in Keras
    np.testing.assert_allclose(run.views["moving_mean"], mean, rtol=1e-6)
    np.testing.assert_allclose(run.views["moving_variance"], variance, rtol=1e-6)
    run.views["gamma"][...], run.views["beta"][...] = 1.5, -0.5
    x = samples(3, 5, seed=9)
    expected = 1.5 * (x - mean) / np.sqrt(variance + 0.01) - 0.5
    np.testing.assert_allclose(run.forward(x, training=False), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run.views["moving_mean"], mean, rtol=1e-6)  # evaluation leaves them


def test_a_frozen_layer_uses_and_keeps_its_running_statistics():
    run = Trained(BatchNorm(frozen=True), (5,), 8)
    run.views["moving_mean"][...], run.views["moving_variance"][...] = 1.0, 4.0
    x = samples(8, 5)
    y = run.forward(x, training=True)
    np.testing.assert_allclose(y, (x - 1) / np.sqrt(4 + 1e-3), rtol=1e-5, atol=1e-6)
    assert set(run.views["moving_mean"]) == {1.0}
    assert set(run.views["moving_variance"]) == {4.0}


def test_the_running_statistics_lie_behind_all_that_training_changes():
    network = normed(BatchNorm(), shape=(5,))
    assert network.trainable == 5 + 5 + 5 * 2 + 2 == network.report.parameters
    assert [view.spec.name for view in network.index if not view.trainable] == [
        "moving_mean",
        "moving_variance",
    ]
    assert network.size == network.trainable + 10


@pytest.mark.parametrize(("center", "scale"), [(False, True), (True, False), (False, False)])
def test_without_scale_or_shift_there_are_no_weights_for_them(center: bool, scale: bool):
    layer = BatchNorm(center=center, scale=scale)
    names = [weight.name for weight in layer.weights((3,))]
    learnt = ["gamma"] * scale + ["beta"] * center
    assert names == [*learnt, "moving_mean", "moving_variance"]
    y = Trained(layer, (3,), 50).forward(samples(50, 3), training=True)
    np.testing.assert_allclose(y.std(axis=0), 1, atol=1e-3)


@pytest.mark.parametrize("function", ["relu", "gelu", "softmax"])
@pytest.mark.parametrize("training", [True, False])
def test_an_activation_behind_it_is_computed_with_it(function: str, training: bool):
    shape = (4, 5, 3)
    spec = normed(BatchNorm(), Activation(function=function), shape=shape).spec
    results = []
    for fuse in (True, False):
        network = Network(spec, CategoricalCrossentropy(), fuse=fuse)
        weights = network.initial_weights(0)
        gradients = np.zeros(network.trainable, np.float32)
        workspace = network.workspace(weights, 6, gradients, input_gradient=True)
        logits = workspace.forward(samples(6, *shape), Noise(0) if training else None)
        assert (function in workspace.outputs()) is not fuse
        dx = workspace.backward(logits.copy())
        results.append((logits.copy(), dx.copy(), gradients, weights))
    for fused, apart in zip(*results, strict=True):
        np.testing.assert_allclose(fused, apart, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1e-3, 255.0, -1e4, 3e6])
@pytest.mark.parametrize("shape", [(3,), (4, 4, 3)])
def test_constant_inputs_give_beta_and_finite_gradients(shape, value: float):
    run = Trained(BatchNorm(), shape, 10)
    run.views["beta"][...] = 0.25
    y = run.forward(np.full((10, *shape), value, np.float32), training=True)
    np.testing.assert_allclose(y, 0.25, atol=1e-5)
    run.workspace.backward(np.ones((10, 2), np.float32))
    assert np.isfinite(run.gradients).all()
    np.testing.assert_allclose(run.views["moving_variance"], 0.99, rtol=1e-6)


def test_a_batch_of_one_value_per_channel_is_beta():
    run = Trained(BatchNorm(), (6,), 1)
    y = run.forward(samples(1, 6), training=True)
    np.testing.assert_array_equal(y, 0)
    dx = run.workspace.backward(np.ones((1, 2), np.float32))
    np.testing.assert_array_equal(dx, 0)  # whatever the input, the output stays the same
    assert np.isfinite(run.gradients).all()


@pytest.mark.parametrize("offset", [0.0, 100.0, -1e4])
@pytest.mark.parametrize("channels", [1, 3, 700])
def test_many_values_with_a_large_offset_keep_their_digits(offset: float, channels: int):
    positions = 330 if channels < 10 else 5
    x = samples(300, positions, channels, mean=offset, std=1.0)
    run = Trained(BatchNorm(), x.shape[1:], len(x))
    y = run.forward(x, training=True)
    exact = x.astype(np.float64)
    mean, variance = exact.mean(axis=(0, 1)), exact.var(axis=(0, 1))
    np.testing.assert_allclose(run.views["moving_mean"], 0.01 * mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(run.views["moving_variance"], 0.99 + 0.01 * variance, rtol=1e-6)
    np.testing.assert_allclose(y, (exact - mean) / np.sqrt(variance + 1e-3), rtol=1e-5, atol=1e-6)


def test_gradients_hold_up_over_many_values_with_an_offset():
    x, dy = samples(200, 500, 2, mean=1000.0, std=0.5), samples(200, 500, 2, seed=1, mean=0.1, std=1.0)
    results = {}
    for dtype in (np.float32, np.float64):
        network = normed(BatchNorm(), shape=(500, 2))
        gradients = np.zeros(network.trainable, dtype)
        workspace = network.workspace(network.initial_weights(0).astype(dtype), 200, gradients)
        workspace.forward(x.astype(dtype), Noise(0))
        layer, frame = workspace.chain.frames(200)["batch_norm"]
        frame.needs_dx = True
        dx = layer.backward(frame, x.astype(dtype), None, dy.astype(dtype))
        results[dtype] = dx, network.views(gradients)["batch_norm"]
    (dx, sums), (exact_dx, exact_sums) = results[np.float32], results[np.float64]
    np.testing.assert_allclose(dx, exact_dx, rtol=1e-5, atol=1e-6)
    for name in ("gamma", "beta"):
        np.testing.assert_allclose(sums[name], exact_sums[name], rtol=1e-5)


def test_one_sample_in_the_last_batch_trains_and_stays_finite():
    layers = (
        Input(shape=(6, 6, 1)),
        Conv2D(filters=3, kernel_size=(3, 3)),
        BatchNorm(),
        Activation(function="relu"),
        Flatten(),
        Dense(units=2),
    )
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    weights = network.initial_weights(0)
    gradients = np.zeros(network.trainable, np.float32)
    workspace = network.workspace(weights, 8, gradients)
    for n in (8, 1):
        for x in (samples(n, 6, 6, 1), np.zeros((n, 6, 6, 1), np.float32)):
            workspace.loss(workspace.forward(x, Noise(0)), np.zeros(n, np.int64), backward=True)
            workspace.backward(workspace.d_logits[:n])
            assert np.isfinite(gradients).all()
            assert np.isfinite(weights).all()
