"""The optimizers beside Keras's own, on JAX: the same gradients give the same weights."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from nnstudio.core.spec import OPTIMIZERS

pytestmark = pytest.mark.bench

SIZE, STEPS, RATE = 200, 6, 0.05


@pytest.fixture(scope="module")
def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    if not (find_spec("keras") and find_spec("jax")):
        pytest.skip("the bench extra (Keras on JAX) is not installed")
    import keras

    return keras


def gradients() -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [random.normal(0, 1, SIZE).astype(np.float32) for _ in range(STEPS)]


def ours(name: str, **fields: object) -> np.ndarray:
    optimizer = OPTIMIZERS.create(name, **fields)
    w = np.linspace(-1, 1, SIZE, dtype=np.float32)
    slots = [np.zeros_like(w) for _ in optimizer.slots]
    for step, g in enumerate(gradients(), 1):
        optimizer.update(np, w, g.copy(), slots, np.empty_like(w), RATE, step)
    return w


def theirs(keras: Any, optimizer: Any) -> np.ndarray:
    variable = keras.Variable(np.linspace(-1, 1, SIZE, dtype=np.float32))
    optimizer.build([variable])
    for g in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(g)])
    return np.asarray(variable.value)


def test_sgd(keras: Any):
    np.testing.assert_allclose(ours("SGD"), theirs(keras, keras.optimizers.SGD(RATE)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "nesterov"), [("Momentum", False), ("Nesterov", True)])
def test_momentum(keras: Any, name: str, nesterov: bool):
    # Keras keeps v = γv − αg and adds it; at a constant α that is the usual form
    sgd = keras.optimizers.SGD(RATE, momentum=0.9, nesterov=nesterov)
    np.testing.assert_allclose(ours(name, momentum=0.9), theirs(keras, sgd), rtol=1e-5, atol=1e-6)


def test_adam(keras: Any):
    # Keras adds its ε to √v, the paper (algorithm 1) and we to √v̂ = √v / √(1−β₂ᵗ). With gradients
    # far above ε, as here, the difference is below float32's precision.
    adam = keras.optimizers.Adam(RATE, epsilon=1e-7)
    np.testing.assert_allclose(ours("Adam", epsilon=1e-7), theirs(keras, adam), rtol=1e-4, atol=2e-5)


def test_adams_epsilon_is_keras_epsilon_before_the_correction(keras: Any):
    """Where ε matters, Keras's first step is ours with ε / √(1−β₂)."""
    w = np.linspace(-1, 1, SIZE, dtype=np.float32)
    g = gradients()[0] * np.float32(1e-3)
    epsilon, beta_2 = 1e-3, 0.9
    optimizer = OPTIMIZERS.create("Adam", beta_2=beta_2, epsilon=epsilon / (1 - beta_2) ** 0.5)
    variable = keras.Variable(w)
    keras_adam = keras.optimizers.Adam(RATE, beta_2=beta_2, epsilon=epsilon)
    keras_adam.build([variable])
    keras_adam.apply([keras.ops.convert_to_tensor(g)])
    optimizer.update(np, w, g.copy(), [np.zeros_like(w), np.zeros_like(w)], np.empty_like(w), RATE, 1)
    np.testing.assert_allclose(w, np.asarray(variable.value), rtol=1e-5, atol=1e-6)
