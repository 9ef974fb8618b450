"""The text of a CSV file: its encoding, its lines within bounds, its delimiter and quotes."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.files import file_size, unreadable
from nnstudio.errors import DataError

MAX_LINE = 8 << 20
SAMPLE_BYTES = 1 << 18
DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "space": " "}
QUOTES = {"double": '"', "single": "'", "none": None}
_LEAST_LINES = 4
_TRIED_ROWS, _TRIED_CELLS = 100, 1000
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NOT_IN_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


@dataclass(frozen=True)
class Dialect:
    """How the cells of a table are written, in the words of ``ImportOptions``.

    Args:
        encoding: Of the characters.
        delimiter: Between cells.
        quote: Around cells.
    """

    encoding: str
    delimiter: str
    quote: str

    def rows(self, lines: Iterator[str]) -> Any:
        """The reader of the csv module for lines in this dialect."""
        quote = QUOTES[self.quote]
        return csv.reader(
            lines,
            delimiter=DELIMITERS[self.delimiter],
            quotechar=quote,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            skipinitialspace=self.delimiter != "tab",
        )


def is_stray(character: str) -> bool:
    """Whether it stands for a byte that doesn't fit the encoding (Python's ``surrogateescape``)."""
    return "\udc80" <= character <= "\udcff"


def as_number(cell: str) -> float | None:
    """The number in a cell, or None. Takes what people write in tables: no ``1_000``, no ``infinity``."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) and cell.isascii() and "_" not in cell else None


class Lines:
    """The lines of a text, each within bounds. Notes whether one needs a closer look.

    Args:
        path: The file, for messages.
        text: The text.
        strip: Remove spaces at both ends, which would be empty cells where spaces are delimiters.

    Raises:
        DataError: A line is longer than :data:`MAX_LINE`, or can't be decoded.
    """

    def __init__(self, path: Path, text: io.TextIOBase, *, strip: bool = False) -> None:
        self.odd = False
        self._path, self._readline, self._strip = path, text.readline, strip

    def take_odd(self) -> bool:
        """Whether a line since the last call needs a closer look."""
        odd, self.odd = self.odd, False
        return odd

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._readline(MAX_LINE)
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE:
            raise DataError(
                f"{self._path} has a line that never ends",
                allowed=f"fewer than {MAX_LINE:,} characters",
                fix="choose a table with one sample per line",
            )
        # float() takes "1_000" and digits of other scripts, which nobody means in a table
        if not line.isascii() or "_" in line:
            self.odd = True
        return line.strip() + "\n" if self._strip else line


@contextmanager
def open_text(path: Path, dialect: Dialect) -> Iterator[tuple[Lines, BinaryIO]]:
    """The lines of a table, and the file below, whose position tells how far reading is.

    Bytes that don't fit the encoding become lone surrogates, which the rows' check finds.

    Raises:
        DataError: The file can't be read, or isn't in that encoding at all.
    """
    try:
        with path.open("rb") as file:
            codec = _codec(dialect.encoding)
            with io.TextIOWrapper(file, codec, errors="surrogateescape", newline="") as text:
                yield Lines(path, text, strip=dialect.delimiter == "space"), file
    except UnicodeError as error:
        raise DataError(
            f"{path} is not written in {dialect.encoding}", received=str(error), fix="choose its encoding"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def detect(path: Path, options: ImportOptions) -> tuple[Dialect, list[list[str]], bool]:
    """Finds out how a table is written.

    Returns:
        The dialect, the rows of its beginning, and whether these are all.

    Raises:
        DataError: It can't be read, or is no text.
    """
    size = file_size(path)
    try:
        with path.open("rb") as file:
            start = file.read(SAMPLE_BYTES)
            while len(start) < min(size, MAX_LINE) and start.count(b"\n") < _LEAST_LINES:
                start += file.read(SAMPLE_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    encoding = _encoding(path, start) if options.encoding == "auto" else options.encoding
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    text = start.decode(_codec(encoding), errors)
    whole = size <= len(start)
    lines = list(io.StringIO(text, newline=""))
    if not whole and len(lines) > 1:
        lines.pop()  # it may be cut
    dialect = _best(encoding, lines, options)
    return dialect, _parsed(dialect, lines), whole


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding  # which drops the mark at the beginning


def _encoding(path: Path, start: bytes) -> str:
    for mark, name in _BOMS.items():
        if start.startswith(mark):
            return name
    if b"\0" in start:
        raise DataError(
            f"{path} is no table",
            allowed="a text file with one sample per line",
            received="bytes that are no text",
            fix="save it as CSV with UTF-8 encoding",
        )
    try:
        start[: start.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        # UTF-8 with damaged places, if anything beyond ASCII is valid in it
        characters = start.decode("utf-8", "surrogateescape")
        if any(not c.isascii() and not is_stray(c) for c in characters):
            return "utf-8"
        return "latin-1" if _NOT_IN_CP1252 & set(start) else "cp1252"
    return "utf-8"


def _best(encoding: str, lines: list[str], options: ImportOptions) -> Dialect:
    """The dialect in which most rows have the same number of cells, and several."""
    delimiters = list(DELIMITERS) if options.delimiter == "auto" else [options.delimiter]
    quotes = [options.quote]
    if options.quote == "auto":
        quotes = ["double"] if any('"' in line for line in lines) else ["double", "single"]
    candidates = [Dialect(encoding, delimiter, quote) for quote in quotes for delimiter in delimiters]
    return max(candidates, key=lambda dialect: _fitness(dialect, lines[:_TRIED_ROWS]))


def _fitness(dialect: Dialect, lines: list[str]) -> tuple[float, float, int]:
    rows = _parsed(dialect, lines)
    widths = Counter(map(len, rows))
    if not widths or (width := widths.most_common(1)[0][0]) < 2:
        return 0.0, 0.0, 0
    cells = [cell for row in rows for cell in row[:_TRIED_CELLS]]
    numbers = sum(as_number(cell.replace(",", ".")) is not None for cell in cells)
    return round(widths[width] / len(rows), 1), round(numbers / len(cells), 1), width


def _parsed(dialect: Dialect, lines: list[str]) -> list[list[str]]:
    if dialect.delimiter == "space":
        lines = [line.strip() + "\n" for line in lines]
    rows, reader = [], dialect.rows(iter(lines))
    while True:
        try:
            rows.append(next(reader))
        except StopIteration:
            return [row for row in rows if row]
        except csv.Error:  # a cell beyond all bounds
            continue
