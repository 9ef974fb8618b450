"""Models to write into files."""

from __future__ import annotations

import numpy as np

from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.optim.losses import CategoricalCrossentropy


def model_of(spec: NetworkSpec, loss=None, spread: float = 0.1) -> Model:
    """A model all of whose weights differ from what they start as, also biases and statistics."""
    network = Network(spec, loss or CategoricalCrossentropy())
    weights = network.initial_weights(1)
    weights += np.random.default_rng(1).uniform(-spread, spread, weights.shape).astype(np.float32)
    classes = tuple(str(i) for i in range(max(2, network.output_shape[0])))
    return Model(network, weights, classes, Scaling(0, 1 / 255))
