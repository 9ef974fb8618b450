"""Moves by whole pixels."""

from __future__ import annotations

import numpy as np

from nnstudio.core.augmentation_spec import Shift
from nnstudio.data.augmentation.draws import Draws, Floats
from nnstudio.data.augmentation.pixel_map import PixelMap


def shift(places: PixelMap, spec: Shift, draws: Draws) -> None:
    """Moves every sample by a whole number of pixels, all allowed ones alike, down and to the right."""
    most = np.rint([spec.vertical * places.height, spec.horizontal * places.width])
    places.move(whole(draws.signed("shift", spec.probability, 2), most))


def whole(signed: Floats, most: Floats) -> Floats:
    """Whole numbers from ``-most`` to ``most``, all alike, from numbers from -1 to 1; 0 stays 0."""
    return np.clip(np.rint(signed * (most + 0.5)), -most, most)
