"""Results on stdout, progress and messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def print_json(value: Any) -> None:
    """One JSON object on stdout."""
    print(json.dumps(value, ensure_ascii=False))


def say(message: str) -> None:
    """A message on stderr."""
    print(message, file=sys.stderr, flush=True)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Rows in aligned columns.

    Args:
        header: Titles of the columns.
        rows: Cells as text.
        left: Number of leading columns aligned to the left; the others are aligned to the right.
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def text(line: Sequence[str]) -> str:
        cells = (
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    return "\n".join([text(lines[0]), "  ".join("-" * width for width in widths), *map(text, lines[1:])])


class Progress:
    """What is going on: a live bar on a terminal, a plain line now and then otherwise."""

    def __init__(self, bar: Any = None) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=1.0) if bar else None
        self._said = ""

    def update(self, message: str, fraction: float | None) -> None:
        """Shows a message and how much is done (None where that isn't known)."""
        if self._bar:
            self._bar.update(self._task, description=message, completed=fraction or 0.0)
        elif message.split(":")[0] != self._said:  # a new stage, not a new number in it
            self._said = message.split(":")[0]
            say(message)

    def line(self, message: str) -> None:
        """A line that stays."""
        if self._bar:
            self._bar.console.print(message, highlight=False)
        else:
            say(message)

    @property
    def live(self) -> bool:
        """There is a bar."""
        return self._bar is not None


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on stderr."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Progress(bar)
