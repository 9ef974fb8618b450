"""Edits of a stack as pure functions from network to network; the commands turn them into undo steps."""

from __future__ import annotations

from nnstudio.core.layer import LAYERS, LayerSpec, Shape
from nnstudio.core.shapes import ShapeReport, infer_shapes
from nnstudio.core.spec import NetworkSpec

FIRST_UNITS = 64
"""Units of the layer that fills an empty stack while the number of classes isn't known."""


def is_input(layer: LayerSpec) -> bool:
    """The layer is the one that every stack starts with: it stays first and can't be deleted."""
    return layer.category == "input"


def first_place(network: NetworkSpec) -> int:
    """The foremost position where a layer may be inserted: behind the Input."""
    return 1 if network.layers and is_input(network.layers[0]) else 0


def place(network: NetworkSpec, position: int) -> int:
    """``position`` kept between the Input and the end of the stack."""
    return min(max(position, first_place(network)), len(network.layers))


def place_behind(network: NetworkSpec, name: str) -> int:
    """The position behind the layer called ``name``; the end of the stack if there is none."""
    names = [layer.name for layer in network.layers]
    return names.index(name) + 1 if name in names else len(names)


def moved(network: NetworkSpec, name: str, position: int) -> NetworkSpec:
    """The network with a layer put in front of ``position``; the Input stays where it is."""
    if is_input(network.layer(name)):
        return network
    return network.move(name, place(network, position))


def neighbour(network: NetworkSpec, name: str) -> str:
    """The layer to select when ``name`` goes: the one behind it, or else the one before it."""
    position = network.index(name)
    rest = [layer.name for layer in network.layers if layer.name != name]
    return rest[min(position, len(rest) - 1)] if rest else ""


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
