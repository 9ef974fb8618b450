"""Normalisation and activation layers beside Keras on JAX: single passes and three training steps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.activations import TITLES
from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.update import Update
from nnstudio.formats.keras_h5 import save_model
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Flatten, Input, LayerNorm
from nnstudio.layers.base import Layer
from tests.formats.models import model_of
from tests.layers.passes import passed

os.environ.setdefault("KERAS_BACKEND", "jax")
jax: Any = pytest.importorskip("jax", reason="the bench extra (Keras on JAX) is not installed")
keras: Any = pytest.importorskip("keras", reason="the bench extra (Keras on JAX) is not installed")

pytestmark = pytest.mark.bench

BATCH, CLASSES, STEPS = 8, 3, 3
CLOSE = 1e-3
"""Largest difference, as a share of how far the weights moved; float32 on both sides of a deep network."""

EXAMPLES = settings(deadline=None, derandomize=True, max_examples=3)
SHAPES = st.tuples(st.integers(4, 20)) | st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(4, 6))
EPSILONS = st.sampled_from([1e-3, 1e-5])

NORMALISED = [
    BatchNorm(0.9),
    LayerNorm(),
    BatchNorm(0.9, 1e-5, center=False),
    LayerNorm(1e-5, scale=False),
]
BEHIND = {1: (), 3: (Flatten(),)}
FUNCTIONS = [
    Activation(function=name, negative_slope=0.3, alpha=0.7)
    for name in ("softmax", "sigmoid", *sorted(set(TITLES) - {"softmax", "sigmoid"}))
]


@EXAMPLES
@given(SHAPES, st.integers(3, 9), st.sampled_from([0.9, 0.99]), EPSILONS, st.booleans(), st.booleans())
def test_batch_norm_is_keras_own(shape, batch, momentum, epsilon, center, scale):
    assert_keras_agrees(BatchNorm(momentum, epsilon, center, scale), shape, batch)


@EXAMPLES
@given(SHAPES, st.integers(1, 4), EPSILONS, st.booleans(), st.booleans())
def test_layer_norm_is_keras_own(shape, batch, epsilon, center, scale):
    assert_keras_agrees(LayerNorm(epsilon, center, scale), shape, batch)


@pytest.mark.parametrize("name", TITLES)
@settings(EXAMPLES, max_examples=1)
@given(SHAPES, st.integers(1, 4), st.floats(0, 2, width=16), st.floats(0, 2, width=16))
def test_every_activation_is_keras_own(name: str, shape, batch, slope, alpha):
    assert_keras_agrees(Activation(function=name, negative_slope=slope, alpha=alpha), shape, batch)


def assert_keras_agrees(layer: Layer, shape: tuple[int, ...], batch: int) -> None:
    """Output, gradients and running statistics of the layer that ``layer.keras()`` describes, in training."""
    ours = passed(layer, shape, batch)
    ((kind, config),) = layer.keras()
    twin = getattr(keras.layers, kind).from_config(config)
    twin.build((None, *shape))
    running = {name: array for name, array in ours.weights.items() if name.startswith("moving")}
    learnt = [array for name, array in ours.weights.items() if name not in running]

    def compute(x: Any, *weights: Any) -> Any:
        arguments = {"training": True} if running else {}
        return twin.stateless_call(list(weights), list(running.values()), x, **arguments)

    y, back, moved = jax.vjp(compute, ours.x, *learnt, has_aux=True)
    np.testing.assert_allclose(ours.y, y, rtol=2e-5, atol=2e-5)
    for mine, theirs in zip((ours.dx, *ours.gradients.values()), back(ours.dy), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=5e-5)
    for name, theirs in zip(running, moved, strict=True):
        np.testing.assert_allclose(ours.after[name], theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "activation", "rate", "shape"),
    [(NORMALISED, "tanh", 0.05, (3, 4, 2)), (FUNCTIONS, "linear", 0.3, (5,))],
    ids=["normalisation", "activations"],
)
def test_training_steps_are_keras(
    tmp_path: Path, layers: list[Layer], activation: str, rate: float, shape: tuple[int, ...]
):
    """Three steps with momentum of a network with all of them in a row; all weights stay equal."""
    settings = {"activation": activation, "kernel_initializer": "HeNormal"}
    between = Dense(6, **settings) if len(shape) == 1 else Conv2D(6, 2, padding="same", **settings)
    body = [one for layer in layers for one in (between, layer)]
    stack = NetworkSpec(layers=(Input(shape=shape), *body, *BEHIND[len(shape)], Dense(units=CLASSES)))
    model = model_of(stack)
    network, weights = model.network, model.weights
    save_model(tmp_path / "m.h5", model)
    theirs = keras.models.load_model(tmp_path / "m.h5", compile=False)
    theirs.compile(keras.optimizers.SGD(rate, momentum=0.9), "sparse_categorical_crossentropy")

    gradients = np.zeros(network.trainable, np.float32)
    workspace = network.workspace(weights, BATCH, gradients)
    update = Update(network, TrainSpec.build({"optimizer": "Momentum"}))
    slots = update.fresh_slots()
    start, random = weights.copy(), np.random.default_rng(0)
    for step in range(1, STEPS + 1):
        x = random.normal(0.5, 2, (BATCH, *shape)).astype(np.float32)
        labels = random.integers(0, CLASSES, BATCH)
        theirs.train_on_batch(x, labels)
        workspace.loss(workspace.forward(x, Noise(0)), labels, backward=True)
        workspace.backward(workspace.d_logits / np.float32(BATCH))
        update.apply(weights, gradients, slots, step, rate)
    ours, first = (
        [array for own in network.views(vector).values() for array in own.values()]
        for vector in (weights, start)
    )
    for one, before, other in zip(ours, first, theirs.weights, strict=True):
        moved = np.abs(one - before).max()
        assert moved > 1e-4
        assert np.abs(one - np.asarray(other.value)).max() < CLOSE * moved
