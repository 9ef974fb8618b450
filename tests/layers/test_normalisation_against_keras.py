"""Normalisation and activation layers beside Keras on JAX: three training steps from equal weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.core.activations import TITLES
from nnstudio.core.spec import NetworkSpec, TrainSpec
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.update import Update
from nnstudio.formats.keras_h5 import save_model
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Flatten, Input, LayerNorm
from nnstudio.layers.base import Layer
from tests.formats.models import model_of

pytestmark = pytest.mark.bench

BATCH, CLASSES, STEPS = 8, 3, 3
CLOSE = 1e-3
"""Largest difference, as a share of how far the weights moved; float32 on both sides of a deep network."""

NORMALISED = [
    BatchNorm(0.9),
    LayerNorm(),
    BatchNorm(0.9, 1e-5, center=False),
    LayerNorm(1e-5, center=False),
    BatchNorm(scale=False),
    LayerNorm(scale=False),
]
BEHIND = {1: (), 3: (Flatten(),)}
FUNCTIONS = [
    Activation(function=name, negative_slope=0.3, alpha=0.7)
    for name in ("softmax", "sigmoid", *sorted(set(TITLES) - {"softmax", "sigmoid"}))
]


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    jax: Any = pytest.importorskip("jax", reason="the bench extra (Keras on JAX) is not installed")
    keras: Any = pytest.importorskip("keras", reason="the bench extra (Keras on JAX) is not installed")
    jax.config.update("jax_disable_most_optimizations", True)  # compiling takes far longer than running
    yield keras
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2)], ids=str)
@pytest.mark.parametrize(
    ("layers", "activation", "rate"),
    [(NORMALISED, "tanh", 0.05), (FUNCTIONS, "linear", 0.3)],
    ids=["normalisation", "activations"],
)
def test_training_steps_are_keras(
    keras: Any, tmp_path: Path, layers: list[Layer], activation: str, rate: float, shape: tuple[int, ...]
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
