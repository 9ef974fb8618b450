"""What happened in a sweep, one line of JSON each: only appended to, so a kill loses one line at most."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from nnstudio.experiments.runs import refusals

Record = dict[str, Any]


class Ledger:
    """The file, open for more.

    Args:
        path: The file; it is made if it doesn't exist.

    Raises:
        FormatError: The system refuses to read or write it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with refusals(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIOWrapper = path.open("a+", encoding="utf-8", errors="replace", newline="\n")
            self._file.seek(0)
            text = self._file.read()
            if text and not text.endswith("\n"):  # cut off by a kill or a full disk
                self._file.write("\n")
        self.records = list(_records(text))

    def append(self, record: Record, *, lasting: bool = True) -> None:
        """Writes a record.

        Args:
            record: JSON-ready.
            lasting: It is on the disk when this returns; a record whose loss does no harm needs not wait.

        Raises:
            FormatError: The system refuses; what was written before is unharmed.
        """
        with refusals(self._path):
            self._file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
            self._file.flush()
            if lasting:
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        with refusals(self._path):
            self._file.close()


def read_ledger(path: Path) -> list[Record]:
    """The records of a sweep that somebody else may be writing; none if there is no file.

    Raises:
        FormatError: It can't be read.
    """
    if not path.is_file():
        return []
    with refusals(path, "read"):
        return list(_records(path.read_text(encoding="utf-8", errors="replace")))


def _records(text: str) -> Iterator[Record]:
    """The lines that are whole; a cut one is as if it had not happened."""
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record
