"""Mirroring."""

from __future__ import annotations

import numpy as np

from nnstudio.core.augmentation_spec import Flip
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.pixel_map import PixelMap


def flip(places: PixelMap, spec: Flip, draws: Draws, axis: int) -> None:
    """Mirrors some samples: their rows (axis 0, a vertical flip) or their columns (1, a horizontal one)."""
    mirrored = draws.uniform(f"flip {axis}", 1)[:, 0] < spec.probability
    places.stretch(axis, np.where(mirrored, -1.0, 1.0))
