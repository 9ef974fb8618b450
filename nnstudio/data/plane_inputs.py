"""What a network can be told of a point of the plane: its coordinates, and simple functions of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

FUNCTIONS: dict[str, tuple[str, Callable[[Floats, Floats], Floats]]] = {
    "x": ("x", lambda x, y: x),
    "y": ("y", lambda x, y: y),
    "x2": ("x²", lambda x, y: x * x),
    "y2": ("y²", lambda x, y: y * y),
    "xy": ("xy", lambda x, y: x * y),
    "sin_x": ("sin πx", lambda x, y: np.sin(np.pi * x)),
    "sin_y": ("sin πy", lambda x, y: np.sin(np.pi * y)),
}
"""Title and function of every input; the points span about −1 to 1, so a sine makes one turn."""


def plane_inputs(points: Floats, names: Sequence[str]) -> NDArray[np.float32]:
    """The inputs for points of the plane.

    Args:
        points: ``(n, 2)``.
        names: Keys of :data:`FUNCTIONS`.

    Returns:
        ``(n, len(names))``.
    """
    x, y = points[:, 0], points[:, 1]
    columns = [FUNCTIONS[name][1](x, y) for name in names]
    return np.stack(columns, axis=1).astype(np.float32)
