"""Every registered layer can be looked into: backwards in evaluation mode, and laid open."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nnstudio.core.activations import LINEAR
from nnstudio.core.layer import LayerSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.analysis import layer_passes
from nnstudio.engine.gradcheck import TOLERANCE, directional_error
from nnstudio.engine.model import Model
from nnstudio.engine.ops import NumpyOps
from tests.test_layer_contract import CASES, label, network_around, weights_of


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=label)
def test_the_gradient_of_the_input_agrees_in_evaluation(layer: LayerSpec, shape: tuple[int, ...]):
    network, random = network_around(layer, shape), np.random.default_rng(0)
    workspace = network.workspace(weights_of(network, 0).astype(np.float64), 3, input_gradient=True)
    x, rows = random.standard_normal((3, *shape)), random.standard_normal((3, 4))
    workspace.forward(x)
    gradient = workspace.backward(rows.copy()).copy()
    error = directional_error(lambda: float((workspace.forward(x) * rows).sum()), x, gradient, random)
    assert error.relative_error <= TOLERANCE


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=label)
def test_laid_open_every_layer_goes_on_from_the_one_before(layer: LayerSpec, shape: tuple[int, ...]):
    network, ops = network_around(layer, shape), NumpyOps()
    model = Model(network, weights_of(network, 1), ("a", "b", "c", "d"), Scaling())
    x = np.random.default_rng(1).standard_normal((3, *shape)).astype(np.float32)
    passes = layer_passes(model, x)
    outer = [passes[step.layer.name] for step in network.steps]
    for before, behind in pairwise(outer):
        np.testing.assert_array_equal(before.y, behind.x)
    for one in passes.values():
        if one.function == LINEAR:
            np.testing.assert_array_equal(one.z, one.y)
        else:
            np.testing.assert_array_equal(ops.activate(one.function, one.z, np.empty_like(one.z)), one.y)
    logits = outer[-1].y  # the last layer has no activation: the loss applies its softmax
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, model.predict(x, scaled=True), rtol=1e-5)
