"""Every layer computes the same on the GPU path as in NumPy, forward and backward, but for rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.ops.gpu.winograd import tiling_of
from nnstudio.engine.ops.noise import Noise
from nnstudio.layers import Conv2D, MaxPool
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy
from tests.test_layer_contract import CASES, frozen, label, network_around, weights_of

BATCH = 6
QUADS = [
    (Conv2D(3, 3, padding="same", activation="relu"), (5, 4, 4)),
    (Conv2D(4, (3, 2), 2, "same", groups=2), (5, 6, 8)),
    (Conv2D(2, 3, dilation_rate=2), (6, 5, 12)),
]
"""Convolutions of images whose channels are read four at a time."""


POOLS = [(MaxPool(2), (6, 4, 3)), (MaxPool((3, 1)), (3, 5, 2))]
"""Windows that lie side by side and cover the image."""
WINOGRAD = [
    (Conv2D(5, 3, padding="same", activation="relu"), (9, 7, 4)),  # tiles of 4 x 4, cut off at two edges
    (Conv2D(4, 3), (10, 10, 3)),
    (Conv2D(3, 3, padding="same"), (2, 6, 5)),  # tiles of 2 x 2
]


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


def assert_same(device, network, dtype, noise, tolerance, *, winograd_channels=32, column_bytes=4096):
    weights = weights_of(network, 3).astype(dtype)
    random = np.random.default_rng(3)
    x = random.standard_normal((BATCH, *network.input_shape)).astype(dtype)
    labels = random.integers(0, 4, BATCH)
    ops = GpuOps(device, dtype)
    ops.few_rows, ops.least_chunk, ops.column_bytes = 2, 2, column_bytes  # so that work comes in parts
    ops.winograd_channels = winograd_channels
    expected = Passes(network, weights, x, labels, noise)
    found = Passes(network, weights, x, labels, noise, ops)
    assert found.hits == expected.hits
    assert found.loss == pytest.approx(expected.loss, rel=tolerance)
    for name in ("logits", "d_input", "gradients", "weights", "probabilities"):
        one, other = getattr(found, name), getattr(expected, name)
        scale = max(1e-3, np.abs(other).max(initial=0))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale, err_msg=name)


@pytest.mark.parametrize(("layer", "shape"), CASES + QUADS + POOLS, ids=label)
@pytest.mark.parametrize("mode", ["training", "frozen", "evaluation"])
def test_every_layer_in_double_precision(device, layer, shape, mode):
    network = network_around(frozen(layer) if mode == "frozen" else layer, shape)
    noise = None if mode == "evaluation" else Noise(7)
    assert_same(device, network, np.float64, noise, 1e-10)


@pytest.mark.parametrize(("layer", "shape"), CASES + QUADS + POOLS, ids=label)
def test_every_layer_in_single_precision(device, layer, shape):
    assert_same(device, network_around(layer, shape), np.float32, Noise(7), 3e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-4)])
@pytest.mark.parametrize("column_bytes", [12_000, 10**6])  # in parts, and as a whole
@pytest.mark.parametrize(("layer", "shape"), WINOGRAD, ids=label)
def test_convolutions_by_winograd(device, layer, shape, dtype, tolerance, column_bytes, monkeypatch):
    monkeypatch.setattr("nnstudio.engine.ops.gpu.winograd.LEAST_TILES", 4)
    monkeypatch.setattr("nnstudio.engine.ops.gpu.winograd.WinogradOps.busy", 100)
    network, options = network_around(layer, shape), {"winograd_channels": 1, "column_bytes": column_bytes}
    assert tiling_of((BATCH, *layer.output_shape(shape)[:2])).products <= 0.6 * BATCH * 9 * math.prod(
        layer.output_shape(shape)[:2]
    )
    assert_same(device, network, dtype, Noise(7), tolerance, **options)


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), BinaryCrossentropy()], ids=lambda e: e.link)
def test_every_loss(device, loss):
    layer, shape = CASES[0]
    assert_same(device, network_around(layer, shape, loss), np.float64, None, 1e-12)
