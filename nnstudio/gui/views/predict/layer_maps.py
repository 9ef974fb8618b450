"""What the layers make of one sample, chosen and named for being looked at. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import TITLES
from nnstudio.core.layer import LayerSpec
from nnstudio.engine.analysis import channel_maps, filter_images, layer_passes
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.errors import DataError

Floats32 = NDArray[np.float32]
_UNSEEN = ("input", "shape", "regularisation")  # what they give on is what they took in
_KEEP_CHANNELS = ("activation", "normalisation", "pooling", "regularisation")


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """One layer's output for one sample.

    Attributes:
        layer: The layer.
        title: What it is called, with its activation.
        maps: ``(channels, H, W)``; units of a layer without images are ``(units,)``.
        classes: Names of the outputs where they are probabilities; else empty.
    """

    layer: LayerSpec
    title: str
    maps: Floats32
    classes: tuple[str, ...] = ()

    @property
    def are_images(self) -> bool:
        """There is a picture per channel, not a number per unit."""
        return self.maps.ndim == 3

    @property
    def count(self) -> int:
        """Number of channels or units."""
        return len(self.maps)

    @property
    def signed(self) -> bool:
        """There are values below 0."""
        return bool((self.maps < 0).any())

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the output as the interface writes it, ``(H, W, C)`` or ``(units,)``."""
        return (*self.maps.shape[1:], len(self.maps))

    def scaled(self, together: bool) -> Floats32:
        """The maps from −1 to 1 (``signed``) or 0 to 1, by the largest value of all or of each."""
        axes = None if together or not self.are_images else (1, 2)
        sizes = np.abs(np.nan_to_num(self.maps, nan=0.0, posinf=0.0, neginf=0.0))
        largest = sizes.max(axis=axes, keepdims=True, initial=0)
        scaled: Floats32 = (self.maps / np.where(largest > 0, largest, 1)).astype(np.float32)
        return scaled


def layer_maps(model: Model, sample: NDArray[Any]) -> tuple[LayerMaps, ...]:
    """The outputs of the layers that change something, in the order of the stack.

    Args:
        model: The model; its weights must not change meanwhile.
        sample: One raw sample, ``input_shape``.

    Raises:
        DataError: The sample doesn't fit the network.
    """
    steps = [step for step in model.network.steps if not step.layer.disabled]
    shown = [step.layer for step in steps if step.layer.category not in _UNSEEN]
    passes = layer_passes(model, sample[None], [layer.name for layer in shown])
    found = []
    for number, layer in enumerate(shown):
        if layer.name not in passes:
            continue
        output = passes[layer.name].y[0]
        last = number == len(shown) - 1 and output.ndim == 1 and len(output) == len(model.classes)
        maps = channel_maps(output) if output.ndim == 3 else output.reshape(-1).astype(np.float32)
        found.append(LayerMaps(layer, _title(layer), maps, model.classes if last else ()))
    return tuple(found)


def filter_of(network: Network, weights: Floats32, layer: str, channel: int) -> Floats32 | None:
    """The filter that made a channel, ``(kh, kw, channels)``, or None where no kernel did.

    A channel of an activation, a normalisation or a pooling is that of the layer in front of it.
    """
    steps = [step for step in network.steps if not step.layer.disabled]
    names = [step.layer.name for step in steps]
    place = names.index(layer) if layer in names else -1
    while place >= 0 and steps[place].layer.category in _KEEP_CHANNELS:
        place -= 1
    if place < 0:
        return None
    try:
        filters = filter_images(network, weights, names[place])
    except DataError:  # a block, or no kernel at all
        return None
    return filters[channel] if channel < len(filters) else None


def _title(layer: LayerSpec) -> str:
    own = layer.type_name()
    if own == "Activation":
        return TITLES[str(getattr(layer, "function", "linear"))]
    function = str(getattr(layer, "activation", "linear"))
    return own if function == "linear" else f"{own}, {TITLES[function]}"
