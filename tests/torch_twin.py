"""The same network in PyTorch, from the same weights: every layer, also blocks; images are NHWC outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.layer import LayerSpec
from nnstudio.engine.network import Network
from nnstudio.engine.plan import Step

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
F: Any = torch.nn.functional

Weights = Mapping[str, Any]
Run = Callable[[Any, Step, Weights, bool], Any]


class Twin:
    """A network that PyTorch computes and differentiates.

    Args:
        network: Our network, built with ``fuse=False`` or not: activations are taken from the stack.
        weights: Its flat weight vector.

    Attributes:
        tensors: The weights, by layer and name; those that train require gradients.
    """

    def __init__(self, network: Network, weights: np.ndarray) -> None:
        self.network = network
        self.plain = Network(network.spec, network.loss, fuse=False)
        trains = {(entry.layer, entry.spec.name): entry.trainable for entry in network.index}
        self.tensors = {
            layer: {
                name: torch.tensor(array.copy(), requires_grad=trains[layer, name])
                for name, array in arrays.items()
            }
            for layer, arrays in network.views(weights).items()
        }

    @property
    def parameters(self) -> list[Any]:
        """The tensors that train, in the order of the flat vector."""
        return [self.tensors[e.layer][e.spec.name] for e in self.network.index if e.trainable]

    def __call__(self, x: np.ndarray, *, training: bool = False) -> Any:
        """The logits for a batch ``(n, *input_shape)``."""
        return self.chain(torch.tensor(x), self.plain.steps, training)

    def chain(self, x: Any, steps: tuple[Step, ...], training: bool) -> Any:
        """The output of a chain of layers."""
        for step in steps:
            if not step.skip:
                x = self.layer(x, step, training)
        return x

    def layer(self, x: Any, step: Step, training: bool) -> Any:
        """The output of one layer."""
        if step.branches:
            total = self.chain(x, step.branches["layers"], training)
            total = total + self.chain(x, step.branches["skip"], training)
            return activate(step.activation, total)
        weights = self.tensors[step.layer.name]
        return _LAYERS[step.layer.type_name()](x, step, weights, training and not step.layer.frozen)

    def flat(self) -> np.ndarray:
        """All weights in one vector, laid out as the network's own."""
        vector = np.empty(self.network.size, dtype=np.float32)
        for entry in self.network.index:
            values = self.tensors[entry.layer][entry.spec.name].detach().numpy()
            vector[entry.start : entry.stop] = values.ravel()
        return vector

    def gradient(self) -> np.ndarray:
        """The gradients in one vector, as long as the trainable part."""
        return np.concatenate([tensor.grad.numpy().ravel() for tensor in self.parameters])


def activate(function: ActivationFunction, z: Any) -> Any:
    """An activation as PyTorch writes it."""
    functions: dict[str, Callable[[Any], Any]] = {
        "linear": lambda z: z,
        "relu": F.relu,
        "leaky_relu": lambda z: F.leaky_relu(z, function.alpha),
        "elu": lambda z: F.elu(z, function.alpha),
        "selu": F.selu,
        "gelu": F.gelu,
        "silu": F.silu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": F.softplus,
        "softmax": lambda z: F.softmax(z, dim=-1),
    }
    return functions[function.name](z)


def _nchw(x: Any) -> Any:
    return x.permute(0, 3, 1, 2)


def _nhwc(x: Any) -> Any:
    return x.permute(0, 2, 3, 1)


def _padded(x: Any, layer: LayerSpec, kernel: tuple[int, int], value: float = 0.0) -> Any:
    """An NCHW image with "same" padding around it: the odd row and column at the bottom and right."""
    settings: Any = layer
    if settings.padding == "valid":
        return x
    sides: list[int] = []
    dilation = getattr(settings, "dilation_rate", (1, 1))
    strides = settings.strides or kernel
    for size, taps, stride, apart in zip(x.shape[2:], kernel, strides, dilation, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + apart * (taps - 1) + 1 - size)
        sides = [total // 2, total - total // 2, *sides]
    return F.pad(x, sides, value=value)


def _dense(x: Any, step: Step, w: Weights, training: bool) -> Any:
    z = x @ w["kernel"]
    return activate(step.activation, z + w["bias"] if "bias" in w else z)


def _conv(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    kernel = w["kernel"].permute(3, 2, 0, 1).contiguous()
    x = _padded(_nchw(x), layer, layer.kernel_size)
    y = F.conv2d(x, kernel, w.get("bias"), layer.strides, 0, layer.dilation_rate, layer.groups)
    return activate(step.activation, _nhwc(y))


def _depthwise(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    kh, kw, channels, multiplier = w["kernel"].shape
    kernel = w["kernel"].permute(2, 3, 0, 1).reshape(channels * multiplier, 1, kh, kw)
    x = _padded(_nchw(x), layer, layer.kernel_size)
    y = F.conv2d(x, kernel, w.get("bias"), layer.strides, 0, layer.dilation_rate, channels)
    return activate(step.activation, _nhwc(y))


def _max_pool(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    x = _padded(_nchw(x), layer, layer.pool_size, value=-torch.inf)
    return _nhwc(F.max_pool2d(x, layer.pool_size, layer.strides or layer.pool_size))


def _avg_pool(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    strides = layer.strides or layer.pool_size

    def summed(image: Any) -> Any:
        image = _padded(image, layer, layer.pool_size)
        return F.avg_pool2d(image, layer.pool_size, strides, divisor_override=1)

    image = _nchw(x)
    return _nhwc(summed(image) / summed(torch.ones_like(image)))  # the padding is not counted


def _batch_norm(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    if not training:
        mean, variance = w["moving_mean"], w["moving_variance"]
    else:
        axes = tuple(range(x.ndim - 1))
        mean, variance = x.mean(axes), x.var(axes, unbiased=False)
        for name, value in (("moving_mean", mean), ("moving_variance", variance)):
            w[name].mul_(layer.momentum).add_(value.detach(), alpha=1 - layer.momentum)
    y = (x - mean) / torch.sqrt(variance + layer.epsilon)
    y = y * w["gamma"] if "gamma" in w else y
    return activate(step.activation, y + w["beta"] if "beta" in w else y)


def _layer_norm(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    y = F.layer_norm(x, x.shape[-1:], w.get("gamma"), w.get("beta"), layer.epsilon)
    return activate(step.activation, y)


def _zero_padding(x: Any, step: Step, w: Weights, training: bool) -> Any:
    layer: Any = step.layer
    (top, bottom), (left, right) = layer.padding
    return F.pad(x, [0, 0, left, right, top, bottom])


def _reshaped(x: Any, step: Step, w: Weights, training: bool) -> Any:
    return x.reshape(len(x), *step.output)


def _unchanged(x: Any, step: Step, w: Weights, training: bool) -> Any:
    """Input, and the layers that only act in training, which the twin's tests leave idle."""
    return x


_LAYERS: dict[str, Run] = {
    "Input": _unchanged,
    "Dense": _dense,
    "Conv2D": _conv,
    "DepthwiseConv2D": _depthwise,
    "MaxPool": _max_pool,
    "AvgPool": _avg_pool,
    "GlobalAvgPool": lambda x, step, w, training: x.mean((1, 2)),
    "BatchNorm": _batch_norm,
    "LayerNorm": _layer_norm,
    "ZeroPadding": _zero_padding,
    "Flatten": _reshaped,
    "Reshape": _reshaped,
    "Activation": lambda x, step, w, training: activate(step.activation, x),
    "Dropout": _unchanged,
    "SpatialDropout": _unchanged,
    "GaussianNoise": _unchanged,
}
