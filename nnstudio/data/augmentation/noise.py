"""Gaussian noise."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import Noise
from nnstudio.data.augmentation.draws import Draws

Array = NDArray[np.float32]

_LEVELS = 1 << 16
_PER_WORD = 4  # levels of 16 bits in one random word


class Noiser:
    """Adds independent normal numbers to every value.

    Args:
        spec: How much.
        samples: Most samples at once.
        values: Values of one sample.
        span: Highest minus lowest value of the data.
    """

    def __init__(self, spec: Noise, samples: int, values: int, span: float) -> None:
        self._probability = spec.probability
        self._deviation = np.float32(spec.deviation * span)
        words = -(-values // _PER_WORD)
        self._words = np.empty((2, samples, words), np.uint64)
        self._levels = np.empty((samples, words * _PER_WORD), np.intp)
        self._noise = np.empty((samples, words * _PER_WORD), np.float32)

    def __call__(self, x: Array, draws: Draws) -> None:
        """Adds noise to samples ``(n, values)`` in place."""
        n = len(draws)
        words = draws.words("noise", self._words[0, :n], self._words[1, :n])
        levels, noise = self._levels[:n], self._noise[:n]
        np.copyto(levels, words.view(np.uint16))
        _quantiles().take(levels, out=noise, mode="clip")
        chosen = draws.uniform("noise chosen", 1) < self._probability
        np.multiply(noise, np.where(chosen, self._deviation, np.float32(0)), out=noise)
        np.add(x, noise[:, : x.shape[1]], out=x)


@cache
def _quantiles() -> Array:
    """The normal distribution at 65,536 equally likely levels; the outermost are at 4.3 deviations."""
    normal = NormalDist()
    upper = [normal.inv_cdf((level + 0.5) / _LEVELS) for level in range(_LEVELS // 2, _LEVELS)]
    half = np.array(upper, np.float32)
    table = np.concatenate([-half[::-1], half])
    table.flags.writeable = False
    return table
