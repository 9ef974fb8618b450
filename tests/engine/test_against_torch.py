"""Whole networks beside PyTorch: outputs, gradients and three training steps from equal weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.update import Update
from nnstudio.layers import Activation, Dense, Flatten, GlobalAvgPool, Input, Residual
from nnstudio.optim.losses import CategoricalCrossentropy

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
twins = pytest.importorskip("tests.torch_twin")

pytestmark = pytest.mark.bench

CLASSES, STEPS = 5, 3
ACTIVATIONS = ["linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus"]


@st.composite
def image_layers(draw: st.DrawFn, depth: int = 0) -> LayerSpec:
    """A layer that takes an image and gives one, its settings drawn too."""
    kinds = ["conv", "depthwise", "max", "avg", "pad", "batch", "layer", "act", "block", "frozen"]
    kind = draw(st.sampled_from(kinds if depth == 0 else kinds[:8]))
    pair = st.tuples(st.integers(1, 4), st.integers(1, 4))
    common = {"strides": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), "padding": "same"}
    if kind in ("conv", "depthwise"):
        if draw(st.booleans()):
            common = {
                "dilation_rate": draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
                "padding": "same",
            }
        function = draw(st.sampled_from(ACTIVATIONS))
        common |= {"kernel_size": draw(pair), "activation": function, "use_bias": draw(st.booleans())}
        if kind == "conv":
            return LAYERS.create("Conv2D", filters=draw(st.sampled_from([1, 3, 6])), **common)
        if "strides" in common:
            common["strides"] = (common["strides"][0],) * 2
        return LAYERS.create("DepthwiseConv2D", depth_multiplier=draw(st.integers(1, 2)), **common)
    if kind in ("max", "avg"):
        return LAYERS.create("MaxPool" if kind == "max" else "AvgPool", pool_size=draw(pair), **common)
    if kind == "pad":
        return LAYERS.create("ZeroPadding", padding=draw(st.integers(0, 2)))
    if kind == "block":
        inside = draw(st.lists(image_layers(depth=1), min_size=1, max_size=3))
        return Residual(layers=tuple(inside), activation=draw(st.sampled_from(ACTIVATIONS)))
    if kind == "frozen":
        return LAYERS.create("BatchNorm", frozen=True)
    if kind == "act":
        return Activation(function=draw(st.sampled_from(ACTIVATIONS)))
    return LAYERS.create("BatchNorm" if kind == "batch" else "LayerNorm")


@st.composite
def networks(draw: st.DrawFn) -> NetworkSpec:
    """A valid convolutional network over small odd and even images."""
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.sampled_from([1, 2, 3])))
    layers: list[LayerSpec] = []
    for layer in draw(st.lists(image_layers(), min_size=1, max_size=4)):
        stack = NetworkSpec(layers=(Input(shape=shape), *layers, layer, GlobalAvgPool(), Dense(CLASSES)))
        if infer_shapes(stack).ok:
            layers.append(layer)
    end = draw(st.sampled_from([(Flatten(), Dense(7, "tanh")), (GlobalAvgPool(),)]))
    return NetworkSpec(layers=(Input(shape=shape), *layers, *end, Dense(CLASSES)))


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Networks this small are slower on more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def compare(spec: NetworkSpec, batch: int, optimizer: str, seed: int) -> None:
    """Outputs, then ``STEPS`` training steps, each with its gradients, in both."""
    network = Network(spec, CategoricalCrossentropy())
    weights = network.initial_weights(seed)
    random = np.random.default_rng(seed)
    x = random.standard_normal((batch, *network.input_shape)).astype(np.float32)
    labels = random.integers(0, CLASSES, batch)
    twin = twins.Twin(network, weights)
    gradients = np.zeros(network.trainable, np.float32)
    workspace = network.workspace(weights, batch, gradients)
    assert_close(workspace.forward(x), twin(x).detach().numpy(), 1)
    recipe = TrainSpec.build({"optimizer": optimizer, "learning_rate": 0.01})
    update = Update(network, recipe)
    slots, theirs = update.fresh_slots(), torch_optimizer(recipe, twin.parameters)
    for step in range(STEPS):
        loss, _ = workspace.loss(workspace.forward(x, Noise(0, step)), labels, backward=True)
        assert workspace.d_logits is not None
        workspace.backward(workspace.d_logits / np.float32(batch))
        theirs.zero_grad()
        other = torch.nn.functional.cross_entropy(twin(x, training=True), torch.tensor(labels))
        other.backward()
        assert_close(np.array(loss / batch), other.detach().numpy(), 1)
        assert_close(gradients, twin.gradient(), step + 1)
        update.apply(weights, gradients, slots, step + 1, recipe.learning_rate)
        theirs.step()
    assert_close(weights, twin.flat(), STEPS)


def assert_close(ours: Any, theirs: Any, steps: int) -> None:
    """Equal to float32 accuracy of the largest value, with room for what steps make of the rounding."""
    scale = max(1e-3, float(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=2e-4 * steps, atol=2e-5 * steps * scale)


def torch_optimizer(recipe: TrainSpec, parameters: list[Any]) -> Any:
    """PyTorch's optimizer for the ones that are the same in both from the first step on."""
    settings: Any = recipe.optimizer
    if settings.type_name() == "SGD":
        return torch.optim.SGD(parameters, lr=recipe.learning_rate)
    return torch.optim.SGD(parameters, lr=recipe.learning_rate, momentum=settings.momentum)


@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.generate,))
@given(spec=networks(), batch=st.sampled_from([1, 2, 5]), seed=st.integers(0, 1000), momentum=st.booleans())
def test_drawn_networks_train_as_in_pytorch(spec: NetworkSpec, batch: int, seed: int, momentum: bool):
    compare(spec, batch, "Momentum" if momentum else "SGD", seed)


def test_a_small_resnet_trains_as_in_pytorch():
    def convolution(filters: int, stride: int = 1) -> tuple[LayerSpec, ...]:
        fields = {
            "filters": filters,
            "kernel_size": 3,
            "strides": stride,
            "padding": "same",
            "use_bias": False,
        }
        return LAYERS.create("Conv2D", **fields), LAYERS.create("BatchNorm")

    def block(filters: int, stride: int = 1) -> Residual:
        return Residual(layers=(*convolution(filters, stride), Activation(), *convolution(filters)))

    spec = NetworkSpec(
        layers=(
            Input(shape=(13, 13, 1)),
            *convolution(8),
            Activation(),
            block(8),
            block(12, 2),
            block(12),
            GlobalAvgPool(),
            Dense(CLASSES),
        )
    )
    compare(spec, 6, "Momentum", 3)
