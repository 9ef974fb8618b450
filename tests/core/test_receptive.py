"""How far layers see."""

from __future__ import annotations

import pytest

from nnstudio.core.receptive import receptive_field
from nnstudio.core.spec import NetworkSpec
from nnstudio.layers import BatchNorm, Conv2D, Dense, Flatten, Input, MaxPool, Residual


def seen(*layers: object) -> object:
    network = NetworkSpec(layers=(Input(shape=(64, 64, 3)), *layers))
    return receptive_field(network, network.layers[-1].name)


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ((Conv2D(kernel_size=3),), (3, 3)),
        ((Conv2D(kernel_size=3), Conv2D(kernel_size=3)), (5, 5)),
        ((Conv2D(kernel_size=3, strides=2), Conv2D(kernel_size=3)), (7, 7)),
        ((Conv2D(kernel_size=(3, 5), dilation_rate=2),), (5, 9)),
        ((Conv2D(kernel_size=5), MaxPool(), Conv2D(kernel_size=5), MaxPool()), (16, 16)),
        ((Conv2D(kernel_size=3), BatchNorm()), (3, 3)),
        ((Conv2D(kernel_size=3), Conv2D(kernel_size=3, disabled=True)), (3, 3)),
        ((Residual(layers=(Conv2D(kernel_size=3), Conv2D(kernel_size=3))),), (5, 5)),
        ((Conv2D(kernel_size=3), Flatten(), Dense(4)), None),
    ],
)
def test_the_field_grows_with_every_window_and_stride(layers, field):
    assert seen(*layers) == field


def test_layers_inside_a_block_have_a_field_of_their_own():
    inside = (Conv2D(kernel_size=3, name="a"), Conv2D(kernel_size=3, name="b"))
    network = NetworkSpec(layers=(Input(), Conv2D(kernel_size=3), Residual(layers=inside)))
    assert [receptive_field(network, name) for name in ("a", "b", "residual")] == [(5, 5), (7, 7), (7, 7)]
    assert receptive_field(network, "nobody") is None
