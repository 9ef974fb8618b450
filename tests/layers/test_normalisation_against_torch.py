"""Normalisation layers beside PyTorch: outputs, gradients and three training steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.update import Update
from nnstudio.layers import BatchNorm, Dense, Flatten, Input, LayerNorm
from nnstudio.layers.base import Layer
from nnstudio.optim.losses import CategoricalCrossentropy

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")

pytestmark = pytest.mark.bench

CLASSES, STEPS, RATE = 3, 3, 0.05
CLOSE = {"rtol": 5e-5, "atol": 5e-6}
"""Ours in float32 beside PyTorch in float64; few values per channel enlarge rounding by 1/√epsilon."""

EXAMPLES = settings(deadline=None, derandomize=True, max_examples=20)
SIDES = st.integers(1, 7)
SHAPES = st.tuples(st.integers(2, 40)) | st.tuples(SIDES, SIDES, st.integers(2, 6))


class Both:
    """A normalisation layer and a Dense layer behind it, here and in PyTorch, from equal weights."""

    def __init__(self, layer: Layer, shape: tuple[int, ...], batch: int, twin: Callable[..., Any]) -> None:
        flat = (Flatten(),) if len(shape) > 1 else ()
        stack = (Input(shape=shape), layer.replace(name="norm"), *flat, Dense(units=CLASSES))
        self.network = Network(NetworkSpec(layers=stack), CategoricalCrossentropy())
        random = np.random.default_rng(len(shape) + batch)
        self.weights = self.network.initial_weights(1)
        start = self.weights[: self.network.trainable]
        start += random.normal(0, 0.1, start.size).astype(np.float32)  # gamma and beta, too
        self.gradients = np.zeros(self.network.trainable, np.float32)
        self.workspace = self.network.workspace(self.weights, batch, self.gradients, input_gradient=True)
        self.parameters = [
            torch.tensor(view, dtype=torch.float64, requires_grad=True)
            for layer in self.network.views(start).values()
            for view in layer.values()
        ]
        self.twin = twin
        x = random.normal(0.5, 2, (STEPS, batch, *shape)).astype(np.float32)
        self.batches = list(zip(x, random.integers(0, CLASSES, (STEPS, batch)), strict=True))

    def logits(self, x: Any) -> Any:
        *own, kernel, bias = self.parameters
        return self.twin(x, *own).flatten(1) @ kernel + bias

    def step(self, x: np.ndarray, labels: np.ndarray) -> None:
        """Compares one forward and backward pass; the gradients stay for the optimizers."""
        theirs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        expected = self.logits(theirs)
        for parameter in self.parameters:
            parameter.grad = None
        torch.nn.functional.cross_entropy(expected, torch.tensor(labels)).backward()
        logits = self.workspace.forward(x, Noise(0))
        np.testing.assert_allclose(logits, expected.detach().numpy(), **CLOSE)
        self.workspace.loss(logits, labels, backward=True)
        dx = self.workspace.backward(self.workspace.d_logits / np.float32(len(x)))
        np.testing.assert_allclose(dx, theirs.grad.numpy(), **CLOSE)
        np.testing.assert_allclose(self.gradients, self.flat(grad=True), **CLOSE)

    def flat(self, *, grad: bool = False) -> np.ndarray:
        arrays = [p.grad if grad else p.detach() for p in self.parameters]
        return np.concatenate([array.numpy().ravel() for array in arrays])

    def train(self) -> None:
        """Three steps with momentum; weights and gradients stay equal."""
        update = Update(self.network, TrainSpec.build({"optimizer": "Momentum"}))
        slots = update.fresh_slots()
        optimizer = torch.optim.SGD(self.parameters, lr=RATE, momentum=0.9)
        for number, (x, labels) in enumerate(self.batches, 1):
            self.step(x, labels)
            optimizer.step()
            update.apply(self.weights, self.gradients, slots, number, RATE)
        np.testing.assert_allclose(self.weights[: self.network.trainable], self.flat(), **CLOSE)


@EXAMPLES
@given(SHAPES, st.integers(2, 9), st.sampled_from([0.9, 0.99]), st.sampled_from([1e-3, 1e-5]))
def test_batch_norm(shape, batch, momentum, epsilon):
    running = [torch.zeros(shape[-1], dtype=torch.float64), torch.ones(shape[-1], dtype=torch.float64)]
    count = batch * math.prod(shape[:-1])

    def twin(x: Any, gamma: Any, beta: Any) -> Any:
        channels_first = x.movedim(-1, 1)
        before = running[1].clone()
        y = torch.nn.functional.batch_norm(
            channels_first, *running, gamma, beta, training=True, momentum=1 - momentum, eps=epsilon
        )
        # PyTorch keeps the unbiased variance, Keras and we the biased one
        of_batch = (running[1] - momentum * before) / (1 - momentum)
        running[1] = momentum * before + (1 - momentum) * of_batch * (count - 1) / count
        return y.movedim(1, -1)

    both = Both(BatchNorm(momentum, epsilon), shape, batch, twin)
    both.train()
    views = both.network.views(both.weights)["norm"]
    np.testing.assert_allclose(views["moving_mean"], running[0].numpy(), **CLOSE)
    np.testing.assert_allclose(views["moving_variance"], running[1].numpy(), **CLOSE)
    x = both.batches[0][0]
    gamma, beta = both.parameters[:2]
    expected = torch.nn.functional.batch_norm(
        torch.tensor(x, dtype=torch.float64).movedim(-1, 1), *running, gamma, beta, eps=epsilon
    )
    both.workspace.forward(x)
    ours = cast(Any, both.workspace.outputs()["norm"])
    np.testing.assert_allclose(ours, expected.movedim(1, -1).detach().numpy(), **CLOSE)


@EXAMPLES  # of two or three channels hardly anything is left of dx but rounding, times 1/√epsilon
@given(SHAPES.filter(lambda shape: shape[-1] > 3), st.integers(1, 9), st.sampled_from([1e-3, 1e-5]))
def test_layer_norm(shape, batch, epsilon):
    def twin(x: Any, gamma: Any, beta: Any) -> Any:
        return torch.nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, epsilon)

    Both(LayerNorm(epsilon), shape, batch, twin).train()
