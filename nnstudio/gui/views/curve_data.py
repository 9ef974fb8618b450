"""What the curves are made of, free of Qt: growing lines, thinned for the screen, and smoothed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.state import Block, EpochRecord, Event

Array = NDArray[np.float64]
METRICS = ("loss", "accuracy", "error")
"""What can be drawn of a run; the error is 1 − accuracy."""
SPLITS = ("train", "val")


class Growing:
    """A float64 vector that grows at its end in constant time per value."""

    def __init__(self) -> None:
        self._buffer = np.empty(256)
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
            grown = np.empty(max(size, 2 * len(self._buffer)))
            grown[: self._size] = self.values
            self._buffer = grown
        self._buffer[self._size : size] = values
        self._size = size

    def cut(self, size: int) -> None:
        """Forgets all but the first ``size`` values."""
        self._size = min(size, self._size)


class Trace:
    """A line of points with growing x that can be drawn at any zoom with few points.

    Level ``k`` of a pyramid keeps the least and the greatest value of every 2^k points, so a thinned
    line still shows every peak. Appending n points costs O(n), thinning O(points drawn).
    Values that are not finite are gaps.
    """

    def __init__(self) -> None:
        self._x = Growing()
        self._low = [Growing()]
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
        values = np.array(y, dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        self._x.extend(np.asarray(x, dtype=np.float64))
        self._low[0].extend(values)
        self._build()

    def cut(self, x: float) -> None:
        """Forgets the points beyond ``x``."""
        size = int(np.searchsorted(self.x, x, side="right"))
        self._x.cut(size)
        for level, (low, high) in enumerate(zip(self._low, self._high, strict=True)):
            low.cut(size >> level)
            high.cut(size >> level)

    def bounds(self) -> tuple[float, float] | None:
        """Least and greatest finite value, or None."""
        lows, highs = self._pieces(0, len(self), len(self._low) - 1)[1:]
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
        while (stop - start) >> level > columns and level + 1 < len(self._low):
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
            first, last = position >> k, min(len(self._low[k]), -(-stop >> k))
            if last > first:
                xs.append(self.x[position : last << k : 1 << k][: last - first])
                lows.append(self._low[k].values[first:last])
                highs.append(self._high[k].values[first:last])
                position = last << k
        if not xs:
            empty = np.empty(0)
            return empty, empty, empty
        return np.concatenate(xs), np.concatenate(lows), np.concatenate(highs)

    def _build(self) -> None:
        """Brings the higher levels up to date."""
        level = 0
        while len(self._low[level]) >= 2:
            if level + 1 == len(self._low):
                self._low.append(Growing())
                self._high.append(Growing())
            have, want = len(self._low[level + 1]), len(self._low[level]) // 2
            for below, above, least in (
                (self._low[level], self._low[level + 1], np.fmin),
                (self._high[level], self._high[level + 1], np.fmax),
            ):
                fresh = below.values[2 * have : 2 * want]
                above.extend(least(fresh[0::2], fresh[1::2]))
            level += 1


class Average:
    """Exponential moving average without the bias towards its start, as Adam corrects it.

    ``a_t = β·a_{t-1} + (1 − β)·x_t`` and the result is ``a_t / (1 − β^t)`` (Kingma & Ba, 2015, section
    3). Gaps are skipped.

    Args:
        weight: β, 0 (no smoothing) up to 1 (exclusive).
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self._sum = 0.0
        self._share = 0.0

    def extend(self, values: Iterable[float]) -> list[float]:
        """The averages at further values; a gap gives a gap."""
        result = []
        for value in values:
            if not math.isfinite(value):
                result.append(math.nan)
                continue
            self._sum = self.weight * self._sum + (1 - self.weight) * value
            self._share = self.weight * self._share + (1 - self.weight)
            result.append(self._sum / self._share)
        return result


