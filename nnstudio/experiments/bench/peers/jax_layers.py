"""Layers as JAX functions, NHWC, on a list of arrays in the order of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnstudio.core.layer import Shape
from nnstudio.core.spec import NetworkSpec
from nnstudio.core.window import Window
from nnstudio.experiments.bench.peers.unknown import unknown
from nnstudio.layers import (
    Activation,
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

FUNCTIONS = ("relu", "tanh", "sigmoid", "silu", "gelu")
IMAGES = ("NHWC", "HWIO", "NHWC")


@dataclass
class Pass:
    """What a forward pass takes from and leaves behind, array by array.

    Attributes:
        arrays: Trainable arrays, in the order of the layers.
        moving: Moving statistics, mean and variance of each BatchNorm.
        key: Source of dropout's random numbers; None evaluates.
        moved: The moving statistics behind the pass.
    """

    arrays: Iterator[Any]
    moving: Iterator[Any]
    key: Any = None
    moved: list[Any] = field(default_factory=list)


Function = Callable[[Pass, Any], Any]


def function_of(jax: Any, network: NetworkSpec) -> Function:
    """The network as a function ``(pass, x) -> logits``, without its final softmax.

    Raises:
        DataError: A layer can't be told.
    """
    layers = [layer for layer in network.layers if not layer.disabled]
    return _chain(jax, layers, (), final=layers[-1])


def first_moving(jax: Any, network: NetworkSpec) -> list[Any]:
    """Moving statistics before the first step."""
    found: list[Any] = []
    shape: Shape = ()
    for layer in network.layers:
        if layer.disabled:
            continue
        found += _first_moving(jax, layer, shape)
        shape = layer.output_shape(shape)
    return found


def _first_moving(jax: Any, layer: Any, shape: Shape) -> list[Any]:
    if isinstance(layer, BatchNorm):
        return [jax.numpy.zeros(shape[-1]), jax.numpy.ones(shape[-1])]
    found: list[Any] = []
    for layers in layer.branches(shape).values():
        inside = shape
        for inner in layers:
            found += _first_moving(jax, inner, inside)
            inside = inner.output_shape(inside)
    return found


def _chain(jax: Any, layers: Iterable[Any], shape: Shape, final: Any = None) -> Function:
    parts: list[Function] = []
    for layer in layers:
        if not layer.disabled:
            parts += _parts(jax, layer, shape, layer is final)
            shape = layer.output_shape(shape)

    def run(state: Pass, x: Any) -> Any:
        for part in parts:
            x = part(state, x)
        return x

    return run


def _parts(jax: Any, layer: Any, shape: Shape, last: bool) -> list[Function]:
    if isinstance(layer, Input):
        return []
    if isinstance(layer, Flatten):
        return [lambda _, x: x.reshape(len(x), -1)]
    if isinstance(layer, GlobalAvgPool):
        return [lambda _, x: x.mean((1, 2))]
    if isinstance(layer, Dense):
        return [_dense(layer), *_activation(jax, layer, last)]
    if isinstance(layer, Conv2D):
        return [_convolution(jax, layer, shape), *_activation(jax, layer, last)]
    if isinstance(layer, BatchNorm) and layer.scale and layer.center:
        return [_batch_norm(jax, layer)]
    if isinstance(layer, MaxPool) and layer.padding == "valid":
        return [_max_pool(jax, layer)]
    if isinstance(layer, Dropout):
        return [_dropout(jax, layer.rate)]
    if isinstance(layer, Activation):
        return _activation(jax, layer, last)
    if isinstance(layer, Residual):
        inside, skip = (_chain(jax, layers, shape) for layers in layer.branches(shape).values())
        return [lambda state, x: inside(state, x) + skip(state, x), *_activation(jax, layer, last)]
    raise unknown("JAX", layer)


def _dense(layer: Dense) -> Function:
    def run(state: Pass, x: Any) -> Any:
        product = x @ next(state.arrays)
        return product + next(state.arrays) if layer.use_bias else product

    return run


def _convolution(jax: Any, layer: Conv2D, shape: Shape) -> Function:
    window = Window(layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding)
    pads = window.pads(shape[0], shape[1])

    def run(state: Pass, x: Any) -> Any:
        images = jax.lax.conv_general_dilated(
            x,
            next(state.arrays),
            layer.strides,
            pads,
            rhs_dilation=layer.dilation_rate,
            dimension_numbers=IMAGES,
            feature_group_count=layer.groups,
        )
        return images + next(state.arrays) if layer.use_bias else images

    return run


def _batch_norm(jax: Any, layer: BatchNorm) -> Function:
    def run(state: Pass, x: Any) -> Any:
        gamma, beta = next(state.arrays), next(state.arrays)
        mean, variance = next(state.moving), next(state.moving)
        if state.key is not None:
            axes = tuple(range(x.ndim - 1))
            kept, (old_mean, old_variance) = layer.momentum, (mean, variance)
            mean, variance = x.mean(axes), x.var(axes)
            moved = (kept * old_mean + (1 - kept) * mean, kept * old_variance + (1 - kept) * variance)
            state.moved += [jax.lax.stop_gradient(value) for value in moved]
        return (x - mean) * (jax.lax.rsqrt(variance + layer.epsilon) * gamma) + beta

    return run


def _max_pool(jax: Any, layer: MaxPool) -> Function:
    window, strides = (1, *layer.pool_size, 1), (1, *layer.window.strides, 1)
    return lambda _, x: jax.lax.reduce_window(x, -np.inf, jax.lax.max, window, strides, "VALID")


def _dropout(jax: Any, rate: float) -> Function:
    def run(state: Pass, x: Any) -> Any:
        if state.key is None:
            return x
        state.key, key = jax.random.split(state.key)
        return jax.numpy.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)

    return run


def _activation(jax: Any, layer: Any, last: bool) -> list[Function]:
    name = layer.activation_function().name
    if name == "linear" or (last and name == "softmax"):
        return []
    if name == "gelu":
        return [lambda _, x: jax.nn.gelu(x, approximate=False)]
    if name not in FUNCTIONS:
        raise unknown("JAX", layer)
    function = getattr(jax.nn, name)
    return [lambda _, x: function(x)]
