"""The network as data: a stack of layers with unique names."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import field_validator

from nnstudio.core.fields import OneOf, field
from nnstudio.core.layer import LAYERS, LayerSpec, Shape
from nnstudio.core.spec_base import Spec
from nnstudio.errors import SpecError

MAX_LAYERS = 2_000


class NetworkSpec(Spec):
    """A stack of layers, the first of which is the input.

    Every layer has a unique name; layers that come without one are named after their type, as Keras
    does (``dense``, ``dense_1``).
    """

    layers: tuple[Annotated[LayerSpec, OneOf(LAYERS)], ...] = field(
        (), help="The stack.", max_length=MAX_LAYERS
    )

    @field_validator("layers")
    @classmethod
    def _name(cls, layers: tuple[LayerSpec, ...]) -> tuple[LayerSpec, ...]:
        taken: set[str] = set()
        for layer in layers:
            if layer.name in taken:
                raise ValueError(f"two layers are called {layer.name!r}; rename one of them")
            if layer.name:
                taken.add(layer.name)
        return tuple(layer if layer.name else _named(layer, taken) for layer in layers)

    @property
    def input_shape(self) -> Shape | None:
        """Shape of one input sample, or None while there is no input layer."""
        if self.layers and self.layers[0].category == "input":
            return self.layers[0].output_shape(())
        return None

    def index(self, name: str) -> int:
        """Position of the layer called ``name``.

        Raises:
            SpecError: There is none.
        """
        for position, layer in enumerate(self.layers):
            if layer.name == name:
                return position
        raise SpecError(
            f"the network has no layer called {name!r}",
            allowed=", ".join(layer.name for layer in self.layers),
            received=name,
            fix="use one of the names above",
        )

    def layer(self, name: str) -> LayerSpec:
        """The layer called ``name``."""
        return self.layers[self.index(name)]

    def insert(self, position: int, *layers: LayerSpec) -> NetworkSpec:
        """The network with layers put in front of ``position``; names that are taken change."""
        taken = {layer.name for layer in self.layers}
        fresh = []
        for layer in layers:
            fresh.append(_named(layer, taken) if not layer.name or layer.name in taken else layer)
            taken.add(fresh[-1].name)
        return self.replace(layers=(*self.layers[:position], *fresh, *self.layers[position:]))

    def remove(self, *names: str) -> NetworkSpec:
        """The network without the named layers."""
        return self.replace(layers=tuple(layer for layer in self.layers if layer.name not in names))

    def move(self, name: str, position: int) -> NetworkSpec:
        """The network with one layer moved so that it stands in front of ``position``."""
        old = self.index(name)
        rest = self.layers[:old] + self.layers[old + 1 :]
        target = position - 1 if position > old else position
        return self.replace(layers=(*rest[:target], self.layers[old], *rest[target:]))

    def replace_layer(self, name: str, layer: LayerSpec) -> NetworkSpec:
        """The network with one layer exchanged for another."""
        position = self.index(name)
        return self.replace(layers=(*self.layers[:position], layer, *self.layers[position + 1 :]))

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {"layers": [layer.to_json() for layer in self.layers]}


def _named(layer: LayerSpec, taken: set[str]) -> LayerSpec:
    stem = re.sub(r"_\d+$", "", layer.name) or layer.default_name
    name, number = stem, 0
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return layer.replace(name=name)
