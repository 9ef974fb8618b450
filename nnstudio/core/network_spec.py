"""The network as data: a stack of layers with unique names, some of which hold stacks themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import field_validator

from nnstudio.core.fields import OneOf, field
from nnstudio.core.layer import LAYERS, LayerSpec, Shape
from nnstudio.core.spec_base import Spec
from nnstudio.errors import SpecError

MAX_LAYERS = 2_000
MAX_NESTING = 20
"""Blocks inside each other; a project's JSON, two levels each, stays within what is read."""

Layers = tuple[LayerSpec, ...]


class NetworkSpec(Spec):
    """A stack of layers, the first of which is the input.

    Every layer has a unique name, also those inside blocks; layers that come without one are named
    after their type, as Keras does (``dense``, ``dense_1``). Edits find a layer by its name wherever
    it stands; ``into`` names the block whose stack is meant, "" the outer one.
    """

    layers: tuple[Annotated[LayerSpec, OneOf(LAYERS)], ...] = field(
        (), help="The stack.", max_length=MAX_LAYERS
    )

    @field_validator("layers")
    @classmethod
    def _name(cls, layers: Layers) -> Layers:
        taken: set[str] = set()
        everything = [inner for outer in layers for inner in outer.tree()]
        if len(everything) > MAX_LAYERS:
            raise ValueError(f"a network has at most {MAX_LAYERS:,} layers, not {len(everything):,}")
        if any(_nesting(layer) > MAX_NESTING for layer in layers):
            raise ValueError(f"blocks stand at most {MAX_NESTING} deep inside each other")
        for layer in everything:
            for name in (layer.name, *layer.reserved_names()):
                if name in taken:
                    raise ValueError(f"two layers are called {name!r}; rename one of them")
                if name:
                    taken.add(name)
        return tuple(_all_named(layer, taken) for layer in layers)

    @property
    def input_shape(self) -> Shape | None:
        """Shape of one input sample, or None while there is no input layer."""
        if self.layers and self.layers[0].category == "input":
            return self.layers[0].output_shape(())
        return None

    def walk(self) -> Iterator[LayerSpec]:
        """Every layer, also inside blocks: each block, then what it holds."""
        for layer in self.layers:
            yield from layer.tree()

    def find(self, name: str) -> LayerSpec | None:
        """The layer called ``name``, wherever it stands, or None."""
        return next((layer for layer in self.walk() if layer.name == name), None)

    def layer(self, name: str) -> LayerSpec:
        """The layer called ``name``, wherever it stands.

        Raises:
            SpecError: There is none.
        """
        found = self.find(name)
        if found is None:
            raise SpecError(
                f"the network has no layer called {name!r}",
                allowed=", ".join(layer.name for layer in self.walk()),
                received=name,
                fix="use one of the names above",
            )
        return found

    def parent(self, name: str) -> str:
        """Name of the block that directly holds the layer called ``name``; "" for the outer stack.

        Raises:
            SpecError: There is no such layer.
        """
        wanted = self.layer(name)
        holders = (layer for layer in self.walk() if any(child is wanted for child in layer.children))
        return next((holder.name for holder in holders), "")

    def stack(self, block: str = "") -> Layers:
        """The layers directly inside a block, or the outer stack."""
        return self.layer(block).children if block else self.layers

    def index(self, name: str) -> int:
        """Position of the layer called ``name`` in the stack that holds it.

        Raises:
            SpecError: There is none.
        """
        names = [layer.name for layer in self.stack(self.parent(name))]
        return names.index(name)

    def insert(self, position: int, *layers: LayerSpec, into: str = "") -> NetworkSpec:
        """The network with layers put in front of ``position``; names that are taken change."""
        taken = {name for layer in self.walk() for name in (layer.name, *layer.reserved_names())}
        fresh = tuple(_renamed(layer, taken) for layer in layers)
        return self._edited(into, lambda stack: (*stack[:position], *fresh, *stack[position:]))

    def remove(self, *names: str) -> NetworkSpec:
        """The network without the named layers, wherever they stand."""
        return self.replace(layers=_without(self.layers, frozenset(names)))

    def move(self, name: str, position: int, into: str | None = None) -> NetworkSpec:
        """The network with one layer moved so that it stands in front of ``position``.

        Args:
            name: The layer.
            position: Counted before the move.
            into: The block to move it to, "" for the outer stack; None leaves it in its stack.

        Raises:
            SpecError: There is no such layer, or it would move into itself.
        """
        home, old, layer = self.parent(name), self.index(name), self.layer(name)
        target = home if into is None else into
        if any(inner.name == target for inner in layer.tree()):
            raise SpecError(f"{name} can't move into itself", fix="drop it somewhere else")
        if target == home and position > old:
            position -= 1
        rest = self.replace(layers=_without(self.layers, frozenset([name])))
        return rest._edited(target, lambda stack: (*stack[:position], layer, *stack[position:]))

    def replace_layer(self, name: str, layer: LayerSpec) -> NetworkSpec:
        """The network with one layer exchanged for another."""
        position = self.index(name)
        return self._edited(
            self.parent(name), lambda stack: (*stack[:position], layer, *stack[position + 1 :])
        )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {"layers": [layer.to_json() for layer in self.layers]}

    def _edited(self, block: str, edit: Callable[[Layers], Layers]) -> NetworkSpec:
        """The network with the stack of one block edited; blocks around it are made anew."""
        if not block:
            return self.replace(layers=edit(self.layers))
        self.layer(block)  # says so if there is none
        return self.replace(layers=tuple(_edited_inside(layer, block, edit) for layer in self.layers))


def _nesting(layer: LayerSpec) -> int:
    """How many blocks stand inside each other, the outermost counted too."""
    return 1 + max(map(_nesting, layer.children)) if layer.children else 0


def _edited_inside(layer: LayerSpec, block: str, edit: Callable[[Layers], Layers]) -> LayerSpec:
    if layer.name == block:
        return layer.with_children(edit(layer.children))
    if any(inner.name == block for inner in layer.tree()):
        return layer.with_children(tuple(_edited_inside(child, block, edit) for child in layer.children))
    return layer


def _without(layers: Layers, names: frozenset[str]) -> Layers:
    kept = (layer for layer in layers if layer.name not in names)
    return tuple(
        layer.with_children(_without(layer.children, names)) if layer.children else layer for layer in kept
    )


def _all_named(layer: LayerSpec, taken: set[str]) -> LayerSpec:
    """The layer and those inside it, with names where they had none."""
    if not layer.name:
        layer = _named(layer, taken)
    if all(inner.name for inner in layer.tree()):
        return layer
    return layer.with_children(tuple(_all_named(child, taken) for child in layer.children))


def _renamed(layer: LayerSpec, taken: set[str]) -> LayerSpec:
    """The layer and those inside it, with new names where theirs are missing or taken."""
    if not layer.name or taken & {layer.name, *layer.reserved_names()}:
        layer = _named(layer, taken)
    taken |= {layer.name, *layer.reserved_names()}
    if not layer.children:
        return layer
    return layer.with_children(tuple(_renamed(child, taken) for child in layer.children))


def _named(layer: LayerSpec, taken: set[str]) -> LayerSpec:
    stem = re.sub(r"_\d+$", "", layer.name) or layer.default_name
    number = 0
    while True:
        named = layer.replace(name=f"{stem}_{number}" if number else stem)
        names = {named.name, *named.reserved_names()}
        if not names & taken:
            taken |= names
            return named
        number += 1
