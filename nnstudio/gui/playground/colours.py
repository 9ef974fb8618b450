"""Numbers over the plane as pictures, in the theme's diverging colours."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from nnstudio.gui.look.stylesheet import mix
from nnstudio.gui.look.tokens import Tokens

SURFACE = 0.6
"""Strength of the surface's colours, so that points in the full ones stand out."""
LEVELS = 256


def colour_table(tokens: Tokens, strength: float = 1.0) -> NDArray[np.uint32]:
    """Colours from blue over neutral to orange, ``(LEVELS,)``, each as 0xffRRGGBB; not to be changed."""
    return _table(tokens.diverging, strength)


@lru_cache(16)
def _table(ends: tuple[str, str, str], strength: float) -> NDArray[np.uint32]:
    low, neutral, high = ends
    table = np.empty(LEVELS, dtype=np.uint32)
    for level in range(LEVELS):
        t = 2 * level / (LEVELS - 1) - 1
        colour = QColor(mix(neutral, high if t > 0 else low, strength * abs(t)))
        table[level] = colour.rgb()
    return table


def plane_image(values: NDArray[np.floating], table: NDArray[np.uint32]) -> QImage:
    """A picture of values from 0 (blue) to 1 (orange), ``(h, w)``; what is no number is neutral."""
    with np.errstate(invalid="ignore"):
        levels = np.nan_to_num(values, nan=0.5) * (LEVELS - 1)
    pixels = np.ascontiguousarray(table[np.clip(levels, 0, LEVELS - 1).astype(np.intp)])
    h, w = pixels.shape
    return QImage(pixels.tobytes(), w, h, 4 * w, QImage.Format.Format_RGB32).copy()


def tile_images(responses: NDArray[np.floating], table: NDArray[np.uint32]) -> list[QImage]:
    """A picture per unit, ``(units, h, w)``: negative blue, zero neutral, positive orange.

    Each has its own scale, up to the unit's strongest response: a unit of small outputs shows its
    pattern as well as one of large ones.
    """
    images = []
    for response in responses:
        most = float(np.abs(response).max())
        scale = most if most > 0 and math.isfinite(most) else 1.0
        images.append(plane_image(0.5 + response / (2 * scale), table))
    return images
