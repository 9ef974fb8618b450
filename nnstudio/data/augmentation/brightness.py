"""Brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import Brightness
from nnstudio.data.augmentation.draws import Draws


def brighten(x: NDArray[np.float32], spec: Brightness, draws: Draws, span: float) -> None:
    """Adds one number to all values of a sample, between ``±amount`` of the data's range.

    Args:
        x: Samples ``(n, H, W, C)``, changed in place.
        spec: How much.
        draws: Random numbers.
        span: Highest minus lowest value of the data.
    """
    added = spec.amount * span * draws.signed("brightness", spec.probability)
    np.add(x, added.astype(np.float32).reshape(-1, 1, 1, 1), out=x)
