"""Numbers as colours: diverging where the sign means something, sequential where it doesn't. Free of Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.look.tokens import Tokens, channels

_NEUTRAL = 0.0
Bytes = NDArray[np.uint8]


def diverging(values: NDArray[np.float32], tokens: Tokens) -> Bytes:
    """Blue below 0, orange above: ``(..., H, W)`` from −1 to 1 becomes ``(..., H, W, 3)``; NaN is ground."""
    low, middle, high = (np.array(channels(colour), np.float32) for colour in tokens.diverging)
    known = np.nan_to_num(values, nan=_NEUTRAL).clip(-1, 1)[..., None]
    ends = np.where(known < 0, low, high)
    return _bytes(middle + (ends - middle) * np.abs(known))


def sequential(values: NDArray[np.float32], tokens: Tokens) -> Bytes:
    """From the ground to the strongest colour: ``(..., H, W)`` from 0 to 1 becomes ``(..., H, W, 3)``."""
    ground, full = (np.array(channels(colour), np.float32) for colour in tokens.sequential)
    known = np.nan_to_num(values, nan=_NEUTRAL).clip(0, 1)[..., None]
    return _bytes(ground + (full - ground) * known)


def overlaid(picture: Bytes, values: NDArray[np.float32], strength: float, tokens: Tokens) -> Bytes:
    """A picture ``(H, W, 3)``, greyed, with the colours of ``values`` ``(H, W)`` (−1 to 1) over it.

    Args:
        picture: What is explained.
        values: What speaks for (above 0) and against (below 0).
        strength: 0 shows the picture alone, 1 the colours as strongly as they go.
        tokens: The theme.
    """
    ground = np.array(channels(tokens.diverging[1]), np.float32)
    faded = picture + (ground - picture) * np.float32(0.55 * strength)
    size = np.sqrt(np.abs(np.nan_to_num(values, nan=_NEUTRAL).clip(-1, 1)))[..., None] * np.float32(strength)
    low, _, high = (np.array(channels(colour), np.float32) for colour in tokens.diverging)
    colour = np.where(values[..., None] < 0, low, high)
    return _bytes(faded + (colour - faded) * size)


def _bytes(colours: NDArray[np.float32]) -> Bytes:
    return np.rint(colours).clip(0, 255).astype(np.uint8)
