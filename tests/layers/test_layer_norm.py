"""LayerNorm: each sample by itself, with the same result in training and evaluation, at any numbers."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.ops import NumpyOps
from nnstudio.errors import ShapeError
from nnstudio.layers import LayerNorm
from nnstudio.layers.base import Frame
from tests.layers.passes import passed


def normed(x: np.ndarray, layer: LayerNorm | None = None) -> np.ndarray:
    layer = layer or LayerNorm()
    channels = x.shape[-1:]
    buffers = layer.buffers(x.shape[1:], layer.activation_function())
    frame = Frame(
        ops=NumpyOps(),
        weights={"gamma": np.ones(channels, x.dtype), "beta": np.zeros(channels, x.dtype)},
        gradients={},
        buffers={name: np.empty((len(x), *spec.shape), x.dtype) for name, spec in buffers.items()},
    )
    return layer.forward(frame, x)


@pytest.mark.parametrize("shape", [(9,), (4, 5, 6), (3, 2)])
def test_only_the_last_axis_is_normalised(shape):
    x = np.random.default_rng(0).normal(2, 3, (5, *shape)).astype(np.float32)
    exact = x.astype(np.float64)
    mean, variance = exact.mean(axis=-1, keepdims=True), exact.var(axis=-1, keepdims=True)
    expected = (exact - mean) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(normed(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 100.0, -1e4])
@pytest.mark.parametrize("channels", [2, 30, 5000])
def test_a_large_offset_costs_no_digits(offset: float, channels: int):
    x = np.random.default_rng(0).normal(offset, 1, (40, channels)).astype(np.float32)
    exact = x.astype(np.float64)
    expected = exact - exact.mean(axis=1, keepdims=True)
    expected /= np.sqrt(exact.var(axis=1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(normed(x), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 255.0, -1e4, 3e6 + 0.25])
@pytest.mark.parametrize("channels", [2, 7, 1000])
def test_constant_samples_give_beta(value: float, channels: int):
    np.testing.assert_allclose(normed(np.full((3, channels), value, np.float32)), 0, atol=1e-4)


def test_gradients_hold_up_over_many_pixels():
    single = passed(LayerNorm(), (60, 60, 3), 20)
    double = passed(LayerNorm(), (60, 60, 3), 20, dtype=np.float64)
    np.testing.assert_allclose(single.dx, double.dx, rtol=1e-4, atol=1e-4)
    for name in ("gamma", "beta"):
        np.testing.assert_allclose(single.gradients[name], double.gradients[name], rtol=2e-5)


def test_a_single_channel_is_refused_with_a_way_out():
    with pytest.raises(ShapeError, match="2 or more channels") as caught:
        LayerNorm().output_shape((28, 28, 1))
    assert caught.value.fixes
