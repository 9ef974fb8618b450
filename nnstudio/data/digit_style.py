"""One way to write a digit, read from a line of points and turned into smooth pen strokes.

A *style* is one way to write a digit, drawn as one or more *keys*: extreme forms of the style with the
same strokes and the same number of points. An image is a random blend of a style's keys, so two keys
already give a continuum (a narrow and a round 0, a bowed and a straight 1).

A key is text: points ``x,y`` in units of a hundredth of the digit's height, x to the right, y down,
upright (the slant is added later). ``!`` after a point makes it a corner, ``|`` lifts the pen.
A smooth curve passes through the points between corners.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SEGMENTS = 48
"""Straight segments that every style is cut into; the longest digit has one per 1.3 pixels."""

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Style:
    """One way to write a digit.

    Args:
        weight: How common it is among the styles of its digit (any scale).
        keys: Extreme forms, see the module's text; all with the same strokes and corners.
    """

    weight: float
    keys: tuple[str, ...]

    @cached_property
    def key_points(self) -> FloatArray:
        """Control points of each key, shape (keys, points, 2), in digit heights."""
        return np.stack([_parse(key)[0] for key in self.keys])

    @cached_property
    def strokes(self) -> NDArray[np.int64]:
        """Number of the stroke that each control point belongs to, shape (points,)."""
        return _parse(self.keys[0])[2]

    @cached_property
    def basis(self) -> tuple[FloatArray, FloatArray]:
        """Weights of the control points in the segments' starts and ends, each (SEGMENTS, points)."""
        _, corners, strokes = _parse(self.keys[0])
        return _basis(self.key_points.mean(axis=0), corners, strokes)


def _parse(key: str) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.int64]]:
    """Points (n, 2), which of them are corners (n,), and the stroke of each (n,)."""
    points, corners, strokes = [], [], []
    for number, stroke in enumerate(key.split("|")):
        for word in stroke.split():
            points.append([float(part) / 100 for part in word.rstrip("!").split(",")])
            corners.append(word.endswith("!"))
            strokes.append(number)
    return np.array(points, np.float32), np.array(corners), np.array(strokes)


def _basis(
    points: FloatArray, corners: NDArray[np.bool_], strokes: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Catmull-Rom splines between corners as two matrices, with segments shared out by length."""
    pieces = _pieces(corners, strokes)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    lengths = np.array([steps[first:last].sum() for first, last in pieces])
    counts = _share(lengths, SEGMENTS)
    starts = np.zeros((SEGMENTS, len(points)), np.float32)
    ends = np.zeros_like(starts)
    row = 0
    for (first, last), count in zip(pieces, counts, strict=True):
        chord = np.concatenate([[0.0], np.cumsum(steps[first:last])])
        at = np.interp(np.linspace(0.0, chord[-1], count + 1), chord, np.arange(last - first + 1))
        weights = _catmull_rom(at, last - first + 1)
        starts[row : row + count, first : last + 1] = weights[:-1]
        ends[row : row + count, first : last + 1] = weights[1:]
        row += count
    return starts, ends


def _pieces(corners: NDArray[np.bool_], strokes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last point of each smooth piece: a piece ends at a corner or where the pen lifts."""
    pieces, first = [], 0
    for index in range(1, len(strokes)):
        if strokes[index] != strokes[index - 1]:
            first = index
        elif corners[index] or index + 1 == len(strokes) or strokes[index + 1] != strokes[index]:
            pieces.append((first, index))
            first = index
    return pieces


def _share(lengths: NDArray[np.floating], total: int) -> NDArray[np.int64]:
    """Whole numbers of at least one with the sum ``total``, in proportion to ``lengths``."""
    exact = 1 + (total - len(lengths)) * lengths / lengths.sum()
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact)[: total - counts.sum()]] += 1
    return counts


def _catmull_rom(at: NDArray[np.floating], count: int) -> FloatArray:
    """Uniform Catmull-Rom weights (len(at), count) at positions 0..count-1 along the control points.

    Both ends get a virtual neighbour on the parabola through the three nearest points.
    """
    if count == 2:
        return np.stack([1 - at, at], axis=1).astype(np.float32)
    index = np.minimum(at.astype(np.int64), count - 2)
    t = at - index
    cubic = np.stack([
        -0.5 * t + t**2 - 0.5 * t**3,
        1 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2 * t**2 - 1.5 * t**3,
        -0.5 * t**2 + 0.5 * t**3,
    ], axis=1)  # fmt: skip
    padded = np.zeros((len(at), count + 2))
    np.put_along_axis(padded, index[:, None] + np.arange(4), cubic, axis=1)
    weights = padded[:, 1:-1].copy()
    weights[:, :3] += padded[:, :1] * [3, -3, 1]
    weights[:, -3:] += padded[:, -1:] * [1, -3, 3]
    return weights.astype(np.float32)
