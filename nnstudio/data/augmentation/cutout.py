"""Cutout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import Cutout
from nnstudio.data.augmentation.draws import Draws


def cut_out(x: NDArray[np.float32], spec: Cutout, draws: Draws, fill: float) -> None:
    """Blanks a square in every sample. Its centre is any pixel, so it may reach over the edge.

    DeVries & Taylor, "Improved regularization of convolutional neural networks with cutout" (2017).

    Args:
        x: Samples ``(n, H, W, C)``, changed in place.
        spec: Size of the square.
        draws: Random numbers.
        fill: What is left in the square.
    """
    height, width = x.shape[1:3]
    drawn = draws.uniform("cutout", 3)
    tops = (drawn[:, 1] * height).astype(int) - spec.size // 2
    lefts = (drawn[:, 2] * width).astype(int) - spec.size // 2
    for number in np.flatnonzero(drawn[:, 0] < spec.probability):
        top, left = tops[number], lefts[number]
        x[number, max(0, top) : max(0, top + spec.size), max(0, left) : max(0, left + spec.size)] = fill
