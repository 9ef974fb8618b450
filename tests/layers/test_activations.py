"""Activations beside PyTorch over drawn shapes and parameters, at huge inputs, and softmax anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.activations import TITLES
from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops import NumpyOps
from nnstudio.layers import Activation, Conv2D, Dense, Flatten, Input
from nnstudio.layers.base import Layer
from nnstudio.optim.losses import CategoricalCrossentropy
from tests.layers.passes import passed

SHAPES = st.tuples(st.integers(1, 30)) | st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
EXAMPLES = settings(deadline=None, derandomize=True, max_examples=25)


def torch_functions(torch: Any, slope: float, alpha: float) -> dict[str, Any]:
    f = torch.nn.functional
    return {
        "linear": lambda z: z,
        "relu": f.relu,
        "leaky_relu": lambda z: f.leaky_relu(z, slope),
        "elu": lambda z: f.elu(z, alpha),
        "selu": f.selu,
        "gelu": f.gelu,
        "silu": f.silu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": lambda z: f.softplus(z, threshold=1e9),  # without its switch to z above 20
        "softmax": lambda z: f.softmax(z, dim=-1),
    }


@pytest.mark.bench
@pytest.mark.parametrize("name", TITLES)
@EXAMPLES
@given(SHAPES, st.integers(1, 4), st.floats(0, 10, width=16), st.floats(0, 10, width=16))
def test_every_activation_is_pytorchs(name: str, shape, batch: int, slope: float, alpha: float):
    torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
    if name == "softmax" and shape[-1] == 1:
        return
    layer = Activation(function=name, negative_slope=slope, alpha=alpha)
    ours = passed(layer, shape, batch)
    x = torch.tensor(ours.x, dtype=torch.float64, requires_grad=True)
    y = torch_functions(torch, slope, alpha)[name](x)
    y.backward(torch.tensor(ours.dy, dtype=torch.float64))
    np.testing.assert_allclose(ours.y, y.detach().numpy(), rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(ours.dx, x.grad.numpy(), rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize("name", TITLES)
def test_huge_inputs_give_finite_values_and_gradients(name: str):
    z = np.array([[-1e4, -200.0, -88.8, 0.0, 88.8, 200.0, 1e4]], dtype=np.float32)
    layer, ops = Activation(function=name), NumpyOps()
    function = layer.activation_function()
    y = ops.activate(function, z, np.empty_like(z))
    dz = ops.activate_backward(function, np.ones_like(z), y, z)
    assert np.isfinite(y).all()
    assert np.isfinite(dz).all()


@pytest.mark.parametrize(("name", "at_minus", "at_plus"), [("gelu", 0, 1e4), ("softplus", 0, 1e4)])
def test_tails_are_exact(name: str, at_minus: float, at_plus: float):
    z = np.array([-1e4, 1e4], dtype=np.float32)
    layer, ops = Activation(function=name), NumpyOps()
    y = ops.activate(layer.activation_function(), z, np.empty_like(z))
    np.testing.assert_array_equal(y, [at_minus, at_plus])
    dz = ops.activate_backward(layer.activation_function(), np.ones_like(z), y, z)
    np.testing.assert_array_equal(dz, [0, 1])


def test_selu_keeps_mean_0_and_variance_1():
    z = np.random.default_rng(0).standard_normal((1000, 1000)).astype(np.float32)
    y = NumpyOps().activate(Activation(function="selu").activation_function(), z, z)
    assert y.mean() == pytest.approx(0, abs=0.005)
    assert y.var() == pytest.approx(1, abs=0.005)


def logits(network: Network, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    return network.workspace(weights, len(x)).forward(x).copy()


@pytest.mark.parametrize(
    "middle",
    [
        (Dense(units=5), Activation(function="softmax")),
        (Dense(units=5, activation="softmax"),),
        (Dense(units=5, activation="tanh"), Activation(function="softmax")),
    ],
    ids=["fused", "field", "alone"],
)
def test_softmax_between_layers_is_softmax(middle: tuple[Layer, ...]):
    layers = (Input(shape=(4,)), *middle, Dense(name="head", units=3))
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    weights = network.initial_weights(0)
    x = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    views = network.views(weights)
    z = x @ views["dense"]["kernel"] + views["dense"]["bias"]
    hidden = np.exp(np.tanh(z) if middle[0].activation == "tanh" else z)
    hidden /= hidden.sum(axis=1, keepdims=True)
    expected = hidden @ views["head"]["kernel"] + views["head"]["bias"]
    np.testing.assert_allclose(logits(network, weights, x), expected, rtol=1e-5, atol=1e-6)


def test_softmax_over_an_images_channels_sums_to_1_in_each_pixel():
    layers = (
        Input(shape=(6, 5, 2)),
        Conv2D(filters=4, kernel_size=(3, 3)),
        Activation(function="softmax"),
        Flatten(),
        Dense(units=3),
    )
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    workspace = network.workspace(network.initial_weights(0), 3)
    workspace.forward(np.random.default_rng(1).standard_normal((3, 6, 5, 2)).astype(np.float32))
    image = workspace.outputs()["conv2d"]
    assert image.shape == (3, 4, 3, 4)
    np.testing.assert_allclose(image.sum(axis=-1), 1, rtol=1e-6)
    assert image.std() > 0.01
