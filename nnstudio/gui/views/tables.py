"""Tables that leave the application: as text, CSV or LaTeX. Free of Qt."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

Cell = str | int | float
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True)
class Table:
    """A table with a title.

    Attributes:
        title: What it shows.
        header: Captions of the columns.
        rows: The cells; numbers are written exactly, NaN as nothing.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def text(self) -> str:
        """Columns separated by tabs, for the clipboard."""
        return self._written("\t")

    def csv(self) -> str:
        """Columns separated by commas, quoted where needed (RFC 4180)."""
        return self._written(",")

    def latex(self) -> str:
        """A ``table`` environment with rules of the ``booktabs`` package."""
        columns = "l" + "r" * (len(self.header) - 1)
        lines = [
            "% needs \\usepackage{booktabs}",
            "\\begin{table}",
            "  \\centering",
            f"  \\caption{{{latex_text(self.title)}}}",
            f"  \\begin{{tabular}}{{{columns}}}",
            "    \\toprule",
            f"    {_latex_row(self.header)}",
            "    \\midrule",
            *[f"    {_latex_row(row)}" for row in self.rows],
            "    \\bottomrule",
            "  \\end{tabular}",
            "\\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def _written(self, delimiter: str) -> str:
        stream = io.StringIO()
        rows = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        rows.writerow([plain(name) for name in self.header])
        rows.writerows([cell_text(cell) for cell in row] for row in self.rows)
        return stream.getvalue()


def cell_text(cell: Cell) -> str:
    """A cell with all its digits that mean something."""
    if isinstance(cell, str):
        return plain(cell)
    return str(cell) if isinstance(cell, int) else exact(cell)


def exact(value: float) -> str:
    """A number with six significant digits; nothing for NaN."""
    return "" if math.isnan(value) else f"{value:.6g}"


def plain(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return "'" + name if name[:1] in ("=", "+", "-", "@") and not name[1:].isdigit() else name


def latex_text(text: str) -> str:
    """A text in which nothing is a command."""
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _latex_row(row: tuple[Cell, ...]) -> str:
    cells = [
        latex_text(cell)
        if isinstance(cell, str)
        else f"{cell:,}"
        if isinstance(cell, int)
        else ("--" if math.isnan(cell) else f"{cell:.3f}")
        for cell in row
    ]
    return " & ".join(cells) + r" \\"
