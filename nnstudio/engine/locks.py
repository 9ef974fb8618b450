"""Locks between processes: held by one of them, and free as soon as it ends, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_FAR = 2**30
"""Windows locks bytes, and nobody may read a locked one: this one lies behind the owner's number."""


class FileLock:
    """A lock that the operating system lets go when its process ends, also when it is killed.

    The file's existence means nothing; the system's lock on it does. So there is no stale lock to be
    guessed at, and a live one can't be stolen.

    Args:
        path: The file; its folder is made when it is needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """This object holds it."""
        return self._handle is not None

    def take(self) -> bool:
        """Takes the lock if it is free; True if it is held now.

        Raises:
            OSError: The file can't be made.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while self._handle is None:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _lock(handle):
                os.close(handle)
                return False
            if _is_at(handle, self.path):
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
                self._handle = handle
            else:  # its holder removed the file between opening and locking
                os.close(handle)
        return True

    def release(self) -> None:
        """Lets it go and removes the file."""
        if self._handle is not None:
            with suppress(OSError):  # Windows removes no file that is open; it is left, and free
                self.path.unlink()
            os.close(self._handle)
            self._handle = None

    def owner(self) -> str:
        """Number of the process that took it last, "" if it isn't known."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except OSError:
            return ""
        return text if text.isdigit() else ""


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
