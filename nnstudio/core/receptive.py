"""Receptive fields: how much of the input image one output value of each layer can see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nnstudio.core.layer import LayerSpec
from nnstudio.core.network_spec import NetworkSpec
from nnstudio.core.window import Size, Window

_MIXES_PLACES = ("dense", "shape", "pooling")


@dataclass(frozen=True)
class _Field:
    """What a value sees of the input.

    Attributes:
        reach: Rows and columns that it sees.
        jump: Rows and columns of the input from one value to its neighbour.
    """

    reach: Size = (1, 1)
    jump: Size = (1, 1)

    def through(self, window: Window) -> _Field:
        """The field of a value that a window computes from values with this one.

        ``reach' = reach + (window − 1)·jump`` and ``jump' = jump·stride``, along rows and columns
        (Araujo, Norris & Sim, 2019).
        """
        rows, columns = (r + (w - 1) * j for r, w, j in zip(self.reach, window.reach, self.jump, strict=True))
        down, right = (j * s for j, s in zip(self.jump, window.strides, strict=True))
        return _Field((rows, columns), (down, right))


def receptive_field(network: NetworkSpec, name: str) -> Size | None:
    """Height and width of the part of the image that the layer called ``name`` sees.

    Padding counts as image. None behind a layer that mixes all places, such as Flatten or Dense, and
    where there is no such layer.
    """
    found: dict[str, _Field | None] = {}
    _follow(network.layers, _Field(), found)
    field = found.get(name)
    return field.reach if field else None


def _follow(
    layers: Iterable[LayerSpec], field: _Field | None, found: dict[str, _Field | None]
) -> _Field | None:
    """The field behind a chain of layers; notes that of every layer on the way."""
    for layer in layers:
        if not layer.disabled:
            field = _behind(layer, field, found)
        found[layer.name] = field
    return field


def _behind(layer: LayerSpec, field: _Field | None, found: dict[str, _Field | None]) -> _Field | None:
    window = getattr(layer, "window", None)
    if field is None or layer.children:
        return _follow(layer.children, field, found)
    if isinstance(window, Window):
        return field.through(window)
    return None if layer.category in _MIXES_PLACES else field
