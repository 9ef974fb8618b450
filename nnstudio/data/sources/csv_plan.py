"""What the columns of a table are: which holds the class, which the features, whether rows are images."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.core.registry import did_you_mean
from nnstudio.data.sources.csv_text import Dialect, as_number, detect
from nnstudio.errors import DataError

LABEL_NAMES = ("label", "class", "target", "labels", "classes")
LEAST_PIXELS = 64
MAX_NAME = 200
_PIXEL_NAME = re.compile(r"(pixel|px|p)[_ ]?\d+|\d+x\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """How each row of a table becomes a sample.

    Args:
        dialect: How the cells are written.
        columns: Name of each column; the numbers from 1 where there is no header.
        header: Whether the first row holds the names.
        label: Column of the class, counted from 0.
        features: Columns of the features.
        comma: Whether numbers have a decimal comma.
        shape: Shape of a sample.
        images: Whether the rows hold pixels, 0 to 255.
        first: The rows of the beginning, without the header.
        whole: Whether these are all rows.
    """

    dialect: Dialect
    columns: tuple[str, ...]
    header: bool
    label: int
    features: tuple[int, ...]
    comma: bool
    shape: tuple[int, ...]
    images: bool
    first: list[list[str]]
    whole: bool

    @property
    def dtype(self) -> str:
        """Type of the samples."""
        return "uint8" if self.images else "float32"

    def options(self, before: ImportOptions) -> ImportOptions:
        """The options with what was found out in place of "auto"."""
        name = self.columns[self.label]
        return before.replace(
            label=name if self.columns.count(name) == 1 and _is_plain(name) else str(self.label + 1),
            rows="images" if self.images else "features",
            size=self.shape[:2] if self.images else before.size,
            delimiter=self.dialect.delimiter,
            quote=self.dialect.quote,
            header="yes" if self.header else "no",
            decimal="comma" if self.comma else "point",
            encoding=self.dialect.encoding,
        )


def _is_plain(name: str) -> bool:
    """Whether a column can be told by its name: it isn't endless, and its bytes were characters."""
    return len(name) <= MAX_NAME and name.isprintable()


def make_plan(path: Path, options: ImportOptions) -> Plan:
    """Looks at the beginning of a table.

    Raises:
        DataError: It is no table, or the options don't fit it.
    """
    dialect, rows, whole = detect(path, options)
    if not rows:
        raise DataError(f"{path} holds no rows", fix="choose a table with one sample per line")
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if width < 2:
        raise DataError(
            f"{path} is a table with a single column",
            allowed="features and a column for the class",
            received=repr(rows[0][0][:60]),
            fix="choose the delimiter, if it is an unusual one",
        )
    whole_rows = [row for row in rows if len(row) == width]
    comma = options.decimal == "comma" or (options.decimal == "auto" and _has_commas(dialect, whole_rows))
    table = [[_number(cell, comma) for cell in row] for row in whole_rows]
    header = _has_header(table) if options.header == "auto" else options.header == "yes"
    columns = _names(path, rows[0], width) if header else tuple(str(1 + place) for place in range(width))
    body, numbers = whole_rows[header:], table[header:]
    if not body:
        raise DataError(f"{path} holds no rows below its header", fix="choose a table with samples in it")
    ignored = {_column(path, name, columns) for name in options.ignore.split(",") if name.strip()}
    pool = [place for place in range(width) if place not in ignored]
    label = _label(path, options, columns if header else (), columns, pool, numbers)
    features = tuple(place for place in pool if place != label)
    if not features:
        raise DataError(f"{path} has no column left to learn from", fix="leave out fewer columns")
    _check_numbers(path, features, columns, numbers, body)
    names = tuple(columns[place] for place in features) if header else ()
    images, shape = _images(path, options, names, [[row[place] for place in features] for row in numbers])
    return Plan(dialect, columns, header, label, features, comma, shape, images, rows[header:], whole)


def _number(cell: str, comma: bool) -> float | None:
    return as_number(cell.replace(",", ".") if comma else cell)


def _has_commas(dialect: Dialect, rows: list[list[str]]) -> bool:
    cells = [cell.strip() for row in rows for cell in row]
    fits = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?").fullmatch
    return (
        dialect.delimiter != "comma"
        and any(map(fits, cells))
        and not any("." in cell and as_number(cell) is not None for cell in cells)
    )


def _has_header(table: list[list[float | None]]) -> bool:
    """Whether the first row has text where the rows below have numbers."""
    if len(table) < 2:
        return all(number is None for number in table[0])
    below = [[number is not None for number in column] for column in zip(*table[1:], strict=True)]
    numeric = [sum(column) * 2 > len(column) for column in below]
    return any(one and first is None for one, first in zip(numeric, table[0], strict=True))


