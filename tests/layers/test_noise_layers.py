"""Layers that draw random numbers: what they do to samples in training, and that evaluation is exact."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.errors import ShapeError
from nnstudio.layers import Dense, Dropout, Flatten, GaussianNoise, Input, SpatialDropout
from nnstudio.layers.base import Layer
from nnstudio.optim.losses import CategoricalCrossentropy

NOISY = [Dropout(0.4), SpatialDropout(0.4), GaussianNoise(0.5)]


def noised(layer: Layer, x: np.ndarray, noise: Noise | None, *, twice: bool = False) -> list[np.ndarray]:
    """Outputs of the layer (or of two in a row) for the samples, at the place behind the input."""
    layers = [layer.replace(name="first"), *([layer.replace(name="second")] if twice else [])]
    stack = NetworkSpec(layers=(Input(shape=x.shape[1:]), *layers, Flatten(), Dense(units=2)))
    network = Network(stack, CategoricalCrossentropy())
    gradients = np.zeros(network.trainable, np.float32)
    workspace = network.workspace(network.initial_weights(0), len(x), gradients)
    workspace.forward(x, noise)
    outputs = workspace.outputs()
    return [outputs[one.name].copy() for one in layers]


def test_gaussian_noise_has_the_given_deviation_and_mean_0():
    x = np.random.default_rng(0).standard_normal((200, 10, 10, 5)).astype(np.float32)
    (y,) = noised(GaussianNoise(0.5), x, Noise(1))
    added = (y - x).ravel()
    n = added.size
    assert abs(added.mean()) < 5 * 0.5 / np.sqrt(n)
    assert abs(added.std() / 0.5 - 1) < 5 / np.sqrt(2 * n)
    within = [float((np.abs(added) < k * 0.5).mean()) for k in (1, 2, 3)]
    np.testing.assert_allclose(within, [0.6827, 0.9545, 0.9973], atol=0.005)  # of a normal
    assert abs(np.corrcoef(added, x.ravel())[0, 1]) < 5 / np.sqrt(n)
    assert abs(np.corrcoef(added[1:], added[:-1])[0, 1]) < 5 / np.sqrt(n)


def test_spatial_dropout_switches_off_whole_channels_at_its_rate():
    x = np.ones((500, 3, 4, 8), np.float32)
    (y,) = noised(SpatialDropout(0.4), x, Noise(1))
    per_channel = y.reshape(500, 12, 8)
    np.testing.assert_array_equal(per_channel, np.broadcast_to(per_channel[:, :1], per_channel.shape))
    kept = per_channel[:, 0]
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.6)}
    assert (kept == 0).mean() == pytest.approx(0.4, abs=0.04)
    assert len(np.unique(kept, axis=0)) > 100  # each sample loses channels of its own


def test_spatial_dropout_needs_an_image():
    with pytest.raises(ShapeError, match="image"):
        SpatialDropout().output_shape((8,))


@pytest.mark.parametrize("layer", NOISY, ids=str)
class TestEveryNoisyLayer:
    x = np.random.default_rng(2).standard_normal((9, 4, 4, 6)).astype(np.float32)

    def test_evaluation_leaves_the_samples_alone(self, layer: Layer):
        np.testing.assert_array_equal(noised(layer, self.x, None)[0], self.x)

    def test_a_step_of_a_run_fixes_what_is_drawn(self, layer: Layer):
        (first,), (again,) = (noised(layer, self.x, Noise(1, step=5)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        for other in (Noise(1, step=6), Noise(2, step=5)):
            assert not np.array_equal(first, noised(layer, self.x, other)[0])

    def test_layers_draw_numbers_of_their_own(self, layer: Layer):
        ones = np.ones_like(self.x)
        first, second = noised(layer, ones, Noise(1), twice=True)
        assert not np.array_equal(second, noised(layer, first, Noise(1))[0])

    def test_a_shorter_batch_draws_what_the_longer_one_began_with(self, layer: Layer):
        (whole,) = noised(layer, self.x, Noise(3))
        (part,) = noised(layer, self.x[:4], Noise(3))
        np.testing.assert_array_equal(whole[:4], part)

    def test_nothing_is_drawn_at_strength_0(self, layer: Layer):
        field = "stddev" if isinstance(layer, GaussianNoise) else "rate"
        still = layer.replace(**{field: 0})
        np.testing.assert_array_equal(noised(still, self.x, Noise(1))[0], self.x)
