"""Draws that are chosen instead of random, to test one operation at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.data.augmentation.draws import Draws


class FixedDraws(Draws):
    """Gives the same numbers whatever they are for.

    Args:
        signed: What ``signed`` gives, ``(n, count)``.
        uniform: What ``uniform`` gives, ``(n, count)``.
    """

    def __init__(self, signed: Any = (), uniform: Any = ()) -> None:
        self._signed = np.asarray(signed, float)
        self._uniform = np.asarray(uniform, float)
        super().__init__(0, 0, np.arange(max(len(self._signed), len(self._uniform))))

    def signed(self, purpose: str, probability: float, count: int = 1) -> Any:
        assert self._signed.shape[1] == count
        return self._signed

    def uniform(self, purpose: str, count: int) -> Any:
        assert self._uniform.shape[1] == count
        return self._uniform
