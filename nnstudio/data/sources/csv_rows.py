"""Rows of a table: read in blocks with their line numbers, turned into samples, the bad ones named."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Samples
from nnstudio.data.sources.csv_plan import Plan
from nnstudio.data.sources.csv_text import Lines, as_number, is_stray, open_text
from nnstudio.data.sources.problems import Problems

MAX_LABEL = 200
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Block:
    """Some rows.

    Args:
        lines: Number of each row's (last) line in the file, counted from 1.
        cells: Cells of each row.
        odd: Whether one of them holds something that needs a closer look.
        position: Bytes of the file read so far.
    """

    lines: tuple[int, ...]
    cells: tuple[list[str], ...]
    odd: bool
    position: int


def read_blocks(path: Path, plan: Plan, count: int, problems: Problems) -> Generator[Block, None, None]:
    """The rows below the header, without blank lines, ``count`` at a time."""
    with open_text(path, plan.dialect) as (lines, file):
        rows = _rows(lines, plan, problems)
        while block := list(islice(rows, count)):
            numbers, cells = zip(*block, strict=True)
            yield Block(numbers, cells, lines.take_odd(), file.tell())


def _rows(lines: Lines, plan: Plan, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader, skip = plan.dialect.rows(lines), plan.header
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            what = f"a cell longer than {csv.field_size_limit():,} characters: is a quote left open?"
            problems.add(f"lines {begin:,} to {reader.line_num:,}", what)
            continue
        if cells and not skip:
            yield reader.line_num, cells
        skip = skip and not cells


class Converter:
    """Turns rows into samples and labels.

    Args:
        plan: What the columns are.
        problems: Where bad rows are noted down.
    """

    def __init__(self, plan: Plan, problems: Problems) -> None:
        self._plan, self._problems = plan, problems
        self._width, self._count = len(plan.columns), len(plan.features)
        self._features = itemgetter(*plan.features) if self._count > 1 else self._only_feature

    def convert(self, block: Block) -> tuple[Samples, list[str]]:
        """Samples ``(n, *shape)`` of the good rows, and the label of each."""
        result = None if block.odd else self._all(block.cells)
        x, labels = result or self._each(block)
        return x.reshape(len(labels), *self._plan.shape), labels

    def _only_feature(self, row: list[str]) -> tuple[str]:
        return (row[self._plan.features[0]],)

    def _all(self, rows: tuple[list[str], ...]) -> tuple[Samples, list[str]] | None:
        """All rows at once, or None if one of them is bad."""
        if any(len(row) != self._width for row in rows):
            return None
        labels = [row[self._plan.label].strip() for row in rows]
        if any(map(_label_problem, set(labels))):
            return None
        cells: Iterator[str] = chain.from_iterable(map(self._features, rows))
        if self._plan.comma:
            cells = (cell.replace(",", ".") for cell in cells)
        try:
            values = np.fromiter(map(float, cells), np.float64, len(rows) * self._count)
        except ValueError:
            return None
        return (values.astype(self._plan.dtype), labels) if self._allowed(values) else None

    def _allowed(self, values: NDArray[np.float64]) -> bool:
        if self._plan.images:
            return bool(((values >= 0) & (values <= 255) & (values == np.floor(values))).all())
        return bool((np.abs(values) <= _LARGEST).all())  # which NaN isn't either

    def _each(self, block: Block) -> tuple[Samples, list[str]]:
        """Row by row, to name the bad ones."""
        samples: list[list[float]] = []
        labels: list[str] = []
        for line, row in zip(block.lines, block.cells, strict=True):
            problem = self._problem(row)
            if problem:
                self._problems.add(f"line {line:,}", problem)
                continue
            numbers = (self._number(cell) for cell in self._features(row))
            samples.append([number for number in numbers if number is not None])
            labels.append(row[self._plan.label].strip())
        return np.array(samples, np.float64).astype(self._plan.dtype), labels

    def _number(self, cell: str) -> float | None:
        return as_number(cell.replace(",", ".") if self._plan.comma else cell)

    def _problem(self, row: list[str]) -> str:
        """What is wrong with a row; empty if nothing is."""
        if len(row) != self._width:
            return f"{len(row)} cells instead of {self._width}"
        problem = _label_problem(row[self._plan.label].strip())
        if problem:
            return problem
        for place, cell in zip(self._plan.features, self._features(row), strict=True):
            number = self._number(cell)
            if number is None:
                return f"{_described(cell)} in column {self._plan.columns[place]!r}"
            if not self._allowed(np.array([number])):
                limits = "no whole number from 0 to 255" if self._plan.images else "beyond what float32 holds"
                return f"{cell.strip()[:40]} in column {self._plan.columns[place]!r} is {limits}"
        return ""


def _label_problem(label: str) -> str:
    if not label or label.casefold() == "nan":
        return "no class"
    if any(map(is_stray, label)):
        return "a class that doesn't fit the encoding"
    if not label.isprintable() or len(label) > MAX_LABEL:
        return f"a class that is no name: {label[:40]!r}"
    return ""


def _described(cell: str) -> str:
    cell = cell.strip()
    if not cell:
        return "nothing"
    if any(map(is_stray, cell)):
        return "bytes that don't fit the encoding"
    return cell if cell.casefold() in ("nan", "na", "null") else f"{cell[:40]!r}, which is no number,"
