"""Every layer computes the same on the GPU path as in NumPy, forward and backward, but for rounding."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.ops.noise import Noise
from nnstudio.layers import Conv2D
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy
from tests.test_layer_contract import CASES, frozen, label, network_around, weights_of

BATCH = 6
QUADS = [
    (Conv2D(3, 3, padding="same", activation="relu"), (5, 4, 4)),
    (Conv2D(4, (3, 2), 2, "same", groups=2), (5, 6, 8)),
    (Conv2D(2, 3, dilation_rate=2), (6, 5, 12)),
]
"""Convolutions of images whose channels are read four at a time."""


class Passes:
    """What a forward and a backward pass give: logits, loss, hits, gradients, and weights afterwards."""

    def __init__(self, network, weights, x, labels, noise, ops=None):
        up = ops.device.upload if ops else np.array
        held, gradients = up(weights), up(np.zeros(network.trainable, weights.dtype))
        workspace = network.workspace(held, len(x), gradients, input_gradient=True, ops=ops)
        logits = workspace.forward(up(x), noise)
        self.logits = host(logits, ops)
        self.loss, self.hits = workspace.loss(logits, up(labels), backward=True)
        self.d_input = host(workspace.backward(workspace.d_logits), ops)
        self.gradients, self.weights = host(gradients, ops), host(held, ops)
        self.probabilities = host(workspace.probabilities(up(x)), ops)


def host(array, ops) -> np.ndarray:
    """A copy of an array on the host."""
    if ops is None:
        return np.array(array)
    out = np.empty(array.shape, array.dtype)
    ops.device.download(ops.xp.ascontiguousarray(array), out)
    return out


def assert_same(device, network, dtype, noise, tolerance):
    weights = weights_of(network, 3).astype(dtype)
    random = np.random.default_rng(3)
    x = random.standard_normal((BATCH, *network.input_shape)).astype(dtype)
    labels = random.integers(0, 4, BATCH)
    ops = GpuOps(device, dtype)
    ops.few_rows, ops.least_chunk, ops.column_bytes = 2, 2, 4096  # so that work comes in several parts
    expected = Passes(network, weights, x, labels, noise)
    found = Passes(network, weights, x, labels, noise, ops)
    assert found.hits == expected.hits
    assert found.loss == pytest.approx(expected.loss, rel=tolerance)
    for name in ("logits", "d_input", "gradients", "weights", "probabilities"):
        one, other = getattr(found, name), getattr(expected, name)
        scale = max(1e-3, np.abs(other).max(initial=0))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale, err_msg=name)


@pytest.mark.parametrize(("layer", "shape"), CASES + QUADS, ids=label)
@pytest.mark.parametrize("mode", ["training", "frozen", "evaluation"])
def test_every_layer_in_double_precision(device, layer, shape, mode):
    network = network_around(frozen(layer) if mode == "frozen" else layer, shape)
    noise = None if mode == "evaluation" else Noise(7)
    assert_same(device, network, np.float64, noise, 1e-10)


@pytest.mark.parametrize(("layer", "shape"), CASES + QUADS, ids=label)
def test_every_layer_in_single_precision(device, layer, shape):
    assert_same(device, network_around(layer, shape), np.float32, Noise(7), 3e-5)


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), BinaryCrossentropy()], ids=lambda e: e.link)
def test_every_loss(device, loss):
    layer, shape = CASES[0]
    assert_same(device, network_around(layer, shape, loss), np.float64, None, 1e-12)
