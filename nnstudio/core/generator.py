"""Networks made from a few numbers: the multilayer perceptron of a hyperparameter study."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from nnstudio.core.activations import ActivationName
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, LayerSpec, Shape
from nnstudio.core.network_spec import NetworkSpec
from nnstudio.core.spec_base import Spec

RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "gelu", "silu"})
"""Activations for which He's initial weights are made."""


class MlpSpec(Spec):
    """A stack of dense layers: so wide, so deep.

    A project that has one is drawn from it anew whenever a number changes, so that width and depth
    can be swept like any other setting. Editing the stack by hand ends that.
    """

    width: int = field(256, help="Units of the first hidden layer.", ge=1, le=65_536, step=1)
    depth: int = field(4, help="Number of hidden layers.", ge=0, le=500, step=1)
    taper: Literal["constant", "tapering"] = field(
        "constant",
        help="constant: every hidden layer has the same width. tapering: each is narrower than the one "
        "before it, in even steps down to the number of classes.",
    )
    activation: ActivationName = field("relu", help="Function of the hidden layers.")
    dropout: float = field(0.0, help="Share of values switched off.", ge=0, lt=1, step=0.05)
    dropout_behind: Literal["every", "last"] = field(
        "every",
        help="every: dropout behind every hidden layer, whose effects multiply in a deep network. last: "
        "only behind the last one, in front of the output.",
    )
    input_shape: tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...] = field(
        (28, 28, 1), help="Shape of one sample.", min_length=1, max_length=3, hidden=True
    )
    classes: int = field(10, help="Number of outputs.", ge=1, le=10_000, step=1, hidden=True)

    def widths(self) -> tuple[int, ...]:
        """Units of each hidden layer, from the input on."""
        if self.taper == "constant":
            return (self.width,) * self.depth
        step = (self.width - self.classes) / max(1, self.depth)
        return tuple(max(1, math.ceil(self.width - step * place)) for place in range(self.depth))

    def network(self) -> NetworkSpec:
        """The stack."""
        initializer = "HeNormal" if self.activation in RECTIFIERS else "GlorotUniform"
        layers: list[LayerSpec] = list(_front(self.input_shape))
        for number, units in enumerate(self.widths(), start=1):
            layers.append(
                LAYERS.create(
                    "Dense", units=units, activation=self.activation, kernel_initializer=initializer
                )
            )
            if self.dropout and (self.dropout_behind == "every" or number == self.depth):
                layers.append(LAYERS.create("Dropout", rate=self.dropout))
        layers.append(LAYERS.create("Dense", units=self.classes, activation="softmax"))
        return NetworkSpec(layers=tuple(layers))


def _front(shape: Shape) -> tuple[LayerSpec, ...]:
    first = LAYERS.create("Input", shape=shape)
    return (first, LAYERS.create("Flatten")) if len(shape) > 1 else (first,)
