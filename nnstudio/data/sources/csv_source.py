"""Tables of numbers with a column for the class, as a source."""

from __future__ import annotations

import math
from collections import Counter
from functools import cached_property

import numpy as np

from nnstudio.data.dataset import MAX_CLASSES, Progress
from nnstudio.data.files import file_size
from nnstudio.data.sources.class_order import order_classes
from nnstudio.data.sources.csv_plan import Plan, make_plan
from nnstudio.data.sources.csv_rows import Converter, read_blocks
from nnstudio.data.sources.previews import SHOWN, ClassCount, Preview
from nnstudio.data.sources.problems import Problems
from nnstudio.data.sources.source import Classes, Outline, Receiver, Source
from nnstudio.errors import DataError

_BLOCK_VALUES = 1 << 17
_SHOWN_ROWS, _SHOWN_CELLS = 20, 100


class CsvSource(Source):
    """A table in a text file."""

    kind = "csv"

    @cached_property
    def plan(self) -> Plan:
        """What its columns are."""
        return make_plan(self.path, self.options)

    def stamp(self) -> str:
        """Size and time of the file."""
        return f"{file_size(self.path)} {self.path.stat().st_mtime_ns}"

    def outline(self) -> Outline:
        """Shape and type as the plan says; the size is reckoned from the length of the first rows."""
        plan = self.plan
        size = self._expected() * math.prod(plan.shape) * np.dtype(plan.dtype).itemsize
        names = tuple(plan.columns[place] for place in plan.features)
        return Outline(plan.shape, plan.dtype, size, names if plan.header and not plan.images else ())

    def _expected(self) -> int:
        """Number of rows, about."""
        rows = self.plan.first
        if self.plan.whole:
            return len(rows)
        length = sum(len(cell) + 1 for row in rows for cell in row)
        return round(file_size(self.path) * len(rows) / max(1, length))

    def preview(self) -> Preview:
        """Rests on the beginning of the file."""
        plan, problems = self.plan, Problems()
        blocks = read_blocks(self.path, plan, len(plan.first), problems)
        x, labels = Converter(plan, problems).convert(next(blocks))
        blocks.close()
        counts = Counter(labels)
        return Preview(
            path=self.path,
            kind=self.kind,
            title="table (CSV)",
            options=plan.options(self.options),
            shape=plan.shape,
            dtype=plan.dtype,
            train=self._expected(),
            test=0,
            exact=plan.whole,
            classes=_classes(counts, plan.whole),
            all_classes=plan.whole,
            x=x[:SHOWN],
            labels=tuple(labels[:SHOWN]),
            steps=_steps(plan),
            looked_at=f"{'all' if plan.whole else 'the first'} {len(plan.first):,} rows",
            problems=tuple(problems.kept),
            columns=plan.columns,
            rows=tuple(tuple(row[:_SHOWN_CELLS]) for row in plan.first[:_SHOWN_ROWS]),
        )

    def read(self, receiver: Receiver, problems: Problems, tell: Progress) -> Classes:
        """Reads all rows; see ``Source.read``."""
        converter, codes = Converter(self.plan, problems), dict[str, int]()
        size, done = file_size(self.path), 0
        count = max(1, _BLOCK_VALUES // len(self.plan.columns))
        for block in read_blocks(self.path, self.plan, count, problems):
            tell(f"Reading rows of {self.path.name}: {done:,}", min(1.0, block.position / size))
            x, labels = converter.convert(block)
            y = np.array([codes.setdefault(label, len(codes)) for label in labels], np.int64)
            if len(codes) > MAX_CLASSES:
                raise self._no_classes(codes)
            receiver.add("train", x, y)
            done += len(block.lines)
        return order_classes(list(codes))

    def _no_classes(self, codes: dict[str, int]) -> DataError:
        return DataError(
            f"column {self.plan.columns[self.plan.label]!r} of {self.path} holds no classes",
            allowed=f"at most {MAX_CLASSES:,} different values",
            received=f"{len(codes):,}, such as {next(iter(codes))!r}",
            fix="choose the column with the classes (--set data.reading.label=NAME)",
        )


def _classes(counts: Counter[str], whole: bool) -> tuple[ClassCount, ...]:
    """The classes in the rows looked at; their counts only if these are all rows."""
    seen = list(counts)
    classes = order_classes(seen)
    if classes.numbers is None or not whole:
        return tuple(map(ClassCount, classes.names))
    sums = np.bincount(classes.numbers, [counts[label] for label in seen], len(classes.names))
    return tuple(ClassCount(name, int(n), 0) for name, n in zip(classes.names, sums, strict=True))


def _steps(plan: Plan) -> tuple[str, ...]:
    dialect, count = plan.dialect, len(plan.features)
    left_out = len(plan.columns) - count - 1
    quoting = "no quotes" if dialect.quote == "none" else f"{dialect.quote} quotes"
    kind = (
        f"rows become images {'×'.join(map(str, plan.shape))}"
        if plan.images
        else f"{count:,} {'column' if count == 1 else 'columns'} become features"
    )
    return (
        f"read as {dialect.encoding}, cells separated by {dialect.delimiter}, {quoting}, "
        f"decimal {'comma' if plan.comma else 'point'}",
        "the first row names the columns" if plan.header else "no header: columns are numbered from 1",
        f"column {plan.columns[plan.label]!r} holds the class",
        kind + (f"; {left_out} left out" if left_out else ""),
    )
