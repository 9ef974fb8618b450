"""Contrast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import Contrast
from nnstudio.data.augmentation.draws import Draws


def stretch_contrast(x: NDArray[np.float32], spec: Contrast, draws: Draws) -> None:
    """Scales the distance from each sample's mean by a factor from ``1 - amount`` to ``1 + amount``.

    Computed as ``x·f + mean·(1 - f)``, so that a factor of 1 leaves every bit as it was.

    Args:
        x: Samples ``(n, H, W, C)``, changed in place.
        spec: How much.
        draws: Random numbers.
    """
    factor = 1 + spec.amount * draws.signed("contrast", spec.probability)[:, 0]
    mean = np.array([sample.mean(dtype=np.float64) for sample in x])  # one by one: alike in every batch
    np.multiply(x, factor.astype(np.float32).reshape(-1, 1, 1, 1), out=x)
    np.add(x, (mean * (1 - factor)).astype(np.float32).reshape(-1, 1, 1, 1), out=x)
