"""Runs exported files in Keras itself, where that is installed."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.model import Model
from nnstudio.formats.keras_graph import keras_nodes
from nnstudio.formats.keras_zip import keras_3_config


def run_keras_model(path: Path, model: Model, samples: NDArray[Any]) -> NDArray[Any]:
    """Predictions of a file that holds a whole model.

    Args:
        path: The file.
        model: The model it was made from.
        samples: ``(N, *input_shape)``, as the network needs them.

    Returns:
        ``(N, outputs)``.
    """
    return _predictions(_keras().models.load_model(path, compile=False), samples)


def run_keras_weights(path: Path, model: Model, samples: NDArray[Any]) -> NDArray[Any]:
    """Predictions of a file that holds weights only, loaded into a Keras model of the same layers."""
    config = json.dumps(keras_3_config(keras_nodes(model)))
    built = _keras().models.model_from_json(config)
    built.load_weights(path)
    return _predictions(built, samples)


def _predictions(built: Any, samples: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(built.predict(samples, verbose=0))


def _keras() -> Any:
    """Keras on the backend that is chosen or, where none is, on one that is installed."""
    if "KERAS_BACKEND" not in os.environ:
        found = next((name for name in ("jax", "tensorflow", "torch") if importlib.util.find_spec(name)), "")
        os.environ["KERAS_BACKEND"] = found or "numpy"
    import keras

    return keras
