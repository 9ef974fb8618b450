"""A network as Keras layers: their configs, how they are connected, and whose weights they hold.

Containers are flattened: Keras knows no blocks, only layers that join several others. A network
without such layers is a ``Sequential``, any other a ``Functional`` model. The spelling is the one
that both Keras 2 and Keras 3 read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnstudio.core.activations import KERAS_NEGATIVE_SLOPE
from nnstudio.engine.model import Model
from nnstudio.engine.network import Array
from nnstudio.engine.plan import Step
from nnstudio.layers.base import KerasLayer

LINK_NAME = "probabilities"
"""Name of the last layer where the network itself ends in logits."""


@dataclass(frozen=True)
class KerasNode:
    """One Keras layer in its place.

    Attributes:
        name: Its name, unique and without characters that HDF5 or Keras reads otherwise.
        kind: Keras's class.
        settings: Its config, without the name.
        inputs: Names of the layers it reads; none for the input layer.
        weights: Its arrays in Keras's order, as views.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...] = ()
    weights: Mapping[str, Array] = field(default_factory=dict)

    @property
    def config(self) -> dict[str, Any]:
        """The config as Keras stores it."""
        return {"name": self.name, **self.settings}


def keras_nodes(model: Model) -> list[KerasNode]:
    """The Keras layers that compute the same as a model, from the input to probabilities.

    They stand in the order that Keras gives them, by which it hands out the weights of a file.

    Raises:
        FormatError: Keras has no such layer; the message says which and why.
    """
    graph = _Graph(model.network.views(model.weights))
    last = graph.chain(model.network.steps, "")
    if not _ends_in_probabilities(model):
        graph.add(LINK_NAME, "Activation", {"activation": model.loss.link}, (last,))
    return _in_keras_order(graph.nodes)


def keras_config(nodes: list[KerasNode]) -> dict[str, Any]:
    """The nodes as Keras's ``model_config``."""
    layers: list[dict[str, Any]] = [{"class_name": node.kind, "config": node.config} for node in nodes]
    config: dict[str, Any] = {"name": "nnstudio", "layers": layers}
    if _is_chain(nodes):
        return {"class_name": "Sequential", "config": config}
    for layer, node in zip(layers, nodes, strict=True):
        calls = [[[name, 0, 0, {}] for name in node.inputs]] if node.inputs else []
        layer.update(name=node.name, inbound_nodes=calls)
    config["input_layers"] = [nodes[0].name, 0, 0]
    config["output_layers"] = [nodes[-1].name, 0, 0]
    return {"class_name": "Functional", "config": config}


class _Graph:
    """Collects nodes while it walks through the steps."""

    def __init__(self, views: Mapping[str, Mapping[str, Array]]) -> None:
        self.nodes: list[KerasNode] = []
        self._views = views
        self._taken: set[str] = set()

    def chain(self, steps: Iterable[Step], source: str) -> str:
        """Adds a chain of layers behind the node ``source``; returns the name of its last node."""
        for step in steps:
            if not step.layer.disabled:
                source = self._layer(step, source)
        return source

    def _layer(self, step: Step, source: str) -> str:
        """Adds one layer, behind the chains inside it if it is a container."""
        branches = tuple(self.chain(inside, source) for inside in step.branches.values())
        inputs = branches or ((source,) if source else ())
        weights = self._views[step.layer.name]
        for described in step.layer.keras():
            for kind, settings in _spelled(*described):
                source = self.add(step.layer.name, kind, settings, inputs, weights)
                inputs, weights = (source,), {}
        return source

    def add(
        self,
        name: str,
        kind: str,
        settings: Mapping[str, Any],
        inputs: tuple[str, ...],
        weights: Mapping[str, Array] | None = None,
    ) -> str:
        """Adds a node and returns its name."""
        name = self._unique(name)
        self.nodes.append(KerasNode(name, kind, settings, inputs, weights or {}))
        return name

    def _unique(self, name: str) -> str:
        stem = re.sub(r"[^\w.-]", "_", name).strip(".") or "layer"  # to HDF5 "." is the group itself
        unique, number = stem, 1
        while unique in self._taken:
            number += 1
            unique = f"{stem}_{number}"
        self._taken.add(unique)
        return unique


def _spelled(kind: str, settings: Mapping[str, Any]) -> Iterator[KerasLayer]:
    """A layer as both Keras 2 and 3 read it: the former has no activation called ``leaky_relu``."""
    if settings.get("activation") != "leaky_relu":
        yield kind, dict(settings)
        return
    if kind != "Activation":
        yield kind, {**settings, "activation": "linear"}
    yield "ReLU", {"negative_slope": KERAS_NEGATIVE_SLOPE, "max_value": None, "threshold": 0.0}


def _in_keras_order(nodes: list[KerasNode]) -> list[KerasNode]:
    """The nodes by falling distance to the output; at one distance, as a search from there meets them."""
    distance = {node.name: 0 for node in nodes}
    for node in reversed(nodes):  # each node stands behind those it reads
        for name in node.inputs:
            distance[name] = max(distance[name], distance[node.name] + 1)
    by_name = {node.name: node for node in nodes}
    met: dict[str, int] = {}
    ahead = [nodes[-1].name]
    while ahead:
        name = ahead.pop()
        if name not in met:
            met[name] = len(met)
            ahead.extend(reversed(by_name[name].inputs))
    return sorted(nodes, key=lambda node: (-distance[node.name], met[node.name]))


def _is_chain(nodes: list[KerasNode]) -> bool:
    """Whether each node reads the one in front of it and nothing else."""
    names = [node.name for node in nodes]
    return all(node.inputs == (before,) for node, before in zip(nodes[1:], names, strict=False))


def _ends_in_probabilities(model: Model) -> bool:
    """Whether the stack itself ends in the loss's link, as opposed to logits."""
    last = [step for step in model.network.steps if not step.layer.disabled][-1]
    return last.layer.activation_function().name == model.loss.link
