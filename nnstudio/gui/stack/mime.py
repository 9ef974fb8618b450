"""Layers as drag data and as text on the clipboard."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from PySide6.QtCore import QMimeData

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.spec import parse_json
from nnstudio.errors import SpecError

LAYER = "application/x-nnstudio-layer+json"
ORIGIN = "application/x-nnstudio-origin"
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Carried:
    """What a drag carries.

    Attributes:
        layers: The layers, in order.
        moving: Their names in this stack if they come from there, else none.
    """

    layers: tuple[LayerSpec, ...]
    moving: tuple[str, ...] = ()


def origin(stack: object) -> str:
    """A text that tells this stack from those of other windows and programs."""
    return f"{os.getpid()}:{id(stack)}"


def pack(layers: tuple[LayerSpec, ...], stack: object | None = None) -> QMimeData:
    """Drag or clipboard data of layers; ``stack`` is what they would be moved inside of."""
    values = [layer.to_json() for layer in layers]
    text = json.dumps(values[0] if len(values) == 1 else values, indent=2, ensure_ascii=False)
    data = QMimeData()
    data.setData(LAYER, text.encode())
    data.setText(text)
    if stack is not None:
        data.setData(ORIGIN, origin(stack).encode())
    return data


def unpack(data: QMimeData, stack: object | None = None) -> Carried | None:
    """The layers that drag data carry, or None if they carry none that could be read."""
    if not data.hasFormat(LAYER):
        return None
    try:
        layers = layers_from_text(bytes(data.data(LAYER).data()).decode(errors="replace"))
    except SpecError:
        return None
    own = stack is not None and bytes(data.data(ORIGIN).data()).decode(errors="replace") == origin(stack)
    return Carried(layers, tuple(layer.name for layer in layers) if own else ())


def layers_from_text(text: str) -> tuple[LayerSpec, ...]:
    """Reads one layer or a list of layers from JSON text, such as the clipboard's.

    Raises:
        SpecError: The text holds no layer, or one with a value that is not allowed.
    """
    if len(text) > MAX_BYTES:
        raise SpecError("the text is too long for a layer", allowed=f"at most {MAX_BYTES:,} characters")
    try:
        value = parse_json(text)
    except SpecError as error:
        raise SpecError("the clipboard holds no layer", fix="copy a layer with Ctrl+C first") from error
    values = value if isinstance(value, list) else [value]
    if isinstance(value, dict) and isinstance(value.get("layers"), list) and "type" not in value:
        values = value["layers"]  # a whole network
    if not values:
        raise SpecError("the clipboard holds no layer", fix="copy a layer with Ctrl+C first")
    return tuple(LAYERS.parse(one) for one in values)
