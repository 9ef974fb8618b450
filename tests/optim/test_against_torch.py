"""The engine beside PyTorch: outputs, gradients and training steps from equal weights."""

from __future__ import annotations

from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest

from nnstudio.core.spec import LOSSES, NetworkSpec, TrainSpec
from nnstudio.core.spec import OPTIMIZERS as SPECS
from nnstudio.engine.network import Network
from nnstudio.engine.update import Update
from nnstudio.layers import Activation, Dense, Input
from nnstudio.optim import Loss

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")

pytestmark = pytest.mark.bench

FEATURES, CLASSES, BATCH, STEPS = 20, 5, 16, 5
CLOSE = {"rtol": 2e-5, "atol": 2e-6}
"""float32 after a few steps; both libraries sum in an order of their own."""


def functions(nn: ModuleType) -> dict[str, Any]:
    """Every activation as PyTorch writes it, with Keras's parameters where the two differ."""
    f = nn.functional
    return {
        "linear": lambda z: z,
        "relu": f.relu,
        "leaky_relu": lambda z: f.leaky_relu(z, 0.2),
        "elu": f.elu,
        "selu": f.selu,
        "gelu": f.gelu,
        "silu": f.silu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": f.softplus,
        "softmax": lambda z: f.softmax(z, dim=-1),
    }


ACTIVATIONS = sorted(functions(torch.nn))


def network(activation: str, loss: str = "CategoricalCrossentropy", outputs: int = CLASSES) -> Network:
    """Two hidden layers; the second has its activation as a layer of its own."""
    layers = (
        Input(shape=(FEATURES,)),
        Dense(units=24, activation=activation, bias_initializer="Normal"),
        Dense(units=16, bias_initializer="Normal"),
        Activation(function=activation, negative_slope=0.2),
        Dense(units=outputs),
    )
    return Network(NetworkSpec(layers=layers), cast(Loss, LOSSES.create(loss)))


class Twin:
    """The same network in PyTorch, from the same weights."""

    def __init__(self, ours: Network, weights: np.ndarray, activation: str) -> None:
        self.activation = functions(torch.nn)[activation]
        self.parameters = [
            torch.tensor(weights[view.start : view.stop].reshape(view.spec.shape), requires_grad=True)
            for view in ours.index
        ]

    def __call__(self, x: np.ndarray) -> Any:
        w1, b1, w2, b2, w3, b3 = self.parameters
        hidden = self.activation(torch.from_numpy(x) @ w1 + b1)
        return self.activation(hidden @ w2 + b2) @ w3 + b3

    def flat(self) -> np.ndarray:
        return np.concatenate([p.detach().numpy().ravel() for p in self.parameters])

    def gradient(self) -> np.ndarray:
        return np.concatenate([p.grad.numpy().ravel() for p in self.parameters])

    def kernels(self) -> list[Any]:
        return [p for p in self.parameters if p.ndim == 2]


def batches(classes: int = CLASSES) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(4)
    return [
        (random.standard_normal((BATCH, FEATURES), dtype=np.float32), random.integers(0, classes, BATCH))
        for _ in range(STEPS)
    ]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_losses_and_gradients(activation: str):
    ours = network(activation)
    weights = ours.initial_weights(1)
    gradients = np.zeros_like(weights)
    workspace, twin = ours.workspace(weights, BATCH, gradients), Twin(ours, weights, activation)
    x, labels = batches()[0]
    logits = workspace.forward(x)
    theirs = twin(x)
    np.testing.assert_allclose(logits, theirs.detach().numpy(), **CLOSE)
    loss, _ = workspace.loss(logits, labels, backward=True)
    expected = torch.nn.functional.cross_entropy(theirs, torch.from_numpy(labels), reduction="sum")
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    workspace.backward(workspace.d_logits)
    expected.backward()
    np.testing.assert_allclose(gradients, twin.gradient(), **CLOSE)


