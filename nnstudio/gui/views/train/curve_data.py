"""What the curves are made of, free of Qt: the lines of a run, raw and smoothed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nnstudio.engine.state import Block, EpochRecord, Event
from nnstudio.gui.views.train.curve_trace import BatchTrace, Complement, Trace

METRICS = ("loss", "accuracy", "error")
"""What can be drawn of a run; the error is 1 − accuracy."""
SPLITS = ("train", "val")


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
        self.drop_batches()
        self.series = {(metric, split): Series(weight) for metric in METRICS for split in SPLITS}
        self.records: list[EpochRecord] = []

    @property
    def name(self) -> str:
        """What the user calls it."""
        return f"Run {self.number}"

    @property
    def end(self) -> float:
        """X of the newest point."""
        ends = [trace.x[-1] for trace in self._kept.values() if len(trace)]
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
            self._kept["loss"].extend(x, [loss for block in blocks for loss in block.losses])
            self._kept["accuracy"].extend(x, [share for block in blocks for share in block.accuracies])
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
        self._kept = {"loss": BatchTrace(), "accuracy": BatchTrace()}
        self.batch: dict[str, Trace | Complement] = {
            **self._kept,
            "error": Complement(self._kept["accuracy"]),
        }

    def cut(self, x: float) -> None:
        """Forgets what lies beyond epoch ``x``, because the run goes on from there."""
        x += 1e-6
        for trace in self._kept.values():
            trace.cut(x)
        for series in self.series.values():
            series.cut(x)
        self.records = [record for record in self.records if record.epoch <= x]

    def value_range(self, metric: str, *, batches: bool = True) -> tuple[float, float] | None:
        """The values that ought to be in the picture.

        Epoch figures always are. Of the batches the outermost hundredths may be cut off, and once there
        is an epoch its batches don't count: their first losses would squeeze everything else.

        Args:
            metric: What is drawn.
            batches: The batches are drawn, too.
        """
        found = [self.series[metric, split].raw.bounds() for split in SPLITS]
        known = [bound for bound in found if bound is not None]
        batch = self._batch_range(metric, after=1.0 if known else 0.0)
        known += [batch] if batch and (batches or not known) else []
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