def _names(path: Path, row: list[str], width: int) -> tuple[str, ...]:
    if len(row) != width:
        raise DataError(
            f"the header of {path} doesn't fit its rows",
            allowed=f"{width} cells, as in most rows",
            received=str(len(row)),
            fix="repair the first line, or say that there is no header",
        )
    return tuple(cell.strip() or str(1 + place) for place, cell in enumerate(row))


def _column(path: Path, name: str, columns: tuple[str, ...]) -> int:
    name = name.strip()
    lower = [column.casefold() for column in columns]
    if name in columns:
        return columns.index(name)
    if name.casefold() in lower:
        return lower.index(name.casefold())
    if name.isdecimal() and len(name) < 9 and 1 <= int(name) <= len(columns):
        return int(name) - 1
    raise DataError(
        f"{path} has no column {name!r}",
        allowed=", ".join(columns[:12]) + (" ..." if len(columns) > 12 else ""),
        fix=did_you_mean(name, columns) or f"name a column, or give its number from 1 to {len(columns)}",
    )


def _label(
    path: Path,
    options: ImportOptions,
    header: tuple[str, ...],
    columns: tuple[str, ...],
    pool: list[int],
    numbers: list[list[float | None]],
) -> int:
    """The column that holds the class."""
    if options.label.strip():
        return _column(path, options.label, columns)
    if not pool:
        raise DataError(f"{path} has no column left", fix="leave out fewer columns")
    lower = {header[place].casefold(): place for place in reversed(pool)} if header else {}
    for name in LABEL_NAMES:
        if name in lower:
            return lower[name]
    textual = [place for place in pool if 2 * sum(row[place] is None for row in numbers) > len(numbers)]
    if len(textual) == 1:
        return textual[0]
    if "y" in lower:  # behind text, because tables of points have columns x and y
        return lower["y"]
    first, last = pool[0], pool[-1]
    if not header and len(pool) > LEAST_PIXELS and _constant(numbers, last) and not _constant(numbers, first):
        return first  # images whose last pixel is always background
    return last


def _constant(numbers: list[list[float | None]], place: int) -> bool:
    return len({row[place] for row in numbers}) == 1


def _check_numbers(
    path: Path,
    features: tuple[int, ...],
    columns: tuple[str, ...],
    numbers: list[list[float | None]],
    rows: list[list[str]],
) -> None:
    """Refuses columns of text: what they mean to a network has to be decided by the user."""
    textual = [place for place in features if 2 * sum(row[place] is None for row in numbers) > len(numbers)]
    if textual:
        names = ",".join(columns[place] for place in textual[:20])
        raise DataError(
            f"{path} has columns that hold no numbers",
            allowed="numbers in every column but the class",
            received="; ".join(f"{columns[place]}: {rows[0][place][:40]!r}" for place in textual[:3]),
            fix=f"choose another label column, or leave them out (--set data.reading.ignore={names})",
        )


def _images(
    path: Path, options: ImportOptions, names: tuple[str, ...], numbers: list[list[float | None]]
) -> tuple[bool, tuple[int, ...]]:
    """Whether rows hold pixels, and the shape of a sample."""
    count = len(numbers[0])
    shape = _image_shape(count, options.size)
    wanted = options.rows == "images" or (options.rows == "auto" and options.size is not None)
    if wanted and shape is None:
        raise DataError(
            f"the rows of {path} are no images",
            allowed="1 or 3 numbers for each pixel of a square"
            if options.size is None
            else "1 or 3 per pixel",
            received=f"{count:,} numbers"
            + (f" for {options.size[0]}×{options.size[1]}" if options.size else ""),
            fix="give the height and width in size, or read them as features",
        )
    if options.rows == "features" or shape is None:
        return False, (count,)
    named = bool(names) and all(map(_PIXEL_NAME.fullmatch, names))
    if not wanted and not named and (names or count < LEAST_PIXELS):
        return False, (count,)
    bytes_only = all(n is None or (n.is_integer() and 0 <= n <= 255) for row in numbers for n in row)
    return (True, shape) if wanted or bytes_only else (False, (count,))


def _image_shape(count: int, size: tuple[int, int] | None) -> tuple[int, int, int] | None:
    """``(H, W, C)`` of images with so many values; None if there are none."""
    for channels in (1, 3):
        pixels, rest = divmod(count, channels)
        height, width = size or (math.isqrt(pixels),) * 2
        if not rest and height * width == pixels:
            return height, width, channels
    return None