class Series:
    """One figure per epoch, raw and smoothed."""

    def __init__(self, weight: float) -> None:
        self.raw = Trace()
        self.smooth = Trace()
        self._average = Average(weight)

    def extend(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Appends epochs."""
        self.raw.extend(x, y)
        self.smooth.extend(x, self._average.extend(y))

    def set_weight(self, weight: float) -> None:
        """Smooths again, with another weight."""
        self._average, self.smooth = Average(weight), Trace()
        self.smooth.extend(self.raw.x, self._average.extend(self.raw.y.tolist()))

    def cut(self, x: float) -> None:
        """Forgets the epochs beyond ``x``."""
        self.raw.cut(x)
        self.set_weight(self._average.weight)


@dataclass(frozen=True)
class Best:
    """The best epoch, to be marked.

    Attributes:
        epoch: Its number.
        label: What made it the best ("val loss 0.281").
        split: Line that carries the mark.
    """

    epoch: int
    label: str
    split: str


class RunCurves:
    """Everything that is drawn of one run; x counts epochs.

    Args:
        number: Number of the run.
        weight: Weight of the smoothing.
    """

    def __init__(self, number: int, weight: float = 0.0) -> None:
        self.number = number
        self.batch = {metric: Trace() for metric in METRICS}
        self.series = {(metric, split): Series(weight) for metric in METRICS for split in SPLITS}
        self.records: list[EpochRecord] = []

    @property
    def name(self) -> str:
        """What the user calls it."""
        return f"Run {self.number}"

    @property
    def end(self) -> float:
        """X of the newest point."""
        ends = [trace.x[-1] for trace in self.batch.values() if len(trace)]
        return max([*ends, float(len(self.records))])

    @property
    def validated(self) -> bool:
        """There are validation figures."""
        return len(self.series["loss", "val"].raw) > 0

    def extend(self, events: Sequence[Event]) -> None:
        """Appends what a run did."""
        blocks = [event for event in events if isinstance(event, Block)]
        if blocks:
            ends = [(block.epoch - 1 + block.batch / block.batches, block) for block in blocks]
            steps = [np.arange(1 - len(b.losses), 1) / b.batches + end for end, b in ends]
            x = np.concatenate(steps)
            self.batch["loss"].extend(x, [loss for block in blocks for loss in block.losses])
            shares = [share for block in blocks for share in block.accuracies]
            self.batch["accuracy"].extend(x, shares)
            self.batch["error"].extend(x, [1 - share for share in shares])
        records = [event for event in events if isinstance(event, EpochRecord)]
        if records:
            self.records.extend(records)
            for (metric, split), series in self.series.items():
                known = [
                    (float(r.epoch), value)
                    for r in records
                    if (value := _figure(r, split, metric)) is not None
                ]
                series.extend([epoch for epoch, _ in known], [value for _, value in known])

    def smooth(self, weight: float) -> None:
        """Smooths with another weight."""
        for series in self.series.values():
            series.set_weight(weight)

    def drop_batches(self) -> None:
        """Forgets the batches, of a run that is only compared with."""
        self.batch = {metric: Trace() for metric in METRICS}

    def cut(self, x: float) -> None:
        """Forgets what lies beyond epoch ``x``, because the run goes on from there."""
        x += 1e-6
        for trace in self.batch.values():
            trace.cut(x)
        for series in self.series.values():
            series.cut(x)
        self.records = [record for record in self.records if record.epoch <= x]

    def value_range(self, metric: str) -> tuple[float, float] | None:
        """The values that ought to be in the picture.

        Epoch figures always are. Of the batches the outermost hundredths may be cut off, and once there
        is an epoch its batches don't count: their first losses would squeeze everything else.
        """
        found = [self.series[metric, split].raw.bounds() for split in SPLITS]
        known = [bound for bound in found if bound is not None]
        batch = self._batch_range(metric, after=1.0 if known else 0.0)
        known += [batch] if batch else []
        if not known:
            return None
        return min(low for low, _ in known), max(high for _, high in known)

    def _batch_range(self, metric: str, after: float) -> tuple[float, float] | None:
        _, y = self.batch[metric].thinned(after, math.inf, 1000)
        y = y[np.isfinite(y)]
        if not len(y):
            return None
        low, high = np.quantile(y, (0.01, 0.99)) if after else (y.min(), y.max())
        return float(low), float(high)


def _figure(record: EpochRecord, split: str, metric: str) -> float | None:
    """A figure of an epoch, or None if it wasn't measured."""
    if metric != "error":
        value: float | None = getattr(record, f"{split}_{metric}")
        return value
    accuracy: float | None = getattr(record, f"{split}_accuracy")
    return None if accuracy is None else 1 - accuracy
