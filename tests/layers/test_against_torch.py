"""Image layers beside PyTorch: outputs and gradients from equal weights, over shapes of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.window import Window
from nnstudio.engine.ops import NumpyOps
from nnstudio.errors import ShapeError
from nnstudio.layers import AvgPool, Conv2D, DepthwiseConv2D, GlobalAvgPool, MaxPool, ZeroPadding
from nnstudio.layers.base import Layer
from tests.layers.passes import Passed, passed

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")

pytestmark = pytest.mark.bench

CLOSE = {"rtol": 2e-5, "atol": 2e-5}
"""float32; both libraries sum in an order of their own."""

EXAMPLES = settings(deadline=None, derandomize=True, max_examples=40)
SMALL = st.integers(1, 4)
PAIRS = st.tuples(SMALL, SMALL)
PADDINGS = st.sampled_from(["valid", "same"])
IMAGES = st.tuples(st.integers(1, 11), st.integers(1, 11), st.integers(1, 6))
BATCHES = st.integers(1, 3)


def fits(layer: Layer, shape: tuple[int, ...]) -> bool:
    try:
        layer.output_shape(shape)
    except ShapeError:
        return False
    return True


def theirs(given: Passed, compute: Callable[..., Any]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Output and gradients of PyTorch, channels first inside, channels last outside."""
    x = torch.tensor(given.x).permute(0, 3, 1, 2).requires_grad_()
    weights = [torch.tensor(array) for array in given.weights.values()]
    inside = [w.permute(3, 2, 0, 1) if w.ndim == 4 else w for w in weights]  # HWIO -> OIHW
    inside = [w.contiguous().requires_grad_() for w in inside]
    y = compute(x, *inside)
    outside = y.permute(0, 2, 3, 1) if y.ndim == 4 else y
    outside.backward(torch.tensor(given.dy))
    assert x.grad is not None
    back = [w.grad.permute(2, 3, 1, 0) if w.ndim == 4 else w.grad for w in inside]
    return outside.detach().numpy(), [x.grad.permute(0, 2, 3, 1).numpy(), *(g.numpy() for g in back)]


def assert_same(given: Passed, compute: Callable[..., Any]) -> None:
    y, gradients = theirs(given, compute)
    np.testing.assert_allclose(given.y, y, **CLOSE)
    for ours, other in zip((given.dx, *given.gradients.values()), gradients, strict=True):
        np.testing.assert_allclose(ours, other, **CLOSE)


def padded(x: Any, window: Window, value: float = 0.0) -> Any:
    """The images with the padding that the window asks for, in plain sight."""
    (top, bottom), (left, right) = window.pads(*x.shape[2:])
    return torch.nn.functional.pad(x, (left, right, top, bottom), value=value)


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, PAIRS, PAIRS, PADDINGS, SMALL, SMALL, st.booleans())
def test_conv2d_is_pytorchs(image, batch, kernel, strides, dilation, padding, groups, per_group, bias):
    height, width, channels = image
    layer = Conv2D(
        groups * per_group,
        kernel,
        strides,
        padding,
        dilation,
        groups,
        use_bias=bias,
    )
    shape = (height, width, channels * groups)
    if not fits(layer, shape):
        return

    def compute(x: Any, kernel: Any, bias: Any = None) -> Any:
        window = layer.window
        image = padded(x, window)
        return torch.nn.functional.conv2d(
            image, kernel, bias, stride=window.strides, dilation=window.dilation, groups=groups
        )

    assert_same(passed(layer, shape, batch), compute)


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, PAIRS, PAIRS, PADDINGS, SMALL, st.booleans())
def test_depthwise_conv2d_is_pytorchs_with_a_group_per_channel(
    image, batch, kernel, strides, dilation, padding, multiplier, bias
):
    layer = DepthwiseConv2D(kernel, strides, padding, multiplier, dilation, use_bias=bias)
    if not fits(layer, image):
        return
    channels = image[2]

    def compute(x: Any, kernel: Any, bias: Any = None) -> Any:
        window = layer.window
        one_each = kernel.permute(1, 0, 2, 3).reshape(
            channels * multiplier, 1, *window.kernel
        )  # (CM, 1, kh, kw)
        return torch.nn.functional.conv2d(
            padded(x, window), one_each, bias, window.strides, dilation=window.dilation, groups=channels
        )

    assert_same(passed(layer, image, batch), compute)


@EXAMPLES
@given(IMAGES, BATCHES, st.tuples(*[st.integers(0, 3)] * 4))
def test_zero_padding_is_pytorchs(image, batch, sides):
    top, bottom, left, right = sides

    def compute(x: Any) -> Any:
        return torch.nn.functional.pad(x, (left, right, top, bottom))

    assert_same(passed(ZeroPadding(sides), image, batch), compute)


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, st.none() | PAIRS, PADDINGS)
def test_max_pool_is_pytorchs(image, batch, size, strides, padding):
    layer = MaxPool(size, strides, padding)
    if not fits(layer, image):
        return

    def compute(x: Any) -> Any:
        return torch.nn.functional.max_pool2d(
            padded(x, layer.window, -torch.inf), layer.pool_size, layer.window.strides
        )

    assert_same(passed(layer, image, batch), compute)


def test_of_equal_values_the_first_gets_the_gradient():
    x = np.zeros((1, 3, 3, 1), dtype=np.float32)
    y = np.zeros((1, 2, 2, 1), dtype=np.float32)
    dy = np.arange(1, 5, dtype=np.float32).reshape(1, 2, 2, 1)
    dx = NumpyOps().max_pool_backward(dy, x, y, Window((2, 2)), np.empty_like(x))
    there = torch.zeros(1, 1, 3, 3, requires_grad=True)
    torch.nn.functional.max_pool2d(there, 2, 1).backward(torch.tensor(dy.reshape(1, 1, 2, 2)))
    np.testing.assert_array_equal(dx.reshape(3, 3), there.grad.reshape(3, 3))


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, st.none() | PAIRS)
def test_average_pool_is_pytorchs_without_padding(image, batch, size, strides):
    layer = AvgPool(size, strides)
    if not fits(layer, image):
        return

    def compute(x: Any) -> Any:
        return torch.nn.functional.avg_pool2d(x, layer.pool_size, layer.window.strides)

    assert_same(passed(layer, image, batch), compute)


@EXAMPLES
@given(IMAGES, BATCHES, PAIRS, st.none() | PAIRS)
def test_average_pool_counts_no_padding(image, batch, size, strides):
    layer = AvgPool(size, strides, "same")

    def compute(x: Any) -> Any:
        image, ones = padded(x, layer.window), padded(torch.ones_like(x), layer.window)
        size, strides = layer.pool_size, layer.window.strides
        total = torch.nn.functional.avg_pool2d(image, size, strides)
        return total / torch.nn.functional.avg_pool2d(ones, size, strides)

    assert_same(passed(layer, image, batch), compute)


@EXAMPLES
@given(IMAGES, BATCHES)
def test_global_average_pool_is_the_mean_over_the_image(image, batch):
    assert_same(passed(GlobalAvgPool(), image, batch), lambda x: x.mean(dim=(2, 3)))
