"""Layers as PyTorch modules, NCHW, with the weights in the order of ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.layer import Shape
from nnstudio.core.spec import NetworkSpec
from nnstudio.core.window import Window
from nnstudio.experiments.bench.peers.unknown import unknown
from nnstudio.layers import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool,
    Residual,
)

FUNCTIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "silu": "SiLU", "gelu": "GELU"}


def module_of(torch: Any, network: NetworkSpec) -> Any:
    """The network as ``torch.nn.Sequential``, without its final softmax.

    Raises:
        DataError: A layer can't be told.
    """
    layers = [layer for layer in network.layers if not layer.disabled]
    return _chain(torch, layers, (), final=layers[-1])


def _chain(torch: Any, layers: Iterable[Any], shape: Shape, final: Any = None) -> Any:
    parts = []
    for layer in layers:
        if not layer.disabled:
            parts += _parts(torch, layer, shape, layer is final)
            shape = layer.output_shape(shape)
    return torch.nn.Sequential(*parts)


def _parts(torch: Any, layer: Any, shape: Shape, last: bool) -> list[Any]:
    nn = torch.nn
    if isinstance(layer, Input):
        return []
    if isinstance(layer, Flatten):  # our features run over channels fastest
        return [_to_channels_last(nn), nn.Flatten()] if len(shape) == 3 else [nn.Flatten()]
    if isinstance(layer, Dense):
        return [nn.Linear(shape[0], layer.units, layer.use_bias), *_function(nn, layer, last)]
    if isinstance(layer, Conv2D):
        return [*_convolution(nn, layer, shape), *_function(nn, layer, last)]
    if isinstance(layer, BatchNorm) and layer.scale and layer.center:
        kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
        return [kind(shape[-1], layer.epsilon)]
    if isinstance(layer, (MaxPool, AvgPool)) and layer.padding == "valid":
        kind = nn.MaxPool2d if isinstance(layer, MaxPool) else nn.AvgPool2d
        return [kind(layer.pool_size, layer.strides)]
    if isinstance(layer, GlobalAvgPool):
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if isinstance(layer, Dropout):
        return [nn.Dropout(layer.rate)]
    if isinstance(layer, Activation):
        return _function(nn, layer, last)
    if isinstance(layer, Residual):
        branches = [_chain(torch, layers, shape) for layers in layer.branches(shape).values()]
        return [_residual(nn, *branches), *_function(nn, layer, last)]
    raise unknown("PyTorch", layer)


def _convolution(nn: Any, layer: Conv2D, shape: Shape) -> list[Any]:
    """With the padding inside where it is the same all around, which is faster, else as a layer before."""
    window = Window(layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding)
    (top, bottom), (left, right) = window.pads(shape[0], shape[1])
    even = top == bottom and left == right
    convolution = nn.Conv2d(
        shape[2],
        layer.filters,
        layer.kernel_size,
        layer.strides,
        (top, left) if even else 0,
        layer.dilation_rate,
        layer.groups,
        layer.use_bias,
    )
    return [convolution] if even else [nn.ZeroPad2d((left, right, top, bottom)), convolution]


def _function(nn: Any, layer: Any, last: bool) -> list[Any]:
    function: ActivationFunction = layer.activation_function()
    if function.name == "linear" or (last and function.name == "softmax"):
        return []
    if function.name not in FUNCTIONS:
        raise unknown("PyTorch", layer)
    return [getattr(nn, FUNCTIONS[function.name])()]


def _to_channels_last(nn: Any) -> Any:
    """Lays images out as ours, so that the dense layer behind Flatten has the same weights."""

    class ToChannelsLast(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.permute(0, 2, 3, 1)

    return ToChannelsLast()


def _residual(nn: Any, layers: Any, skip: Any) -> Any:
    """The sum of both paths."""

    class Sum(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layers, self.skip = layers, skip

        def forward(self, x: Any) -> Any:
            return self.layers(x) + self.skip(x)

    return Sum()
