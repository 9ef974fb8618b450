"""Edits of a stack as pure functions from network to network; the commands turn them into undo steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from nnstudio.core.layer import LAYERS, LayerSpec, Shape
from nnstudio.core.shapes import ShapeReport, infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError

FIRST_UNITS = 64
"""Units of the layer that fills an empty stack while the number of classes isn't known."""


@dataclass(frozen=True)
class Place:
    """Somewhere in a network that a layer can go.

    Attributes:
        position: In front of the layer at this position,
        into: in the block called so; "" for the outer stack.
    """

    position: int
    into: str = ""


def is_input(layer: LayerSpec) -> bool:
    """The layer is the one that every stack starts with: it stays first and can't be deleted."""
    return layer.category == "input"


def is_block(layer: LayerSpec) -> bool:
    """The layer can hold others."""
    return type(layer).with_children is not LayerSpec.with_children


def has_weights(kind: type[LayerSpec]) -> bool:
    """Layers of this kind can have something to train, themselves or inside."""
    return kind.weights is not LayerSpec.weights or kind.with_children is not LayerSpec.with_children


def first_place(network: NetworkSpec) -> int:
    """The foremost position where a layer may be inserted: behind the Input."""
    return 1 if network.layers and is_input(network.layers[0]) else 0


def allowed(network: NetworkSpec, place: Place) -> Place:
    """The place kept between the ends of its stack, and behind the Input."""
    least = 0 if place.into else first_place(network)
    return Place(min(max(place.position, least), len(network.stack(place.into))), place.into)


def place_behind(network: NetworkSpec, name: str) -> Place:
    """The place behind the layer called ``name``; inside it if it is an empty block, else the end."""
    layer = network.find(name)
    if layer is None:
        return Place(len(network.layers))
    if is_block(layer) and not layer.children:
        return Place(0, name)
    return Place(network.index(name) + 1, network.parent(name))


def in_order(network: NetworkSpec, names: Collection[str]) -> tuple[str, ...]:
    """The outermost of the named layers, first to last: what stands inside another goes with it."""
    inner = {
        child.name
        for layer in network.walk()
        if layer.name in names
        for child in layer.tree()
        if child is not layer
    }
    return tuple(layer.name for layer in network.walk() if layer.name in names and layer.name not in inner)


def moved(network: NetworkSpec, names: Collection[str], place: Place) -> NetworkSpec:
    """The network with layers put together at a place; the Input stays where it is.

    Raises:
        SpecError: A block would move into itself.
    """
    going = [name for name in in_order(network, names) if not is_input(network.layer(name))]
    layers = [network.layer(name) for name in going]
    if any(inner.name == place.into for layer in layers for inner in layer.tree() if place.into):
        raise SpecError("a block can't move into itself", fix="drop it somewhere else")
    place = allowed(network, place)
    before = sum(1 for layer in network.stack(place.into)[: place.position] if layer.name in going)
    return network.remove(*going).insert(place.position - before, *layers, into=place.into)


def neighbour(network: NetworkSpec, names: Collection[str]) -> str:
    """The layer to select when some go: the one behind the last, else the one before, else the block."""
    going = in_order(network, names)
    block = network.parent(going[-1])
    stack = [layer.name for layer in network.stack(block)]
    last = stack.index(going[-1])
    behind = [name for name in stack[last + 1 :] if name not in going]
    before = [name for name in stack[:last] if name not in going]
    return behind[0] if behind else before[-1] if before else block


def grouped(network: NetworkSpec, names: Collection[str]) -> tuple[NetworkSpec, str]:
    """The network with some layers put into a residual block, and the block's name.

    Raises:
        SpecError: The layers don't follow each other in one stack, or the Input is among them.
    """
    going = in_order(network, names)
    layers = tuple(network.layer(name) for name in going)
    if not going or any(is_input(layer) for layer in layers):
        raise SpecError("the Input can't be inside a block", fix="select other layers")
    block, first = network.parent(going[0]), network.index(going[0])
    there = tuple(layer.name for layer in network.stack(block)[first : first + len(going)])
    if there != going:
        raise SpecError("the layers of a block follow each other", fix="select layers without a gap between")
    made = LAYERS.create("Residual", layers=layers)
    after = network.remove(*going).insert(first, made, into=block)
    return after, after.stack(block)[first].name


def ungrouped(network: NetworkSpec, name: str) -> NetworkSpec:
    """The network with a block's layers in its place.

    Raises:
        SpecError: The layer holds no others.
    """
    layer = network.layer(name)
    if not is_block(layer):
        raise SpecError(f"{layer.title} is no block", fix="select a block")
    position, around = network.index(name), network.parent(name)
    return network.remove(name).insert(position, *layer.children, into=around)


def flagged(network: NetworkSpec, names: Iterable[str], flag: str, value: bool) -> NetworkSpec:
    """The network with ``frozen`` or ``disabled`` set on some layers."""
    for name in names:
        network = network.replace_layer(name, network.layer(name).replace(**{flag: value}))
    return network


def with_input(network: NetworkSpec, shape: Shape | None) -> NetworkSpec:
    """The network with an Input in front, if it has none."""
    if first_place(network):
        return network
    fields = {} if shape is None else {"shape": shape}
    return network.insert(0, LAYERS.create("Input", **fields))


def with_first_dense(network: NetworkSpec, shape: Shape | None, classes: int | None) -> NetworkSpec:
    """A stack of an Input alone, made into a network that can be trained: Flatten where needed, Dense.

    Args:
        network: The stack.
        shape: Shape of the data's samples, if known.
        classes: Number of classes, if known: the Dense then is the output layer.
    """
    network = with_input(network, shape)
    output = infer_shapes(network).output_shape
    if output is not None and len(output) != 1:
        network = network.insert(len(network.layers), LAYERS.create("Flatten"))
    fields = {"units": classes, "activation": "softmax"} if classes else {"units": FIRST_UNITS}
    return network.insert(len(network.layers), LAYERS.create("Dense", **fields))


def is_empty(network: NetworkSpec) -> bool:
    """There is nothing but the Input."""
    return len(network.layers) <= first_place(network)


def lacks_output(report: ShapeReport) -> bool:
    """The one thing wrong is that no layer has weights yet."""
    known = all(row.parameters == 0 for row in report.layers)
    return known and len(report.errors) <= 1
