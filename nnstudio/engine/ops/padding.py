"""Zeros around images, and the way back."""

from __future__ import annotations

from typing import Any

from nnstudio.core.window import Pads

Array = Any


class PaddingOps:
    """Adding a border to images and taking it off."""

    def pad(self, x: Array, pads: Pads, out: Array) -> Array:
        """``x`` with zeros around it: ``(n, H, W, C) -> (n, top + H + bottom, left + W + right, C)``."""
        rows, columns = _inside(x.shape, pads)
        out[:, : rows.start] = 0
        out[:, rows.stop :] = 0
        out[:, rows, : columns.start] = 0
        out[:, rows, columns.stop :] = 0
        out[:, rows, columns] = x
        return out

    def crop(self, x: Array, pads: Pads, out: Array) -> Array:
        """``x`` without its border: ``(n, top + H + bottom, left + W + right, C) -> (n, H, W, C)``."""
        rows, columns = _inside(out.shape, pads)
        out[...] = x[:, rows, columns]
        return out


def _inside(shape: tuple[int, ...], pads: Pads) -> tuple[slice, slice]:
    """Where an image of ``shape`` ``(n, H, W, C)`` lies inside its border."""
    (top, _), (left, _) = pads
    return slice(top, top + shape[1]), slice(left, left + shape[2])
