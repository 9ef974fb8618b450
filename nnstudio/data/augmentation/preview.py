"""What augmentation makes of some samples, to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.data.augmentation.augmenter import Augmenter
from nnstudio.data.dataset import IntArray, Part


def preview(
    part: Part, positions: IntArray, spec: AugmentationSpec, *, seed: int, epochs: int
) -> NDArray[np.float32]:
    """Some training samples as they are, and as a run sees them in its first epochs.

    Args:
        part: The training samples.
        positions: Which of them ``(n,)``.
        spec: The operations.
        seed: Seed of the run.
        epochs: Number of epochs to show.

    Returns:
        Raw values ``(1 + epochs, n, *shape)``; number 0 holds the samples as they are, number ``e`` those
        of epoch ``e``.

    Raises:
        DataError: The samples can't be varied so.
    """
    plain = part.samples(positions)
    shown = np.empty((1 + epochs, *plain.shape), np.float32)
    shown[:] = plain
    augmenter = Augmenter(spec, part, seed)
    for epoch in range(1, 1 + epochs):
        augmenter.apply(shown[epoch], part.rows(positions), epoch)
    return shown
