"""Data sets in HDF5 files, as a source."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import MAX_CLASSES, Progress, Samples
from nnstudio.data.files import file_size
from nnstudio.data.sources.hdf5_file import find_array, opened
from nnstudio.data.sources.hdf5_labels import Labels, as_text
from nnstudio.data.sources.hdf5_plan import Plan, make_plan
from nnstudio.data.sources.previews import SHOWN, ClassCount, Preview
from nnstudio.data.sources.problems import Problems
from nnstudio.data.sources.source import Classes, Outline, PartName, Receiver, Source

_BLOCK_BYTES = 1 << 20


COUNTED = 1_000_000
"""Labels up to this number are counted for a preview."""


class Hdf5Source(Source):
    """Arrays of samples and labels in an HDF5 file."""

    kind = "hdf5"

    @cached_property
    def plan(self) -> Plan:
        """Which arrays are read."""
        with opened(self.path) as file:
            return make_plan(self.path, file, self.options)

    def stamp(self) -> str:
        """Size and time of the file."""
        return f"{file_size(self.path)} {self.path.stat().st_mtime_ns}"

    def outline(self) -> Outline:
        """Shape and type as in the file."""
        plan = self.plan
        item = math.prod(plan.shape) * np.dtype(plan.dtype).itemsize
        return Outline(plan.shape, plan.dtype, item * sum(plan.counts.values()))

    def preview(self) -> Preview:
        """Reads the first samples, and the labels unless there are very many."""
        plan, problems = self.plan, Problems()
        with opened(self.path) as file:
            x = next(self._blocks(file, "train", SHOWN))[0]
            labels = Labels(self.path, self._class_names(file))
            codes = {
                part: labels.codes(self._array(file, plan.parts[part].y)[:COUNTED]) for part in plan.parts
            }
        good = _usable(x, 0, "sample", problems)
        classes = labels.classes()
        final = {
            part: one if classes.numbers is None else classes.numbers[one] for part, one in codes.items()
        }
        known = max(plan.counts.values()) <= COUNTED
        return Preview(
            path=self.path,
            kind=self.kind,
            title="HDF5 file",
            options=self.options.replace(samples=plan.parts["train"].x, label=plan.parts["train"].y),
            shape=plan.shape,
            dtype=plan.dtype,
            train=plan.counts["train"],
            test=plan.counts.get("test", 0),
            exact=True,
            classes=_counted(classes, final) if known else tuple(map(ClassCount, classes.names)),
            all_classes=known,
            x=x[good],
            labels=tuple(classes.names[number] for number in final["train"][: len(x)][good]),
            steps=_steps(plan),
            looked_at=f"the first {len(x):,} samples",
            problems=tuple(problems.kept),
        )

    def read(self, receiver: Receiver, problems: Problems, tell: Progress) -> Classes:
        """Reads all samples; see ``Source.read``."""
        total, done = sum(self.plan.counts.values()), 0
        with opened(self.path) as file:
            labels = Labels(self.path, self._class_names(file))
            for part, word in (("train", "sample"), ("test", "test sample")):
                if part not in self.plan.parts:
                    continue
                first = 0
                for x, y in self._blocks(file, part):
                    tell(f"Reading samples of {self.path.name}: {done:,} of {total:,}", done / total)
                    good = _usable(x, first, word, problems)
                    receiver.add(part, x[good], labels.codes(y)[good])
                    first, done = first + len(x), done + len(x)
        return labels.classes()

    def _array(self, file: Any, name: str) -> Any:
        return find_array(self.path, file, name)

    def _blocks(self, file: Any, part: PartName, most: int = 0) -> Iterator[tuple[Samples, NDArray[Any]]]:
        """Samples and labels of a part as they are stored, some MiB at a time and in whole chunks."""
        plan = self.plan
        x, y = (self._array(file, name) for name in (plan.parts[part].x, plan.parts[part].y))
        size = max(1, _BLOCK_BYTES // max(1, math.prod(x.shape[1:]) * x.dtype.itemsize))
        chunk = x.chunks[0] if x.chunks else 1
        size = most or max(1, size // chunk) * chunk
        for first in range(0, len(x), size):
            samples = x[first : first + size]
            if plan.first:
                samples = np.moveaxis(samples, 1, -1)  # (n, C, H, W) to (n, H, W, C)
            with np.errstate(over="ignore"):  # what float32 can't hold is found as infinite
                samples = samples.astype(plan.dtype).reshape(len(samples), *plan.shape)
            yield samples, y[first : first + size]

    def _class_names(self, file: Any) -> tuple[str, ...]:
        if not self.plan.classes:
            return ()
        names = self._array(file, self.plan.classes)
        if names.ndim != 1 or names.dtype.kind not in "SO" or not 1 <= len(names) <= MAX_CLASSES:
            return ()
        return tuple(as_text(name) for name in names[()])


def _usable(x: Samples, first: int, word: str, problems: Problems) -> NDArray[np.bool_]:
    """Which samples of a block hold finite numbers; the others are noted down."""
    good = np.isfinite(x.reshape(len(x), -1)).all(axis=1)
    for place in np.flatnonzero(~good):
        problems.add(f"{word} {first + place:,}", "NaN, infinity, or beyond what float32 holds")
    return np.asarray(good)


def _counted(classes: Classes, numbers: dict[PartName, NDArray[np.int64]]) -> tuple[ClassCount, ...]:
    counts = {part: Counter(one.tolist()) for part, one in numbers.items()}
    test = counts.get("test", Counter())
    return tuple(ClassCount(name, counts["train"][i], test[i]) for i, name in enumerate(classes.names))


def _steps(plan: Plan) -> tuple[str, ...]:
    arrays = "; ".join(f"{part}: {one.x!r} with labels {one.y!r}" for part, one in plan.parts.items())
    kind = "bytes stay bytes" if plan.dtype == "uint8" else "values become float32"
    channels = ("the channels are moved behind height and width",) if plan.first else ()
    names = (f"{plan.classes!r} names the classes",) if plan.classes else ()
    return arrays, kind, *channels, *names
