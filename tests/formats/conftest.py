"""Real Keras to compare with, for the tests of what Keras opens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

Predict = Callable[[Path, np.ndarray], np.ndarray]


@pytest.fixture(scope="module")  # no longer than its tests: it changes Keras for everybody
def keras_predict() -> Iterator[Predict]:
    """Opens a file with Keras and gives its predictions."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    jax = pytest.importorskip("jax", reason="the bench extra (Keras on JAX) is not installed")
    keras = pytest.importorskip("keras", reason="the bench extra (Keras on JAX) is not installed")

    def predict(path: Path, x: np.ndarray) -> np.ndarray:
        return np.asarray(keras.models.load_model(path, compile=False)(x))

    # compiling takes far longer than running, and so do first weights that the file's replace
    jax.config.update("jax_disable_most_optimizations", True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.initializers.GlorotUniform, "__call__", _zeros)
        yield predict
    jax.config.update("jax_disable_most_optimizations", False)


def _zeros(self: object, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
    return np.zeros(shape, dtype or "float32")
