"""Which files this window may write to: not those open in another window, nor those of a newer version."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nnstudio.engine.locks import FileLock
from nnstudio.errors import FormatError
from nnstudio.paths import data_dir


class Guard:
    """Holds the lock of the project's file. The lock lies in NNStudio's own folder, not beside the file.

    Attributes:
        reason: Why the project is read-only, as a sentence, or "".
    """

    def __init__(self) -> None:
        self.reason = ""
        self._path: Path | None = None
        self._newer = False
        self._lock: FileLock | None = None

    def enter(self, path: Path | None, newer: bool = False) -> None:
        """Another project is open; takes its lock if it is free.

        Args:
            path: Its file, or None.
            newer: A newer version made it.
        """
        self.leave()
        self._path = path
        if path is None:
            return
        lock = lock_of(path)
        self._newer = newer
        if newer:
            self.reason = f"{path.name} was made by a newer NNStudio."
        elif taken(lock):
            self._lock = lock
        else:
            self.reason = f"{path.name} is open in another window{_process(lock)}."

    def check(self, path: Path) -> None:
        """Makes sure that the project may be saved in a file, and takes the lock of that file.

        Raises:
            FormatError: It may not.
        """
        lock = lock_of(path)
        if self._lock is not None and lock.path == self._lock.path:
            return
        if self._newer and self._path is not None and lock.path == lock_of(self._path).path:
            what = f"{path.name} was made by a newer NNStudio, whose settings would be lost"
            raise FormatError(what, fix="save under another name")
        if not taken(lock):
            raise FormatError(
                f"{path.name} is open in another window{_process(lock)}",
                fix="save under another name, or close the other window first",
            )
        self.leave()
        self._path, self._lock = path, lock

    def leave(self) -> None:
        """Lets the file go."""
        if self._lock is not None:
            self._lock.release()
        self._path, self._newer, self._lock, self.reason = None, False, None, ""


def lock_of(path: Path) -> FileLock:
    """The lock of a project's file, the same one however the file is named."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    return FileLock(data_dir() / "locks" / f"{name}.lock")


def taken(lock: FileLock) -> bool:
    """Takes a lock; where no locks can be written at all, everybody may work."""
    try:
        return lock.take()
    except OSError:
        return True


def _process(lock: FileLock) -> str:
    owner = lock.owner()
    return f" (process {owner})" if owner else ""
