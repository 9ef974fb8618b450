"""The forward pass laid open: what every layer takes in, computes, and gives on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.layer import LayerSpec
from nnstudio.engine.analysis.passes import batch_size, parts, require_layer
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network, Vector, Workspace
from nnstudio.engine.plan import Step
from nnstudio.layers import Activation

_FUNCTION = "\0function"
"""Ends the name of the step that applies a layer's activation; no layer's name ends so."""


@dataclass(frozen=True, eq=False)
class LayerPass:
    """What one layer did with a batch.

    Attributes:
        layer: The layer.
        function: The activation it ends with.
        weights: Its weights by name.
        x: What came in, ``(N, *shape)``.
        z: What it computed, before its activation, ``(N, *output)``.
        y: What it gave on, ``function(z)``.
    """

    layer: LayerSpec
    function: ActivationFunction
    weights: Mapping[str, NDArray[Any]]
    x: NDArray[Any]
    z: NDArray[Any]
    y: NDArray[Any]


def layer_passes(model: Model, x: Any, layers: Iterable[str] | None = None) -> dict[str, LayerPass]:
    """What layers do with samples, in evaluation mode.

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, *input_shape)``.
        layers: Names of the layers wanted, also of those inside blocks; None for all. Ask for few when
            there are many samples: everything is kept.

    Returns:
        By name, in float32. The last layer gives probabilities on where its activation makes them.

    Raises:
        DataError: The samples don't fit the network, or there is no such layer.
    """
    scaled = model.scaling.apply(model.checked(x))
    network = _LaidOpen(model.network)
    wanted = None if layers is None else tuple(layers)
    for name in wanted or ():
        require_layer(model.network, name)
    return _passes(network, model.weights, scaled, wanted)


def worked_pass(model: Model, sample: Any) -> tuple[LayerPass, ...]:
    """A forward pass with all its numbers, to be followed by hand: for tiny networks.

    Args:
        model: The model.
        sample: One raw sample, ``input_shape``.

    Returns:
        The layers in the order they compute, those inside a block before the block; in float64, so that
        the figures are those of a calculation on paper, and with a batch axis of length 1.

    Raises:
        DataError: The sample doesn't fit the network.
    """
    scaled = model.scaling.apply(model.checked(np.asarray(sample)[None])).astype(np.float64)
    return tuple(_passes(_LaidOpen(model.network), model.weights.astype(np.float64), scaled, None).values())


class _LaidOpen(Network):
    """A network in which every activation is a step of its own, so that both its sides can be seen.

    The last one is computed, too, instead of being left to the loss, so a pass ends in probabilities.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network.spec, network.loss, fuse=False)
        whole = [
            replace(step, activation=step.layer.activation_function(), skip=step.layer.disabled)
            for step in self.steps
        ]
        self.steps = tuple(_laid_open(whole))


def _laid_open(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        branches = {name: tuple(_laid_open(inside)) for name, inside in step.branches.items()}
        if not step.layer.fuses_activation or step.activation == LINEAR:
            yield replace(step, branches=branches)
            continue
        yield replace(step, branches=branches, activation=LINEAR)
        function = Activation().model_copy(update={"name": step.layer.name + _FUNCTION})
        yield Step(function, step.output, step.output, step.number, step.activation)


def _passes(
    network: Network, weights: Vector, x: NDArray[Any], wanted: tuple[str, ...] | None
) -> dict[str, LayerPass]:
    batch = batch_size(network, len(x))
    workspace = network.workspace(weights, batch)
    found: dict[str, list[LayerPass]] = {}
    for part in parts(len(x), batch):
        with np.errstate(all="ignore"):  # weights that overflow give NaN
            workspace.forward(x[part])
            for one in _last_passes(workspace, weights):
                if wanted is None or one.layer.name in wanted:
                    kept = replace(one, x=one.x.copy(), z=one.z.copy(), y=one.y.copy())
                    found.setdefault(one.layer.name, []).append(kept)
    return {name: _joined(pieces) for name, pieces in found.items()}


def _last_passes(workspace: Workspace, weights: Vector) -> Iterator[LayerPass]:
    """What the layers did in the last pass; the arrays are overwritten by the next."""
    views = workspace.network.views(weights)
    applied = {
        step.layer.name.removesuffix(_FUNCTION): (step.activation, y)
        for step, y in workspace.chain.outputs()
        if step.layer.name.endswith(_FUNCTION)
    }
    for step, x, z in workspace.chain.passes():
        layer = step.layer
        if layer.name.endswith(_FUNCTION):
            continue
        function, y = applied.get(layer.name, (step.activation, z))
        if step.activation != LINEAR:  # an activation as a layer of its own
            z = x
        yield LayerPass(layer, function, views[layer.name], x, z, y)


def _joined(pieces: list[LayerPass]) -> LayerPass:
    first = pieces[0]
    if len(pieces) == 1:
        return first
    x, z, y = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("x", "z", "y"))
    return replace(first, x=x, z=z, y=y)
