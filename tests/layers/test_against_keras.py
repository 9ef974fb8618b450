"""Image layers beside Keras on JAX, made from the configuration that NNStudio writes for them."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.errors import ShapeError
from nnstudio.layers import AvgPool, Conv2D, DepthwiseConv2D, GlobalAvgPool, MaxPool, Reshape, ZeroPadding
from nnstudio.layers.base import Layer
from tests.layers.passes import passed

os.environ.setdefault("KERAS_BACKEND", "jax")
jax: Any = pytest.importorskip("jax", reason="the bench extra (Keras on JAX) is not installed")
keras: Any = pytest.importorskip("keras", reason="the bench extra (Keras on JAX) is not installed")

pytestmark = pytest.mark.bench

CLOSE = {"rtol": 2e-5, "atol": 2e-5}
"""float32; both libraries sum in an order of their own."""

EXAMPLES = settings(
    deadline=None, derandomize=True, max_examples=4
)  # each is compiled anew; those beside PyTorch are many
SMALL = st.integers(1, 4)
PAIRS = st.tuples(SMALL, SMALL)
PADDINGS = st.sampled_from(["valid", "same"])
IMAGES = st.tuples(st.integers(1, 11), st.integers(1, 11), st.integers(1, 6))
BATCHES = st.integers(1, 3)


def assert_keras_agrees(layer: Layer, shape: tuple[int, ...], batch: int) -> None:
    """Output and gradients of the Keras layer that ``layer.keras()`` describes, from equal weights."""
    try:
        layer.output_shape(shape)
    except ShapeError:
        return
    ours = passed(layer, shape, batch)
    ((kind, config),) = layer.keras()
    twin = getattr(keras.layers, kind).from_config(config)
    twin.build((None, *shape))
    names = list(ours.weights)

    def compute(x: Any, *weights: Any) -> Any:
        return twin.stateless_call(list(weights), [], x)[0]

    y, back = jax.vjp(compute, ours.x, *ours.weights.values())
    np.testing.assert_allclose(ours.y, y, **CLOSE)
    for name, mine, theirs in zip(
        ["x", *names], (ours.dx, *ours.gradients.values()), back(ours.dy), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, err_msg=name, **CLOSE)


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, PAIRS, PAIRS, PADDINGS, SMALL, SMALL, st.booleans())
def test_conv2d_is_keras_own(image, batch, kernel, strides, dilation, padding, groups, per_group, bias):
    if max(strides) > 1:
        dilation = (1, 1)  # Keras has no Conv2D with both
    layer = Conv2D(groups * per_group, kernel, strides, padding, dilation, groups, use_bias=bias)
    assert_keras_agrees(layer, (*image[:2], image[2] * groups), batch)


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, SMALL, PAIRS, PADDINGS, SMALL, st.booleans())
def test_depthwise_conv2d_is_keras_own(image, batch, kernel, stride, dilation, padding, multiplier, bias):
    layer = DepthwiseConv2D(kernel, stride, padding, multiplier, dilation, use_bias=bias)
    assert_keras_agrees(layer, image, batch)


@pytest.mark.parametrize("pool", [MaxPool, AvgPool])
@EXAMPLES
@given(image=IMAGES, batch=BATCHES, size=PAIRS, strides=st.none() | PAIRS, padding=PADDINGS)
def test_pooling_is_keras_own(pool, image, batch, size, strides, padding):
    assert_keras_agrees(pool(size, strides, padding), image, batch)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (ZeroPadding(2), (3, 4, 2)),
        (ZeroPadding(((0, 1), (3, 0))), (3, 1, 2)),
        (GlobalAvgPool(), (5, 3, 4)),
        (Reshape((5, -1)), (2, 5, 3)),
    ],
)
def test_layers_without_a_window_are_keras_own(layer: Layer, shape: tuple[int, ...]):
    assert_keras_agrees(layer, shape, 3)


@pytest.mark.parametrize("size", range(4, 8))
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [(2, 1, 1), (3, 2, 1), (4, 3, 1), (7, 1, 1), (2, 1, 3)]
)
def test_same_padding_puts_the_odd_row_where_keras_does(size: int, kernel: int, stride: int, dilation: int):
    """SAME_UPPER, on columns of pixels, so that no parity is left to chance."""
    layer = Conv2D(1, (kernel, 1), (stride, 1), "same", (dilation, 1), use_bias=False)
    ours = passed(layer, (size, 1, 1), 1)
    theirs = keras.ops.conv(
        ours.x, ours.weights["kernel"], (stride, 1), "same", "channels_last", (dilation, 1)
    )
    np.testing.assert_allclose(ours.y, theirs, **CLOSE)
