"""The same network in PyTorch, the way a good user would train it there.

All data is a float tensor in memory, a batch is an ``index_select``, the optimizer is the fused one,
and images lie channels last. Before the first turn one step's gradients are compared with ours.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Gather
from nnstudio.data.prepare import Prepared
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.errors import DataError
from nnstudio.experiments.bench.cases import Case
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Dropout, Flatten, Input, MaxPool
from nnstudio.optim.adaptive import Adam
from nnstudio.optim.losses import CategoricalCrossentropy
from nnstudio.optim.optimizers import SGD, Momentum

TOLERANCE = 1e-3
"""Largest difference of a gradient, as a share of the largest one in its array."""
CHECKED = 16
"""Samples of the step whose gradients are compared."""


class TorchPeer:
    """A network in PyTorch.

    Args:
        case: What to train.
        data: On what.
        threads: Threads that PyTorch may use.

    Raises:
        DataError: PyTorch is not installed or can't be told this network, or its gradients are others.
    """

    def __init__(self, case: Case, data: Prepared, threads: int) -> None:
        self._torch = _torch()
        self._torch.set_num_threads(threads)
        self._case, self._batch = case, case.project.train.batch_size
        self._module = _module(self._torch, case.project.network)
        self._module.to(memory_format=self._torch.channels_last)
        check_gradients(self._torch, case, data)
        gather = Gather(data.train, data.scaling, len(data.train))
        x = self._torch.from_numpy(gather.x(slice(None)).copy())
        images = x.dim() == 4
        self._x = x.permute(0, 3, 1, 2) if images else x  # NHWC in memory is channels last
        self._y = self._torch.from_numpy(data.train.labels.copy())
        self._optimizer = _optimizer(self._torch, self._module, case)
        self._loss = self._torch.nn.CrossEntropyLoss()
        self._order = self._torch.randperm(len(self._y))
        self._at = 0

    def __call__(self, seconds: float) -> float:
        """Trains for some seconds; samples per second."""
        self._module.train()
        started, samples = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < seconds:
            samples += self._step()
        return samples / elapsed

    def _step(self) -> int:
        if self._at >= len(self._order):
            self._order, self._at = self._torch.randperm(len(self._y)), 0
        rows = self._order[self._at : self._at + self._batch]
        self._at += self._batch
        loss = self._loss(self._module(self._x.index_select(0, rows)), self._y.index_select(0, rows))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return len(rows)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise DataError("PyTorch is not installed", fix="pip install torch, or leave --vs out") from error
    return torch


def _module(torch: Any, network: NetworkSpec) -> Any:
    """The network as ``torch.nn.Sequential``, without its final softmax."""
    nn, parts = torch.nn, []
    shape: tuple[int, ...] = ()
    layers = [layer for layer in network.layers if not layer.disabled]
    for place, layer in enumerate(layers):
        last = place == len(layers) - 1
        parts += _parts(nn, layer, shape, last)
        shape = layer.output_shape(shape)
    return nn.Sequential(*parts)


def _parts(nn: Any, layer: Any, shape: tuple[int, ...], last: bool) -> list[Any]:
    if isinstance(layer, Input):
        return []
    if isinstance(layer, Flatten):  # our features run over channels fastest
        return [_to_channels_last(nn), nn.Flatten()] if len(shape) == 3 else [nn.Flatten()]
    if isinstance(layer, Dense):
        return [nn.Linear(shape[0], layer.units, layer.use_bias), *_function(nn, layer, last)]
    if isinstance(layer, Conv2D):
        same = layer.padding == "same"
        if same and (layer.strides != (1, 1) or any(size % 2 == 0 for size in layer.kernel_size)):
            raise _unknown(layer)
        pairs = zip(layer.kernel_size, layer.dilation_rate, strict=True)
        padding = [gap * (size // 2) if same else 0 for size, gap in pairs]
        convolution = nn.Conv2d(
            shape[2],
            layer.filters,
            layer.kernel_size,
            layer.strides,
            padding,
            layer.dilation_rate,
            layer.groups,
            layer.use_bias,
        )
        return [convolution, *_function(nn, layer, last)]
    if isinstance(layer, BatchNorm):
        return [nn.BatchNorm2d(shape[2], layer.epsilon) if len(shape) == 3 else nn.BatchNorm1d(shape[0])]
    if isinstance(layer, MaxPool) and layer.padding == "valid":
        return [nn.MaxPool2d(layer.pool_size, layer.strides)]
    if isinstance(layer, Dropout):
        return [nn.Dropout(layer.rate)]
    if isinstance(layer, Activation):
        return _function(nn, layer, last)
    raise _unknown(layer)


def _function(nn: Any, layer: Any, last: bool) -> list[Any]:
    function: ActivationFunction = layer.activation_function()
    if function.name == "linear" or (last and function.name == "softmax"):
        return []
    known = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "silu": nn.SiLU, "gelu": nn.GELU}
    if function.name not in known:
        raise _unknown(layer)
    return [known[function.name]()]


def _to_channels_last(nn: Any) -> Any:
    """Lays images out as ours, so that the dense layer behind Flatten has the same weights."""

    class ToChannelsLast(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.permute(0, 2, 3, 1)

    return ToChannelsLast()


def _optimizer(torch: Any, module: Any, case: Case) -> Any:
    spec = case.project.train
    rate, optimizer = spec.learning_rate, spec.optimizer
    if type(optimizer) is SGD:
        return torch.optim.SGD(module.parameters(), rate, fused=True)
    if type(optimizer) is Momentum and not optimizer.damped:
        return torch.optim.SGD(module.parameters(), rate, momentum=optimizer.momentum, fused=True)
    if type(optimizer) is Adam:
        betas = (optimizer.beta_1, optimizer.beta_2)
        return torch.optim.Adam(module.parameters(), rate, betas, optimizer.epsilon, fused=True)
    raise _unknown(optimizer)


def _unknown(thing: Any) -> DataError:
    return DataError(
        f"the comparison with PyTorch can't build {thing.type_name()} with these settings",
        fix="leave --vs out for this network",
    )


def check_gradients(torch: Any, case: Case, data: Prepared) -> None:
    """One step's gradients here and there, from the same weights, without dropout.

    Raises:
        DataError: They differ.
    """
    spec = case.project.network
    still = tuple(layer.replace(disabled=isinstance(layer, Dropout)) for layer in spec.layers)
    spec = spec.replace(layers=still)
    network = Network(spec, CategoricalCrossentropy())
    weights = network.initial_weights(1)
    gradients = np.zeros(network.trainable, np.float32)
    workspace = network.workspace(weights, CHECKED, gradients)
    rows = np.arange(CHECKED)
    gather = Gather(data.train, data.scaling, CHECKED)
    x, labels = gather.x(rows), gather.labels(rows)
    workspace.loss(workspace.forward(x, Noise(0)), labels, backward=True)
    assert workspace.d_logits is not None
    workspace.backward(workspace.d_logits / np.float32(CHECKED))
    module = _module(torch, spec).train()
    ours = _arrays(network.views(weights[: network.trainable]))
    _load(torch, module, ours)
    images = torch.from_numpy(x.copy())
    images = images.permute(0, 3, 1, 2) if images.dim() == 4 else images
    torch.nn.CrossEntropyLoss()(module(images), torch.from_numpy(labels.copy())).backward()
    found = [parameter.grad.numpy() for parameter in module.parameters()]
    for expected, gradient in zip(_arrays(network.views(gradients)), found, strict=True):
        scale = np.abs(expected).max() or 1.0
        if np.abs(_as_torch(expected) - gradient).max() > TOLERANCE * scale:
            raise DataError(f"{case.name} has other gradients in PyTorch", fix="report this")


def _arrays(views: Any) -> list[Any]:
    return [array for layer in views.values() for array in layer.values()]


def _load(torch: Any, module: Any, arrays: list[Any]) -> None:
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), arrays, strict=True):
            parameter.copy_(torch.from_numpy(_as_torch(array).copy()))


def _as_torch(array: Any) -> Any:
    """A dense kernel (N, U) as (U, N), a convolution's HWIO as OIHW."""
    axes = {2: (1, 0), 4: (3, 2, 0, 1)}.get(array.ndim)
    return array if axes is None else array.transpose(axes)
