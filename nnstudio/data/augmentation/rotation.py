"""Rotation about the centre."""

from __future__ import annotations

import numpy as np

from nnstudio.core.augmentation_spec import Rotation
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.pixel_map import PixelMap


def rotate(places: PixelMap, spec: Rotation, draws: Draws) -> None:
    """Turns every sample by an angle between ``±degrees``, all of them alike; a positive one turns left."""
    angle = np.deg2rad(spec.degrees) * draws.signed("rotation", spec.probability)[:, 0]
    cosine, sine = np.cos(angle), np.sin(angle)
    # rows count downwards, so turning left takes (row, column) to (c·row - s·column, s·row + c·column)
    places.turn(np.stack([cosine, sine, -sine, cosine], axis=1).reshape(-1, 2, 2))
