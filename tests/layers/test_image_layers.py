"""What image layers say about themselves: cards, counts, problems, and edits that mend them."""

from __future__ import annotations

import pytest

from nnstudio.core.layer import LayerSpec
from nnstudio.core.problem import Problem
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError
from nnstudio.layers import (
    AvgPool,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool,
    Reshape,
    ZeroPadding,
)


def stack(shape: tuple[int, ...], *layers: LayerSpec) -> NetworkSpec:
    return NetworkSpec(layers=(Input(shape=shape), *layers))


def problem(network: NetworkSpec) -> Problem:
    """The only problem of a network's last layer."""
    found = infer_shapes(network).layers[-1].problems
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("layer", "detail"),
    [
        (Conv2D(16, 3, padding="same"), "16 · 3×3 · same"),
        (Conv2D(8, (1, 7)), "8 · 1×7 · valid"),
        (DepthwiseConv2D(3), "3×3 · valid"),
        (DepthwiseConv2D(3, depth_multiplier=2, padding="same"), "×2 · 3×3 · same"),
        (MaxPool(), "2×2"),
        (MaxPool(2, 2), "2×2"),
        (AvgPool(3, 2, "same"), "3×3 · /2 · same"),
        (AvgPool(3, (1, 2)), "3×3 · /1×2"),
        (ZeroPadding(), "1"),
        (ZeroPadding((1, 2)), "1 × 2"),
        (ZeroPadding(((0, 1), (0, 1))), "0, 1 × 0, 1"),
        (Reshape((28, 28, 1)), "28×28×1"),
    ],
)
def test_cards_show_the_key_settings(layer: LayerSpec, detail: str):
    assert layer.detail() == detail


@pytest.mark.parametrize(
    ("layer", "shape", "output", "parameters", "multiply_adds"),
    [
        (Conv2D(16, 3, padding="same"), (28, 28, 1), (28, 28, 16), 160, 112_896),
        (Conv2D(64, 3, 2, use_bias=False), (26, 26, 32), (12, 12, 64), 18_432, 2_654_208),
        (Conv2D(8, 3, groups=4, padding="same"), (5, 5, 4), (5, 5, 8), 80, 1_800),
        (DepthwiseConv2D(3, padding="same", depth_multiplier=2), (7, 7, 4), (7, 7, 8), 80, 3_528),
        (MaxPool(), (28, 28, 16), (14, 14, 16), 0, 0),
        (MaxPool(3, 2, "same"), (7, 7, 2), (4, 4, 2), 0, 0),
        (AvgPool(), (7, 5, 3), (3, 2, 3), 0, 0),
        (GlobalAvgPool(), (7, 7, 64), (64,), 0, 0),
        (ZeroPadding(((0, 1), (2, 3))), (4, 4, 2), (5, 9, 2), 0, 0),
        (Reshape((28, -1)), (784,), (28, 28), 0, 0),
    ],
)
def test_shapes_parameters_and_work_are_counted(layer, shape, output, parameters, multiply_adds):
    assert layer.output_shape(shape) == output
    assert layer.parameters(shape) == parameters
    assert layer.multiply_adds(shape) == multiply_adds


def test_one_number_stands_for_height_and_width():
    assert Conv2D(kernel_size=5) == Conv2D(kernel_size=(5, 5)) == Conv2D(kernel_size=[5, 5])
    assert ZeroPadding(2) == ZeroPadding((2, 2)) == ZeroPadding(((2, 2), (2, 2))) == ZeroPadding((2, 2, 2, 2))


def test_strides_of_a_pool_follow_its_size_until_they_are_set():
    assert MaxPool(3).window.strides == (3, 3)
    assert MaxPool(3, 1).window.strides == (1, 1)


@pytest.mark.parametrize(
    ("layers", "labels"),
    [
        (((9, 9, 2), Conv2D(4, 11)), ["Use same padding", "Set kernel 9×9"]),
        (((5, 4, 2), Conv2D(4, 3, dilation_rate=3)), ["Use same padding", "Set kernel 2×2"]),
        (((5, 1, 2), DepthwiseConv2D(3)), ["Use same padding", "Set kernel 3×1"]),
        (((2, 2, 2), MaxPool(3)), ["Use same padding", "Set pool 2×2"]),
        (((1, 3, 2), AvgPool()), ["Use same padding", "Set pool 1×2"]),
        (((9, 9, 6), Conv2D(4, groups=5)), ["Set 2 groups"]),
        (((9, 9, 6), Conv2D(8, groups=3)), ["Set 2 groups", "Set 9 filters"]),
        (((9, 9, 6), Conv2D(1, groups=3)), ["Set 1 group", "Set 3 filters"]),
        (((784,), Conv2D()), ["Insert Reshape 28×28×1"]),
        (((28, 28), MaxPool()), ["Insert Reshape 28×28×1"]),
        (((60,), GlobalAvgPool()), ["Insert Reshape 6×10×1"]),
        (((7,), ZeroPadding()), ["Insert Reshape 1×7×1"]),
        (((28, 28, 1), Flatten(), Conv2D()), ["Remove Flatten", "Insert Reshape 28×28×1"]),
        (((6, 4, 1), Reshape((8, 3)), AvgPool()), ["Remove Reshape", "Insert Reshape 8×3×1"]),
        (((6, 4, 1), Reshape((5, 3, 2))), ["Set shape 4×3×2"]),
        (((784,), Reshape((28, 28, 3))), ["Set shape 28×28×1"]),
        (((10,), Reshape((4, -1))), ["Set shape 10×1"]),
        (((8, 8, 3), Dense(4)), ["Insert Flatten", "Insert GlobalAvgPool"]),
    ],
)
def test_every_fix_that_is_offered_mends_the_layer(layers, labels):
    network = stack(*layers)
    trouble = problem(network)
    assert [fix.label for fix in trouble.fixes] == labels
    assert trouble.expected
    assert trouble.got
    for fix in trouble.fixes:
        row = infer_shapes(fix.apply(network, trouble.layer)).row(trouble.layer)
        assert row is not None
        assert {problem.message for problem in row.problems} <= {"no output layer yet"}
        assert row.output_shape is not None


def test_a_vector_of_prime_length_that_no_kernel_fits_offers_no_reshape():
    assert problem(stack((7,), Conv2D())).fixes == ()


def test_a_filter_that_needs_more_than_same_padding_names_the_groups_next():
    network = stack((2, 2, 3), Conv2D(4, 3, groups=2))
    fixed = problem(network).fixes[0].apply(network, "conv2d")
    assert problem(fixed).message == "2 groups don't divide the channels and filters"


@pytest.mark.parametrize("shape", [(0,), (-2,), (-1, -1), (), (1, 2, 3, 4)])
def test_target_shapes_that_mean_nothing_are_refused(shape: tuple[int, ...]):
    with pytest.raises(SpecError, match="target_shape"):
        Reshape(shape)
