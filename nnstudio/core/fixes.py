"""Edits that mend a problem of a network, small enough to be offered as one button."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from nnstudio.core.layer import LAYERS
from nnstudio.core.spec import NetworkSpec


class Fix(Protocol):
    """An edit of a network, offered for a problem of one of its layers."""

    @property
    def label(self) -> str:
        """Text of the button: the exact change."""
        ...

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The network with the edit made at the layer that has the problem."""
        ...


@dataclass(frozen=True)
class InsertBefore:
    """Puts a new layer in front of the one with the problem, or of the one that is named."""

    type: str
    fields: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """Text of the button."""
        return self.text or f"Insert {self.type}"

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        new = LAYERS.create(self.type, **self.fields)
        place = self.name or layer
        return network.insert(network.index(place), new, into=network.parent(place))


@dataclass(frozen=True)
class InsertAfter:
    """Puts a new layer behind the one with the problem."""

    type: str
    fields: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def label(self) -> str:
        """Text of the button."""
        return self.text or f"Add {self.type}"

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        new = LAYERS.create(self.type, **self.fields)
        return network.insert(network.index(layer) + 1, new, into=network.parent(layer))


@dataclass(frozen=True)
class SetFields:
    """Changes settings of the layer with the problem."""

    text: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Text of the button."""
        return self.text

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        return network.replace_layer(layer, network.layer(layer).replace(**self.fields))


@dataclass(frozen=True)
class Remove:
    """Takes a layer out: the one with the problem, or the one that is named."""

    text: str = "Remove it"
    name: str = ""

    @property
    def label(self) -> str:
        """Text of the button."""
        return self.text

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        return network.remove(self.name or layer)


@dataclass(frozen=True)
class MoveBefore:
    """Moves the layer with the problem in front of the one that is named, in the same stack."""

    name: str

    @property
    def label(self) -> str:
        """Text of the button."""
        return f"Move before {self.name}"

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        return network.move(layer, network.index(self.name))


@dataclass(frozen=True)
class SetInside:
    """Changes a setting of every layer inside the block with the problem that has one."""

    text: str
    name: str
    value: Any

    @property
    def label(self) -> str:
        """Text of the button."""
        return self.text

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        for inner in network.layer(layer).tree():
            if getattr(inner, self.name, None) not in (None, self.value):
                network = network.replace_layer(
                    inner.name, network.layer(inner.name).replace(**{self.name: self.value})
                )
        return network


@dataclass(frozen=True)
class NormaliseFirst:
    """Puts the layer with the problem in front of the activation that stands before it.

    Attributes:
        name: The layer before it: an Activation, or one that applies its function itself.
    """

    name: str
    text: str

    @property
    def label(self) -> str:
        """Text of the button."""
        return self.text

    def apply(self, network: NetworkSpec, layer: str) -> NetworkSpec:
        """The mended network."""
        before = network.layer(self.name)
        function = getattr(before, "activation", None)
        if function is None:
            return network.move(layer, network.index(self.name))
        linear = network.replace_layer(self.name, before.replace(activation="linear"))
        return InsertAfter("Activation", {"function": function}).apply(linear, layer)
