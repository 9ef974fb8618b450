"""What is wrong with single rows and images of a source, and the error that lists them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nnstudio.errors import DataError

MAX_KEPT = 1000  # a file of ten million bad rows must not fill the memory with messages
_NAMED = 3


@dataclass(frozen=True)
class Problem:
    """A row or image that can't be used.

    Args:
        where: Its line or file.
        what: What is wrong with it.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Problems:
    """The problems met while reading: all are counted, the first :data:`MAX_KEPT` are kept.

    Args:
        kept: Those kept.
        count: Number of all.
    """

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, what: str) -> None:
        """Notes one down."""
        self.count += 1
        if len(self.kept) < MAX_KEPT:
            self.kept.append(Problem(where, what))


class BadSamples(DataError):
    """Some rows or images can't be used; the others can (``ImportOptions.skip_bad``).

    Args:
        path: The source.
        problems: What is wrong.
        good: Number of samples that can be used.
    """

    def __init__(self, path: Path, problems: Problems, good: int) -> None:
        self.problems = tuple(problems.kept)
        self.count = problems.count
        self.good = good
        more = f"; and {self.count - _NAMED:,} more" if self.count > _NAMED else ""
        noun = "sample" if self.count == 1 else "samples"
        fix = "repair the data"
        if good:
            these = "it" if self.count == 1 else f"these {self.count:,}"
            fix += f", or skip {these} with skip_bad (--set data.reading.skip_bad=true)"
        super().__init__(
            f"{path} holds {self.count:,} {noun} that can't be used, beside {good:,} that can",
            received="; ".join(map(str, self.problems[:_NAMED])) + more,
            fix=fix,
        )
