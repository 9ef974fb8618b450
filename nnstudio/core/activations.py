"""Names and properties of the activation functions; their arithmetic is in ``engine.ops``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActivationName = Literal[
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "softplus",
    "softmax",
]

TITLES: dict[str, str] = {
    "linear": "Linear",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
    "softmax": "Softmax",
}
"""How each function is written for people."""

KERAS_NEGATIVE_SLOPE = 0.2
"""Slope of Keras's string activation ``"leaky_relu"`` (its LeakyReLU *layer* has 0.3)."""

_NEEDS_Z = {"gelu", "silu"}


@dataclass(frozen=True)
class ActivationFunction:
    """An activation with its parameter.

    Attributes:
        name: Keras's name.
        alpha: Negative slope of ``leaky_relu``, or ``α`` of ``elu``; other functions have none.
    """

    name: ActivationName
    alpha: float = 0.0

    @property
    def needs_z(self) -> bool:
        """The derivative can't be had from the output alone, so the input must be kept."""
        return self.name in _NEEDS_Z


LINEAR = ActivationFunction("linear")


def activation_function(name: ActivationName) -> ActivationFunction:
    """A function by name alone, with the parameter Keras gives it."""
    return ActivationFunction(name, {"leaky_relu": KERAS_NEGATIVE_SLOPE, "elu": 1.0}.get(name, 0.0))
