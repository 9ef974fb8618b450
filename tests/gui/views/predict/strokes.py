"""Turns pictures of digits into strokes of a pen: thinned to lines, which are followed from end to end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FINE = 4  # pixels of the fine picture per pixel of the digit
_SHORTEST = 6  # points of a branch; shorter ones are spurs of the thinning
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""Neighbours of a pixel, clockwise from the top."""

Place = tuple[int, int]


@dataclass(frozen=True)
class Handwriting:
    """How a digit is drawn.

    Attributes:
        strokes: Points ``(x, y)`` of each stroke, in pixels of the digit.
        width: Width of the pen, in pixels of the digit.
    """

    strokes: tuple[tuple[tuple[float, float], ...], ...]
    width: float


def vectorised(image: np.ndarray) -> Handwriting:
    """The strokes of a digit ``(28, 28)``, white on black."""
    dark = _fine(image) > 127
    thin = thinned(dark)
    lines = _lines({(int(y), int(x)) for y, x in np.argwhere(thin)})
    width = dark.sum() / max(1, thin.sum()) / FINE
    strokes = tuple(
        tuple(((x + 0.5) / FINE, (y + 0.5) / FINE) for y, x in [*line[::FINE], line[-1]]) for line in lines
    )
    return Handwriting(strokes, float(width))


def thinned(dark: np.ndarray) -> np.ndarray:
    """A line one pixel wide through the middle of what is dark.

    T. Y. Zhang, C. Y. Suen, "A fast parallel algorithm for thinning digital patterns" (1984).
    """
    picture = np.pad(dark, 1)
    while True:
        before = picture.sum()
        for first in (True, False):
            p = [np.roll(picture, (-dy, -dx), (0, 1)) for dy, dx in _RING]
            count = sum(one.astype(int) for one in p)
            turns = sum((~p[i] & p[(i + 1) % 8]).astype(int) for i in range(8))
            top, right, bottom, left = p[0], p[2], p[4], p[6]
            if first:
                open_side = ~(top & right & bottom) & ~(right & bottom & left)
            else:
                open_side = ~(top & right & left) & ~(top & bottom & left)
            picture = picture & ~((count >= 2) & (count <= 6) & (turns == 1) & open_side)
        if picture.sum() == before:
            return picture[1:-1, 1:-1]


def _fine(image: np.ndarray) -> np.ndarray:
    """The picture with more pixels, interpolated between the centres of the old ones."""
    places = np.clip((np.arange(28 * FINE) + 0.5) / FINE - 0.5, 0, 27)
    weights = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(28)))
    return weights @ image.astype(float) @ weights.T


def _lines(places: set[Place]) -> list[list[Place]]:
    """Lines along pixels, from ends and crossings to the next one; then the rings that are left."""
    near = {place: _neighbours(place, places) for place in places}
    knots = [place for place in sorted(places) if len(near[place]) != 2]
    walked: set[frozenset[Place]] = set()
    lines = [_walk(knot, step, near, walked) for knot in knots for step in near[knot]]
    for place in sorted(places):
        lines += [_walk(place, step, near, walked) for step in near[place][:1]]
    lines = [line for line in lines if len(line) > 1]
    long = [line for line in lines if len(line) >= _SHORTEST or not _is_spur(line, near)]
    return long or lines or [[place, place] for place in sorted(places)[:1]]


def _neighbours(place: Place, places: set[Place]) -> list[Place]:
    """Pixels to go on to: over a corner only where no pixel beside it leads there, too."""
    y, x = place
    return [
        (y + dy, x + dx)
        for dy, dx in _RING
        if (y + dy, x + dx) in places
        and (not (dy and dx) or ((y + dy, x) not in places and (y, x + dx) not in places))
    ]


def _walk(
    start: Place, step: Place, near: dict[Place, list[Place]], walked: set[frozenset[Place]]
) -> list[Place]:
    line = [start]
    while frozenset((line[-1], step)) not in walked:
        walked.add(frozenset((line[-1], step)))
        line.append(step)
        onward = [place for place in near[step] if frozenset((step, place)) not in walked]
        if len(near[step]) != 2 or not onward:
            break
        step = onward[0]
    return line


def _is_spur(line: list[Place], near: dict[Place, list[Place]]) -> bool:
    return len(near[line[-1]]) == 1 or len(near[line[0]]) == 1
