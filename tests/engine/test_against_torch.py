"""Whole networks beside PyTorch: outputs, gradients and three training steps from equal weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.update import Update
from nnstudio.layers import Activation, Dense, GlobalAvgPool, Input, Residual
from nnstudio.optim.losses import CategoricalCrossentropy
from tests.drawn import CLASSES, networks

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
twins = pytest.importorskip("tests.torch_twin")

pytestmark = pytest.mark.bench

STEPS = 3


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
