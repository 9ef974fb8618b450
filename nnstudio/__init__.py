"""NNStudio: build, train and understand neural networks.

``import nnstudio as nn`` gives the engine without the application::

    network = nn.Network([nn.layers.Flatten(), nn.layers.Dense(10)], (28, 28, 1))
    run = nn.train(network, "digits", epochs=5)
    run.model.save("digits.h5")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Network", "__version__", "find_learning_rate", "layers", "load", "train"]

if TYPE_CHECKING:
    from nnstudio import layers
    from nnstudio.api import Network, find_learning_rate, load, train


def __getattr__(name: str) -> Any:
    # imported where first used, so that the command line answers at once
    import importlib

    if name == "layers":
        return importlib.import_module("nnstudio.layers")
    if name in ("Network", "find_learning_rate", "load", "train"):
        return getattr(importlib.import_module("nnstudio.api"), name)
    raise AttributeError(f"module 'nnstudio' has no attribute {name!r}")
