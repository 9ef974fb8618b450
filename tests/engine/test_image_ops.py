"""The primitives of image layers against their definition, in float64, whatever the size of a block."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnstudio.core.spec import NetworkSpec
from nnstudio.core.window import Window
from nnstudio.engine.network import Network
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.noise import Noise
from nnstudio.layers import (
    AvgPool,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAvgPool,
    Input,
    MaxPool,
    ZeroPadding,
)
from nnstudio.optim.losses import CategoricalCrossentropy

Array = NDArray[np.float64]

SMALL = st.integers(1, 3)
PAIRS = st.tuples(SMALL, SMALL)
IMAGES = st.tuples(st.integers(1, 7), st.integers(1, 7))
WINDOWS = st.builds(Window, PAIRS, PAIRS, PAIRS, st.sampled_from(["valid", "same"]))


def convolution(x: Array, kernel: Array, bias: Array, window: Window) -> Array:
    """The sum of Conv2D's docstring, pixel by pixel."""
    samples, height, width, channels = x.shape
    kh, kw, per_group, filters = kernel.shape
    (top, _), (left, _) = window.pads(height, width)
    rows, columns = window.output(height, width)
    out = np.tile(bias, (samples, rows, columns, 1))
    for y, x_, i, j, f in itertools.product(*map(range, (rows, columns, kh, kw, filters))):
        row = window.strides[0] * y + window.dilation[0] * i - top
        column = window.strides[1] * x_ + window.dilation[1] * j - left
        if 0 <= row < height and 0 <= column < width:
            first = f // (filters // (channels // per_group)) * per_group  # of the filter's group
            out[:, y, x_, f] += x[:, row, column, first : first + per_group] @ kernel[i, j, :, f]
    return out


def ops_with_blocks(size: int) -> NumpyOps:
    ops = NumpyOps()
    ops.block_bytes = size
    return ops


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    WINDOWS, st.tuples(st.integers(1, 7), st.integers(1, 7)), SMALL, PAIRS, st.sampled_from([1, 900, 1 << 20])
)
def test_convolution_is_its_definition(window, image, groups, per_group, block_bytes):
    if min(window.output(*image)) < 1:
        return
    random = np.random.default_rng(0)
    channels, filters = (groups * count for count in per_group)
    x = random.standard_normal((3, *image, channels))
    kernel = random.standard_normal((*window.kernel, per_group[0], filters))
    bias = random.standard_normal(filters)
    out = np.full((3, *window.output(*image), filters), np.nan)
    ops_with_blocks(block_bytes).convolve(x, kernel, bias, window, out)
    np.testing.assert_allclose(out, convolution(x, kernel, bias, window), atol=1e-12)


@pytest.mark.parametrize("window", [Window((3, 2), (2, 1), padding="same"), Window((1, 1)), Window((2, 3))])
@pytest.mark.parametrize("groups", [1, 2])
def test_blocks_of_any_size_give_the_same(window: Window, groups: int):
    random = np.random.default_rng(1)
    x = random.standard_normal((4, 9, 8, 6))
    kernel = random.standard_normal((*window.kernel, 6 // groups, 4))
    dz = random.standard_normal((4, *window.output(9, 8), 4))
    results = []
    for size in (1, 5_000, 1 << 20):  # one row, a few rows or a sample, all samples at a time
        gradients = [np.full(shape, np.nan) for shape in (kernel.shape, (4,), x.shape)]
        ops = ops_with_blocks(size)
        ops.convolve_backward(dz, x, kernel, window, *gradients)
        results.append([ops.convolve(x, kernel, None, window, np.empty_like(dz)), *gradients])
    for other in results[1:]:
        for first, second in zip(results[0], other, strict=True):
            np.testing.assert_allclose(first, second, atol=1e-12)


def test_what_is_not_asked_for_is_left_out():
    x, kernel, window = np.ones((1, 4, 4, 2)), np.ones((3, 3, 2, 5)), Window((3, 3))
    dz, ops = np.ones((1, 2, 2, 5)), NumpyOps()
    d_bias, dx = np.empty(5), np.empty_like(x)
    ops.convolve_backward(dz, x, kernel, window, None, d_bias, dx)
    np.testing.assert_array_equal(d_bias, np.full(5, 4.0))
    assert dx.sum() == dz.size * kernel[..., 0].size
    ops.depthwise_backward(np.ones((1, 2, 2, 2)), x, np.ones((3, 3, 2, 1)), window, None, None, dx)
    assert dx.sum() == 4 * 9 * 2


def test_padding_is_never_the_largest_value():
    x = np.full((1, 3, 3, 1), -5.0)
    out = NumpyOps().max_pool(x, Window((3, 3), padding="same"), np.empty_like(x))
    np.testing.assert_array_equal(out, x)


def test_not_a_number_shows_in_the_pool_that_sees_it():
    x = np.zeros((1, 4, 4, 1))
    x[0, 0, 0, 0] = np.nan
    out = NumpyOps().max_pool(x, Window((2, 2), (2, 2)), np.empty((1, 2, 2, 1)))
    np.testing.assert_array_equal(out.reshape(4), [np.nan, 0, 0, 0])


@pytest.mark.parametrize("activation", ["relu", "silu"])
def test_a_step_allocates_nothing_as_large_as_a_batch(activation: Any):
    layers = (
        Input(shape=(12, 12, 4)),
        Conv2D(16, 3, padding="same", activation=activation),
        MaxPool(),
        Conv2D(16, 3, groups=2, padding="same", activation=activation),
        Conv2D(16, 1, activation=activation),
        ZeroPadding(1),
        DepthwiseConv2D(3, depth_multiplier=2, activation=activation),
        AvgPool(2, 1, "same"),
        GlobalAvgPool(),
        Dense(10),
    )
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    weights = network.initial_weights(0)
    n = 256
    workspace = network.workspace(weights, n, np.zeros_like(weights))
    random = np.random.default_rng(0)
    x = random.random((n, 12, 12, 4), dtype=np.float32)
    labels = random.integers(0, 10, n)

    def step() -> None:
        logits = workspace.forward(x, Noise(0))
        workspace.loss(logits, labels, backward=True)
        assert workspace.d_logits is not None
        workspace.backward(workspace.d_logits[:n])

    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * 6 * 6 * 16 * 4 // 4  # a quarter of the smallest activation of the convolutions