@pytest.mark.parametrize("outputs", [1, CLASSES])
def test_binary_cross_entropy(outputs: int):
    ours = network("tanh", "BinaryCrossentropy", outputs)
    weights = ours.initial_weights(2)
    gradients = np.zeros_like(weights)
    workspace, twin = ours.workspace(weights, BATCH, gradients), Twin(ours, weights, "tanh")
    x, labels = batches(max(2, outputs))[0]
    loss, _ = workspace.loss(workspace.forward(x), labels, backward=True)
    workspace.backward(workspace.d_logits)
    targets = np.eye(outputs)[labels] if outputs > 1 else labels[:, None]
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    expected = binary(twin(x), torch.tensor(targets, dtype=torch.float32), reduction="sum") / outputs
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    np.testing.assert_allclose(gradients, twin.gradient(), **CLOSE)


EPSILON = 1e-4
"""Far above the rounding of a gradient, which a smaller ε would let grow to a step of full length."""
OPTIMIZERS = {
    "SGD": lambda p, rate: torch.optim.SGD(p, lr=rate),
    "Momentum": lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9),
    "Nesterov": lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9, nesterov=True),
    "Adagrad": lambda p, rate: torch.optim.Adagrad(p, lr=rate, eps=EPSILON, initial_accumulator_value=0.1),
    "RMSProp": lambda p, rate: torch.optim.RMSprop(p, lr=rate, alpha=0.9, eps=EPSILON),
    "Adam": lambda p, rate: torch.optim.Adam(p, lr=rate, eps=EPSILON),
    "AdamW": lambda p, rate: torch.optim.AdamW(p, lr=rate, eps=EPSILON, weight_decay=0.004),
}
RATES = {"SGD": 0.1, "Momentum": 0.05, "Nesterov": 0.05, "Adagrad": 0.1, "RMSProp": 0.01}
RATES |= {"Adam": 0.01, "AdamW": 0.01}


def train_both(name: str, activation: str, **recipe: Any) -> None:
    """Five steps of both; all weights must stay equal."""
    ours = network(activation)
    weights = ours.initial_weights(3)
    gradients = np.zeros_like(weights)
    workspace, twin = ours.workspace(weights, BATCH, gradients), Twin(ours, weights, activation)
    adaptive = {"epsilon": EPSILON} if "epsilon" in SPECS.get(name).model_fields else {}
    spec = TrainSpec.build({"optimizer": {"type": name, **adaptive}, **recipe})
    update = Update(ours, spec)
    slots = update.fresh_slots()
    optimizer = OPTIMIZERS[name](twin.parameters, RATES[name])
    start = weights.copy()
    for step, (x, labels) in enumerate(batches(), 1):
        workspace.loss(workspace.forward(x), labels, backward=True)
        workspace.backward(workspace.d_logits / np.float32(BATCH))
        update.apply(weights, gradients, slots, step, RATES[name])
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(twin(x), torch.from_numpy(labels))
        # Keras's L2 is λΣw² on kernels; PyTorch's weight_decay would be half of that, and on biases too
        loss = loss + spec.l2 * sum((kernel**2).sum() for kernel in twin.kernels())
        loss = loss + spec.l1 * sum(kernel.abs().sum() for kernel in twin.kernels())
        loss.backward()
        if spec.clip_value is not None:
            torch.nn.utils.clip_grad_value_(twin.parameters, spec.clip_value)
        if spec.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(twin.parameters, spec.clip_norm)
        optimizer.step()
        np.testing.assert_allclose(weights, twin.flat(), **CLOSE)
    assert np.abs(weights - start).max() > 0.01


PAIRS = [*((name, "relu") for name in OPTIMIZERS), *(("SGD", activation) for activation in ACTIVATIONS)]


@pytest.mark.parametrize(("name", "activation"), sorted(set(PAIRS)))
def test_training_steps(name: str, activation: str):
    """Every optimizer, and every activation: an optimizer doesn't know where a gradient comes from."""
    train_both(name, activation)


RECIPES = [
    {"l2": 0.003},
    {"l1": 0.003},
    {"clip_norm": 0.3},
    {"clip_value": 0.05},
    {"l1": 0.001, "l2": 0.003, "clip_value": 0.05, "clip_norm": 0.5},  # penalties are clipped with the rest
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: "-".join(recipe))
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_steps_with_penalties_and_clipping(name: str, recipe: dict[str, float]):
    train_both(name, "tanh", **recipe)
