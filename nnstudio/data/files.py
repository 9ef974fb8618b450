"""Opening files that others made, and writing files so that a crash never leaves half of one."""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nnstudio.errors import DataError

PARTIAL = ".part"


def file_size(path: Path) -> int:
    """Size in bytes of an ordinary file that isn't empty.

    Raises:
        DataError: There is nothing, something that is no ordinary file (a pipe would wait for ever),
            an empty file, or one that may not be read.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise DataError(f"there is no file {path}", fix="check the name and the folder") from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path} is not an ordinary file", allowed="a file", fix="choose a file")
    if status.st_size == 0:
        raise DataError(f"{path} is empty", received="0 bytes", fix="get the file again")
    return status.st_size


def unreadable(path: Path, error: Exception) -> DataError:
    """The error to raise when the system refuses to read a file."""
    reason = getattr(error, "strerror", None) or str(error)
    return DataError(
        f"{path} can't be read", received=reason, fix="check the file and your rights to read it"
    )


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of ``path`` at the end, all at once, or never.

    The temporary file lies in the same folder and is removed when anything goes wrong.

    Raises:
        DataError: The folder or the disk doesn't let it be written.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("x+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Says that ``path`` can't be written where the system refuses something in the block.

    Raises:
        DataError: The folder or the disk doesn't let it be written.
    """
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} can't be written",
            received=error.strerror or str(error),
            fix="check the free space and your rights in that folder",
        ) from error


def remove_leftovers(folder: Path, age: float = 3600.0) -> None:
    """Removes temporary files that a killed program left behind.

    Args:
        folder: Where to look.
        age: Seconds without a change after which nobody can be writing a file any more.
    """
    for path in folder.glob(f"*{PARTIAL}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > age:
                path.unlink()


def sync_folder(folder: Path) -> None:
    """Makes the new name itself survive a power cut, where the system can do that."""
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
