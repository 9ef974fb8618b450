"""What has arrived of a file that is being downloaded, kept from one attempt to the next."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from nnstudio.data.files import PARTIAL, sync_folder, writing
from nnstudio.errors import DataError

KEPT = ".partial"


class PartialFile:
    """Bytes on their way to ``target``; what isn't whole when the ``with`` block ends waits beside it.

    While somebody uses it, it has a name of its own, so that two programs never write into one.

    Attributes:
        url: Where the bytes come from.
        validator: Which version of the file they are of, or "".
        total: Bytes of the whole file, or None while unknown.

    Args:
        target: The file that it becomes.

    Raises:
        DataError: The folder or the disk doesn't let it be written; so do all methods that write.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._kept = target.with_name(target.name + KEPT)
        self._note = target.with_name(f"{target.name}{KEPT}.json")
        self._temporary = target.with_name(f"{target.name}.{secrets.token_hex(4)}{PARTIAL}")
        self._file: BinaryIO
        self.url, self.validator = "", ""
        self.total: int | None = None

    def __enter__(self) -> PartialFile:
        with writing(self._target):
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._read_note()
            try:
                self._kept.rename(self._temporary)
            except OSError:
                self.url, self.validator, self.total = "", "", None
            self._file = self._temporary.open("a+b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file.closed:
            return  # it is whole
        with suppress(OSError):
            size = self.size
            self._file.close()
            if size and self.url and not _disk_is_full(error):
                note = {"url": self.url, "validator": self.validator, "total": self.total}
                self._note.write_text(json.dumps(note), encoding="utf-8")
                self._temporary.replace(self._kept)
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self._file.seek(0, os.SEEK_END)

    @property
    def file(self) -> BinaryIO:
        """The bytes, from the first one on."""
        self._file.seek(0)
        return self._file

    def begin(self, url: str, validator: str) -> None:
        """Forgets all bytes; those that come next are of this file."""
        with writing(self._target):
            self._file.truncate(0)
        self.url, self.validator, self.total = url, validator, None

    def write(self, chunk: bytes) -> None:
        """Adds bytes at the end."""
        with writing(self._target):
            self._file.write(chunk)

    def finish(self) -> None:
        """Puts the file in its place, all at once."""
        with writing(self._target):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._target)
            self._note.unlink(missing_ok=True)
            sync_folder(self._target.parent)

    def _read_note(self) -> None:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            note = json.loads(self._note.read_text(encoding="utf-8"))
            self.url, self.validator = str(note["url"]), str(note["validator"])
            self.total = int(note["total"]) if note["total"] else None


def _disk_is_full(error: BaseException | None) -> bool:
    """The bytes themselves are in the way of what could be written."""
    return isinstance(error, DataError) and isinstance(error.__cause__, OSError)
