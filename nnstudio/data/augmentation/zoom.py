"""Zoom about the centre."""

from __future__ import annotations

from nnstudio.core.augmentation_spec import Zoom
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.pixel_map import PixelMap


def zoom(places: PixelMap, spec: Zoom, draws: Draws) -> None:
    """Enlarges every sample by a factor from ``1 - amount`` to ``1 + amount``, all of them alike."""
    inverse = 1 / (1 + spec.amount * draws.signed("zoom", spec.probability)[:, 0])
    places.stretch(0, inverse)
    places.stretch(1, inverse)
