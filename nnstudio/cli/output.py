"""Results on stdout, progress and messages on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def print_json(value: Any) -> None:
    """One JSON object on stdout.

    Raises:
        ValueError: It holds NaN or infinity, which JSON doesn't have.
    """
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def say(message: str) -> None:
    """A message on stderr."""
    print(message, file=sys.stderr, flush=True)


def complain(error: object) -> None:
    """An error on stderr: always one line, also where it lists several problems."""
    first, *others = str(error).splitlines() or [""]
    problems = " | ".join(line.strip() for line in others)
    say(f"error: {first} {problems}".rstrip())


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1, text: bool = False) -> str:
    """Rows in aligned columns.

    Args:
        header: Titles of the columns.
        rows: Cells as text.
        left: Number of leading columns aligned to the left; the others are aligned to the right.
        text: The last column is aligned to the left as well.
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    last = len(header) - 1

    def aligned(line: Sequence[str]) -> str:
        cells = (
            cell.ljust(width) if column < left or (text and column == last) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([aligned(lines[0]), rule, *map(aligned, lines[1:])])


def clock(seconds: float) -> str:
    """A duration as ``m:ss``, or ``h:mm:ss`` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Progress:
    """What is going on: a live bar on a terminal, a plain line now and then otherwise.

    Args:
        bar: The live display of rich, or None.
    """

    def __init__(self, bar: Any = None) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, figures="", left=False) if bar else None
        self._said = ""

    def update(self, message: str, fraction: float | None) -> None:
        """Shows a message and how much is done (None where that isn't known)."""
        if self._bar:
            total = None if fraction is None else 1.0  # without a total the bar pulses
            self._bar.update(self._task, description=message, total=total, completed=fraction or 0.0)
        elif message.split(":")[0] != self._said:  # a new stage, not a new number in it
            self._said = message.split(":")[0]
            say(message)

    def count(self, total: int, done: int) -> None:
        """Starts a bar over ``total`` steps, ``done`` of which are behind us, with the time left."""
        if self._bar:
            self._bar.remove_task(self._task)
            self._task = self._bar.add_task("", total=total, completed=done, figures="", left=True)

    def step(self, done: int, message: str, figures: str) -> None:
        """Moves that bar; ``message`` stands in front of it and ``figures`` behind it."""
        if self._bar:
            self._bar.update(self._task, completed=done, description=message, figures=figures)

    def line(self, message: str) -> None:
        """A line that stays, above the bar."""
        if self._bar:
            self._bar.console.print(message, highlight=False, markup=False, soft_wrap=True)
        else:
            say(message)

    @property
    def live(self) -> bool:
        """There is a bar."""
        return self._bar is not None


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on stderr."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield Progress()
        return
    from nnstudio.cli.live import live_bar

    with live_bar() as bar:
        yield Progress(bar)
