"""Which files this window may write to: not those open in another window, nor those of a newer version."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nnstudio.engine.locks import FileLock
from nnstudio.errors import FormatError
from nnstudio.gui.project.claim import Claim
from nnstudio.paths import data_dir


class Guard:
    """Holds the project's file.

    It does so twice: by a lock in NNStudio's own folder, which ends with the process, and by a claim beside
    the file, which other machines and users see.

    Attributes:
        reason: Why the project is read-only, as a sentence, or "".
    """

    def __init__(self) -> None:
        self.reason = ""
        self._path: Path | None = None
        self._newer = False
        self._lock: FileLock | None = None
        self._claim: Claim | None = None

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
        elif not taken(lock):
            self.reason = f"{path.name} is open in another window{_process(lock)}."
        elif who := self._hold(path, lock):
            self.reason = f"{path.name} is open in another window ({who})."

    def check(self, path: Path) -> None:
        """Makes sure that the project may be saved in a file, and takes the lock of that file.

        Raises:
            FormatError: It may not.
        """
        lock = lock_of(path)
        if self._lock is not None and lock.path == self._lock.path:
            self.beat()
            if self.reason:
                raise FormatError(self.reason.rstrip("."), fix="save under another name")
            return
        if self._newer and self._path is not None and lock.path == lock_of(self._path).path:
            what = f"{path.name} was made by a newer NNStudio, whose settings would be lost"
            raise FormatError(what, fix="save under another name")
        if not taken(lock):
            raise FormatError(
                f"{path.name} is open in another window{_process(lock)}",
                fix="save under another name, or close the other window first",
            )
        claim = Claim(path)
        if who := claim.take():
            lock.release()
            raise FormatError(
                f"{path.name} is open in another window ({who})",
                fix="save under another name, or close the other window first",
            )
        self.leave()
        self._path, self._lock, self._claim = path, lock, claim

    def beat(self) -> bool:
        """Shows other machines that the file is still open here; True if one has taken it over meanwhile."""
        claim = self._claim
        who = claim.beat() if claim is not None else ""
        if not who or self._path is None:
            return False
        self.reason = f"{self._path.name} was opened in another window meanwhile ({who})."
        return True

    def leave(self) -> None:
        """Lets the file go."""
        if self._claim is not None:
            self._claim.release()
        if self._lock is not None:
            self._lock.release()
        self._path, self._newer, self._lock, self._claim, self.reason = None, False, None, None, ""

    def _hold(self, path: Path, lock: FileLock) -> str:
        """Claims the file too; who has it, if that is somebody else."""
        claim = Claim(path)
        who = claim.take()
        if who:
            lock.release()
        else:
            self._lock, self._claim = lock, claim
        return who


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
