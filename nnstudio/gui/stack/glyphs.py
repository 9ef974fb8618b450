"""The drawing of a layer: that of its kind, or a finer one named after what it does."""

from __future__ import annotations

from functools import cache

from nnstudio.core.layer import LayerSpec
from nnstudio.gui.look.icons import glyph_names


def glyph_of(layer: LayerSpec) -> str:
    """Name of the layer's glyph: an Activation with tanh has the glyph ``tanh``."""
    return layer.default_name if layer.default_name in _known() else layer.glyph


@cache
def _known() -> frozenset[str]:
    return frozenset(glyph_names())
