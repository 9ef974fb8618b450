"""The same network in PyTorch, from the same weights, with every layer's output at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.core.layer import LayerSpec
from nnstudio.engine.model import Model

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
nn: Any = torch.nn.functional
torch.set_num_threads(1)  # these networks are too small for more


class Twin:
    """A model in PyTorch, in evaluation mode.

    Attributes:
        outputs: Output of each layer in the last pass, channels first, with its gradient after
            ``backward``.
        before: The same before the layer's own activation.
    """

    def __init__(self, model: Model, dtype: Any = None) -> None:
        self.model = model
        self.dtype = dtype or torch.float32
        views = model.network.views(model.weights)
        self.weights = {
            layer: {name: torch.tensor(array, dtype=self.dtype) for name, array in arrays.items()}
            for layer, arrays in views.items()
        }
        self.outputs: dict[str, Any] = {}
        self.before: dict[str, Any] = {}

    def logits(self, x: Any) -> Any:
        """Logits for a scaled batch, channels last."""
        z = x.permute(0, 3, 1, 2) if x.ndim == 4 else x
        for layer in self.model.spec.layers:
            z = self._run(layer, z)
        last = self.model.spec.layers[-1]
        return self.before[last.name] if self._links(last) else z

    def gradient(self, x: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """Gradient of the weighted sum of the logits with respect to a scaled batch."""
        there = torch.tensor(x, dtype=self.dtype, requires_grad=True)
        (self.logits(there) * torch.tensor(coefficients)).sum().backward()
        return there.grad.numpy()

    def _links(self, layer: LayerSpec) -> bool:
        return layer.activation_function().name == self.model.loss.link

    def _run(self, layer: Any, x: Any) -> Any:
        y = x if layer.disabled else self._compute(layer, x)
        self.before[layer.name] = y
        function = layer.activation_function()
        y = x if layer.disabled else _activate(function.name, function.alpha, y)
        if y.requires_grad:
            y.retain_grad()
        self.outputs[layer.name] = y
        return y

    def _compute(self, layer: Any, x: Any) -> Any:
        kind, weights = layer.type_name(), self.weights[layer.name]
        if kind == "Dense":
            return x @ weights["kernel"] + weights.get("bias", 0)
        if kind == "Conv2D":
            return self._convolve(layer, x, weights)
        if kind == "MaxPool":
            return nn.max_pool2d(x, layer.pool_size, layer.window.strides)
        if kind == "AvgPool":
            return nn.avg_pool2d(x, layer.pool_size, layer.window.strides)
        if kind == "GlobalAvgPool":
            return x.mean(dim=(2, 3))
        if kind == "Flatten":
            return x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x
        if kind == "BatchNorm":
            names = ("moving_mean", "moving_variance", "gamma", "beta")
            return nn.batch_norm(x, *(weights.get(name) for name in names), eps=layer.epsilon)
        if kind == "Residual":
            return self._residual(layer, x)
        assert kind in ("Input", "Activation", "Dropout")
        return x

    def _residual(self, layer: Any, x: Any) -> Any:
        inside = x
        for child in layer.children:
            inside = self._run(child, inside)
        shape = (*x.shape[2:], x.shape[1])
        for child in layer.branches(shape)["skip"]:
            x = self._run(child, x)
        return inside + x

    @staticmethod
    def _convolve(layer: Any, x: Any, weights: dict[str, Any]) -> Any:
        window = layer.window
        (top, bottom), (left, right) = window.pads(*x.shape[2:])
        kernel = weights["kernel"].permute(3, 2, 0, 1)
        padded = nn.pad(x, (left, right, top, bottom))
        settings = {"stride": window.strides, "dilation": window.dilation, "groups": layer.groups}
        return nn.conv2d(padded, kernel, weights.get("bias"), **settings)


def _activate(name: str, alpha: float, z: Any) -> Any:
    functions = {
        "linear": lambda: z,
        "relu": lambda: nn.relu(z),
        "leaky_relu": lambda: nn.leaky_relu(z, alpha),
        "elu": lambda: nn.elu(z, alpha),
        "gelu": lambda: nn.gelu(z),
        "silu": lambda: nn.silu(z),
        "tanh": lambda: torch.tanh(z),
        "sigmoid": lambda: torch.sigmoid(z),
        "softmax": lambda: torch.softmax(z, dim=-1),
    }
    return functions[name]()
