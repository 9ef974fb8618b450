"""Elastic deformation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import ElasticDeformation
from nnstudio.data.augmentation.draws import Draws

Array = NDArray[np.float32]


class Elastic:
    """Smooth random displacements: uniform ones, blurred by a Gaussian, times ``alpha``.

    Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to visual
    document analysis" (2003), section 2. Beyond the edge the field counts as 0.

    Args:
        spec: Its settings.
        samples: Most samples at once.
        height: Rows of an image.
        width: Columns of an image.
    """

    def __init__(self, spec: ElasticDeformation, samples: int, height: int, width: int) -> None:
        self._probability = spec.probability
        self._alpha = np.float32(spec.alpha)
        self._blur_rows, self._blur_columns = _gaussian(height, spec.sigma), _gaussian(width, spec.sigma)
        self._words = np.empty((2, samples, height * width), np.uint64)
        self._field = np.empty((2, 2, samples, height, width), np.float32)

    def field(self, draws: Draws) -> Array:
        """Displacements of rows and columns in pixels, ``(2, n, H, W)``; the next call overwrites them."""
        n = len(draws)
        words = draws.words("elastic", self._words[0, :n], self._words[1, :n])
        raw: Array
        raw, blurred = self._field[:, :, :n]
        halves = words.view(np.int32).reshape(*raw.shape[1:], 2)
        np.multiply(np.moveaxis(halves, 3, 0), np.float32(2.0**-31), out=raw, casting="unsafe")  # -1...1
        # a product of its own for every sample, so that it doesn't depend on the others
        np.matmul(self._blur_rows, raw, out=blurred)
        np.matmul(blurred, self._blur_columns, out=raw)
        chosen = draws.uniform("elastic chosen", 1)[:, 0] < self._probability
        strength = np.where(chosen, self._alpha, np.float32(0))
        np.multiply(raw, strength[:, np.newaxis, np.newaxis], out=raw)
        return raw


def _gaussian(size: int, sigma: float) -> Array:
    """The symmetric matrix ``(size, size)`` that blurs a column by a Gaussian, with zeros beyond its ends."""
    reach = max(size, math.ceil(6 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    distances = np.subtract.outer(np.arange(size), np.arange(size))
    blur: Array = (weights / weights.sum())[reach + distances].astype(np.float32)
    return blur
