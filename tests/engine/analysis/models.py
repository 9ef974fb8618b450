"""Small models that the tests look into."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from nnstudio.core.spec import LOSSES, NetworkSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.layers import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool,
    Residual,
)
from nnstudio.layers.base import Layer
from nnstudio.optim import Loss

BYTES = Scaling(0.0, 1 / 255)


def model_of(*layers: Layer, loss: str = "CategoricalCrossentropy", scaling: Scaling = BYTES) -> Model:
    """A model with random weights, biases and statistics."""
    network = Network(NetworkSpec(layers=layers), cast(Loss, LOSSES.create(loss)))
    weights = network.initial_weights(0)
    random = np.random.default_rng(1)
    for entry in network.index:  # what starts at 0 or 1 would hide mistakes
        if entry.spec.name not in ("kernel", "depthwise_kernel"):
            weights[entry.start : entry.stop] += random.uniform(-0.2, 0.2, entry.spec.size)
    (outputs,) = network.output_shape
    return Model(network, weights, tuple(map(str, range(max(2, outputs)))), scaling)


def images(n: int = 5, shape: tuple[int, ...] = (8, 9, 2), seed: int = 0) -> np.ndarray:
    """Random raw images."""
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def dense() -> Model:
    """Features, two hidden layers, three classes; not bytes but floats of their own scale."""
    layers = (
        Input(shape=(6,)),
        Dense(units=10, activation="tanh"),
        Dense(units=8),
        Activation(function="gelu"),
        Dropout(rate=0.5),
        Dense(units=3, activation="softmax"),
    )
    return model_of(*layers, scaling=Scaling(0.5, 2.0))


def convolutional() -> Model:
    """Fields and cards of activations, strides, pooling, dropout, softmax as a card."""
    layers = (
        Input(shape=(8, 9, 2)),
        Conv2D(filters=4, kernel_size=3, padding="same", activation="relu"),
        MaxPool(pool_size=2),
        Conv2D(filters=6, kernel_size=2, name="last"),
        Activation(function="leaky_relu", negative_slope=0.1, name="leaky"),
        Dropout(rate=0.3),
        AvgPool(pool_size=2, strides=1),
        Flatten(),
        Dense(units=4),
        Activation(function="softmax"),
    )
    return model_of(*layers)


def pooled() -> Model:
    """No dense layer but the last, as in a ResNet."""
    layers = (
        Input(shape=(8, 9, 2)),
        Conv2D(filters=4, kernel_size=3, strides=2, padding="same", activation="silu"),
        GlobalAvgPool(),
        Dense(units=3),
    )
    return model_of(*layers)


def residual() -> Model:
    """Blocks as in a ResNet: with a projection, with a block inside, with the identity."""
    inner = Residual(layers=(Conv2D(filters=5, kernel_size=3, padding="same", name="inner"),), name="nested")
    first = (
        Conv2D(filters=5, kernel_size=3, strides=2, padding="same", name="down"),
        BatchNorm(name="down_norm"),
        Activation(function="relu"),
        inner,
    )
    second = (Conv2D(filters=5, kernel_size=3, padding="same", name="flat"), BatchNorm(), Dropout(rate=0.5))
    layers = (
        Input(shape=(8, 9, 2)),
        Conv2D(filters=4, kernel_size=3, padding="same", use_bias=False),
        BatchNorm(),
        Activation(function="relu"),
        Residual(layers=first, name="projecting"),
        Residual(layers=second, activation="silu", name="plain"),
        GlobalAvgPool(),
        Dense(units=3),
    )
    return model_of(*layers)


def binary() -> Model:
    """One sigmoid output."""
    layers = (
        Input(shape=(8, 9, 2)),
        Conv2D(filters=3, kernel_size=3, activation="relu"),
        Flatten(),
        Dense(units=1, activation="sigmoid"),
    )
    return model_of(*layers, loss="BinaryCrossentropy")


def scaled(model: Model, x: Any) -> np.ndarray:
    """What the network sees."""
    return model.scaling.apply(np.asarray(x))
