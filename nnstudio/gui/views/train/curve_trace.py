"""Lines of points that grow, thinned for the screen at any zoom without losing a peak. Free of Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
MOST_BATCHES = 200_000
"""Points that are kept of a run's batches; beyond them neighbours are thinned."""
PART = 8192
"""Points that are thinned at a time: all at once would leave holes of megabytes in the process's memory."""

KEPT = 3
"""Levels from a kept one of a :class:`Trace` to the next."""


class Growing:
    """A vector that grows at its end in constant time per value.

    Args:
        dtype: Type of its values.
        room: Values for which there is room from the start. What isn't used of it takes no memory, while
            vectors that grew leave holes where they were.
    """

    def __init__(self, dtype: type[np.floating[Any]] = np.float64, room: int = 256) -> None:
        self._buffer: Array = np.empty(max(room, 16), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> Array:
        """What is in it: a view, valid until the next change."""
        return self._buffer[: self._size]

    def extend(self, values: Array) -> None:
        """Appends values."""
        size = self._size + len(values)
        if size > len(self._buffer):
            grown = np.empty(max(size, 2 * len(self._buffer)), self._buffer.dtype)
            grown[: self._size] = self.values
            self._buffer = grown
        self._buffer[self._size : size] = values
        self._size = size

    def cut(self, size: int) -> None:
        """Forgets all but the first ``size`` values."""
        self._size = min(size, self._size)


class Trace:
    """A line of points with growing x that can be drawn at any zoom with few points.

    Level ``k`` of a pyramid has the least and the greatest value of every 2^k points, so a thinned line
    still shows every peak. Every third level is kept, those between are found from the kept one below.
    Appending n points costs O(n), thinning O(points drawn). Values that are not finite are gaps.

    Args:
        dtype: Type of the values.
        room: Points for which there is room from the start.
    """

    def __init__(self, dtype: type[np.floating[Any]] = np.float64, room: int = 256) -> None:
        self._dtype = dtype
        self._room = room
        self._x = Growing(room=room)
        self._low = [Growing(dtype, room)]
        self._high = [self._low[0]]  # single points are their own extremes

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Array:
        """All x."""
        return self._x.values

    @property
    def y(self) -> Array:
        """All values."""
        return self._low[0].values

    @property
    def last(self) -> tuple[float, float] | None:
        """The last point with a finite value, or None."""
        for position in range(len(self) - 1, -1, -1):
            if math.isfinite(self.y[position]):
                return float(self.x[position]), float(self.y[position])
        return None

    def extend(self, x: Iterable[float], y: Iterable[float]) -> None:
        """Appends points; ``x`` must not decrease."""
        values = np.array(y, dtype=self._dtype)
        values[~np.isfinite(values)] = np.nan
        self._x.extend(np.asarray(x, dtype=np.float64))
        self._low[0].extend(values)
        self._build()

    def cut(self, x: float) -> None:
        """Forgets the points beyond ``x``."""
        size = int(np.searchsorted(self.x, x, side="right"))
        self._x.cut(size)
        for kept, (low, high) in enumerate(zip(self._low, self._high, strict=True)):
            low.cut(size >> kept * KEPT)
            high.cut(size >> kept * KEPT)

    def bounds(self) -> tuple[float, float] | None:
        """Least and greatest finite value, or None."""
        lows, highs = self._pieces(0, len(self), self._top)[1:]
        finite = np.isfinite(lows)
        if not finite.any():
            return None
        return float(lows[finite].min()), float(highs[finite].max())

    def thinned(self, x_min: float, x_max: float, columns: int) -> tuple[Array, Array]:
        """Points that look like the part of the line between two x on ``columns`` pixels.

        One point to each side is included, so that the line leaves the picture. There are at most about
        two points per column, more precisely the extremes of buckets narrower than two columns.
        """
        start = max(0, int(np.searchsorted(self.x, x_min)) - 1)
        stop = min(len(self), int(np.searchsorted(self.x, x_max, side="right")) + 1)
        level = 0
        while (stop - start) >> level > columns and level < self._top:
            level += 1
        if level == 0:
            return self.x[start:stop], self.y[start:stop]
        x, low, high = self._pieces(start, stop, level)
        both_x = np.repeat(x, 2)
        both_y = np.empty(2 * len(x))
        both_y[0::2], both_y[1::2] = low, high
        return both_x, both_y

    def _pieces(self, start: int, stop: int, level: int) -> tuple[Array, Array, Array]:
        """Buckets from ``start`` to ``stop``: large ones first, then the unfinished rest in smaller ones."""
        xs, lows, highs = [], [], []
        position = (start >> level) << level
        for k in range(level, -1, -1):
            first, last = position >> k, min(len(self) >> k, -(-stop >> k))
            if last > first:
                xs.append(self.x[position : last << k : 1 << k][: last - first])
                lows.append(self._buckets(self._low, np.fmin, k, first, last))
                highs.append(self._buckets(self._high, np.fmax, k, first, last))
                position = last << k
        if not xs:
            empty = np.empty(0)
            return empty, empty, empty
        return np.concatenate(xs), np.concatenate(lows), np.concatenate(highs)

    @property
    def _top(self) -> int:
        """The level that has one bucket only."""
        return max(len(self).bit_length() - 1, 0)

    @staticmethod
    def _buckets(kept: list[Growing], extreme: np.ufunc, level: int, first: int, last: int) -> Array:
        """The least or the greatest values of some of a level's buckets."""
        below, between = divmod(level, KEPT)
        values = kept[below].values[first << between : last << between]
        return extreme.reduce(values.reshape(-1, 1 << between), axis=1) if between else values

    def _build(self) -> None:
        """Brings the kept levels up to date."""
        for lines, extreme in ((self._low, np.fmin), (self._high, np.fmax)):
            kept = 0
            while (whole := len(lines[kept]) >> KEPT) > 0:
                if kept + 1 == len(lines):
                    lines.append(Growing(self._dtype, self._room >> (kept + 1) * KEPT))
                below, above = lines[kept], lines[kept + 1]
                fresh = below.values[len(above) << KEPT : whole << KEPT]
                above.extend(extreme.reduce(fresh.reshape(-1, 1 << KEPT), axis=1))
                kept += 1


class BatchTrace(Trace):
    """One figure per batch of a run that may go on for days: its memory is bounded.

    Beyond ``most`` points only the least and the greatest of every 2, 4, 8 ... · 2 batches stay, with the
    places they stood at: fewer points, all of them true, no peak lost. The same stride holds for the whole
    line, so its beginning is drawn as densely as its end. Values are single precision, as they are computed.

    Args:
        most: Points to keep at most.
    """

    def __init__(self, most: int = MOST_BATCHES) -> None:
        super().__init__(np.float32, most)
        self._most = most
        self._stride = 1
        self._waiting: tuple[Array, Array] = (np.empty(0), np.empty(0))

    def extend(self, x: Iterable[float], y: Iterable[float]) -> None:
        """Appends points; ``x`` must not decrease."""
        xs = np.concatenate([self._waiting[0], np.asarray(x, dtype=np.float64)])
        ys = np.concatenate([self._waiting[1], np.asarray(y, dtype=np.float64)])
        while len(self) + len(xs) // self._stride > self._most:
            kept = _extremes(self.x, self.y, 2)
            self._stride *= 2
            self.cut(-math.inf)
            super().extend(*kept)
        whole = len(xs) if self._stride == 1 else len(xs) // (2 * self._stride) * 2 * self._stride
        super().extend(*_extremes(xs[:whole], ys[:whole], self._stride))
        self._waiting = xs[whole:], ys[whole:]

    def cut(self, x: float) -> None:
        """Forgets the points beyond ``x``."""
        super().cut(x)
        kept = int(np.searchsorted(self._waiting[0], x, side="right"))
        self._waiting = self._waiting[0][:kept], self._waiting[1][:kept]


class Complement:
    """1 − another line, to be drawn without being kept: the errors beside the accuracies."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def __len__(self) -> int:
        return len(self._trace)

    @property
    def x(self) -> Array:
        """All x."""
        return self._trace.x

    @property
    def y(self) -> Array:
        """All values."""
        return 1 - self._trace.y

    def thinned(self, x_min: float, x_max: float, columns: int) -> tuple[Array, Array]:
        """As :meth:`Trace.thinned`."""
        x, y = self._trace.thinned(x_min, x_max, columns)
        return x, 1 - y


def _extremes(x: Array, y: Array, stride: int) -> tuple[Array, Array]:
    """Two of every ``2·stride`` points, the least and the greatest, in their order; a rest is kept whole."""
    if stride == 1:
        return x, y
    whole = len(x) // (2 * stride) * 2 * stride
    part = -(-PART // (2 * stride)) * 2 * stride
    places = [start + _places(y[start : min(start + part, whole)], stride) for start in range(0, whole, part)]
    kept = np.concatenate([*places, np.arange(whole, len(x))])
    return x[kept], y[kept]


def _places(y: Array, stride: int) -> NDArray[np.intp]:
    """Where the least and the greatest of every ``2·stride`` values stand, in their order."""
    buckets = y.reshape(-1, 2 * stride)
    finite = np.isfinite(buckets)
    least = np.where(finite, buckets, np.inf).argmin(axis=1)
    greatest = np.where(finite, buckets, -np.inf).argmax(axis=1)
    inside = np.sort(np.stack([least, greatest], axis=1), axis=1)
    return (np.arange(0, len(y), 2 * stride)[:, None] + inside).ravel()


def log10(y: Array) -> Array:
    """Logarithms; a gap where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y > 0, np.log10(y), np.nan)
