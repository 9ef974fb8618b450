"""Where the values at the line ends stand: clear of the lines and of each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QRectF, QSizeF

from nnstudio.gui.views.train.curve_axes import spread
from nnstudio.gui.views.train.curve_trace import Array

_ALONG = (1.0, 0.85, 0.7, 0.55, 0.4)
_FAR = (1, -1, 2, -2, 3, -3)
"""Where along a line, and how far from it, its name may stand, the preferred place first."""


@dataclass(frozen=True)
class EndLabel:
    """A value at the end of a line.

    Attributes:
        text: The value and the name of the line.
        area: Where it stands.
        role: Colour.
        tight: Height of the line's end, where there is no room beside it.
    """

    text: str
    area: QRectF
    role: str
    tight: float | None = None


def clear_of_lines(labels: Sequence[EndLabel], plot: QRectF, gap: float) -> list[EndLabel]:
    """Moves labels that have no room beside their lines: above all line ends, or below in the upper half.

    Args:
        labels: The labels.
        plot: Area of the plot.
        gap: Distance to keep from the line ends.
    """
    tight = sorted((label.tight, row) for row, label in enumerate(labels) if label.tight is not None)
    if not tight:
        return list(labels)
    ends, height = [end for end, _ in tight], labels[tight[0][1]].area.height()
    low = sum(ends) / len(ends) > plot.center().y()
    first = ends[0] - gap - len(tight) * height if low else ends[-1] + gap
    moved = list(labels)
    for place, (_, row) in enumerate(tight):
        moved[row] = _at_top(labels[row], first + place * height)
    return moved


def apart(labels: Sequence[EndLabel], room: QRectF) -> list[EndLabel]:
    """Moves labels apart that overlap, as little as possible, and all of them into ``room``."""
    placed: list[EndLabel] = []
    for column in _columns(labels):
        height = column[0].area.height()
        wanted = [label.area.center().y() for label in column]
        middles = spread(wanted, height, room.top() + height / 2, room.bottom() - height / 2)
        placed += [_at_top(label, middle - height / 2) for label, middle in zip(column, middles, strict=True)]
    return placed


def _at_top(label: EndLabel, top: float) -> EndLabel:
    area = QRectF(label.area)
    area.moveTop(top)
    return replace(label, area=area)


def free_place(
    places: Sequence[QRectF], lines: Sequence[tuple[Array, Array]], labels: Sequence[EndLabel]
) -> QRectF:
    """The first place that no line crosses; failing that the first one; clear of the labels in any case.

    Args:
        places: Where a text could stand, the best place first.
        lines: x (growing) and y of each line, in pixels; NaN is a gap.
        labels: What stands already.
    """
    for place in places:
        if not any(place.intersects(label.area) for label in labels) and not _crossed(place, lines):
            return place
    place = QRectF(places[0])
    for label in sorted(labels, key=lambda label: label.area.top()):
        if place.intersects(label.area):
            place.moveTop(label.area.bottom())
    return place


def places_along(x: Array, y: Array, size: QSizeF, room: QRectF, away: float) -> list[QRectF]:
    """Places for a line's name, the preferred one first: at its end, then further back, on both sides.

    Args:
        x: Of the line (growing), in pixels.
        y: Of the line, in pixels.
        size: Of the name.
        room: Where names may stand; there is at least one place in it.
        away: From the line to the middle of the name, positive below it.
    """
    places = []
    for share, far in itertools.product(_ALONG, _FAR):
        right = max(x[0] + share * (x[-1] - x[0]), room.left() + size.width() + 4)
        left = min(right, room.right() - 1) - size.width()
        height = float(np.interp(right, x, y)) - size.height() / 2 + far * away
        places.append(QRectF(left, height, size.width(), size.height()))
    first = QRectF(places[0])
    first.moveTop(max(room.top(), min(first.top(), room.bottom() - first.height())))
    return [place for place in places if room.contains(place)] or [first]


def _crossed(place: QRectF, lines: Sequence[tuple[Array, Array]]) -> bool:
    """Whether a line runs through a place, looked at pixel by pixel."""
    columns = np.arange(place.left(), place.right() + 1)
    for x, y in lines:
        seen = np.isfinite(y)
        if not seen.any():
            continue
        heights = np.interp(columns, x[seen], y[seen], left=np.nan, right=np.nan)
        if ((heights >= place.top() - 1) & (heights <= place.bottom() + 1)).any():
            return True
    return False


def _columns(labels: Sequence[EndLabel]) -> list[list[EndLabel]]:
    """Groups of labels that overlap from left to right, so that only those are moved apart."""
    columns: list[list[EndLabel]] = []
    for label in sorted(labels, key=lambda label: label.area.left()):
        if columns and label.area.left() < max(other.area.right() for other in columns[-1]):
            columns[-1].append(label)
        else:
            columns.append([label])
    return columns
