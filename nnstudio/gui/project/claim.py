"""A file beside a project that says who has it open, for other machines and users that see the same folder.

Free of Qt. The system's own locks don't reach over every shared drive; a small file does. Whoever holds it
shows from time to time that it is alive (a heartbeat), so that a crash locks nobody out for long.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

BEAT_SECONDS = 60.0
"""Time between two signs of life."""
STALE_SECONDS = 300.0
"""Without a sign of life for so long, a claim of another machine no longer counts."""
_SAME_START = 2.0
_LONGEST = 10_000


@dataclass(frozen=True)
class Holder:
    """Who has a project open.

    Attributes:
        host: Name of the machine.
        process: Number of the process on it.
        started: When that process began, in seconds since 1970; numbers are used again.
        user: Name of the user.
        token: Different for every claim that is made.
    """

    host: str
    process: int
    started: float
    user: str
    token: str

    @classmethod
    def here(cls) -> Holder:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), _started(os.getpid()) or 0.0, _user(), uuid.uuid4().hex)

    @property
    def words(self) -> str:
        """The user and the machine."""
        return f"{self.user} on {self.host}" if self.user else self.host

    def on_this_machine(self) -> bool:
        """Its process can be asked for."""
        return self.host == socket.gethostname()

    def runs(self) -> bool:
        """Its process, on this machine, still runs, and is another one than this."""
        started = _started(self.process) if self.process != os.getpid() else None
        return started is not None and abs(started - self.started) < _SAME_START


class Claim:
    """The claim on one project. Its methods may be called from any thread.

    Args:
        project: The project's file.
    """

    def __init__(self, project: Path) -> None:
        project = project.resolve()
        self.path = project.with_name(f".{project.name}.lock")
        self._own: Holder | None = None
        self._one_at_a_time = threading.Lock()

    def take(self) -> str:
        """Claims the project, unless somebody else has it open.

        Returns:
            Who that is in words; "" if it may be written here. That is so as well where nothing can be
            written beside it: then nobody can save there.
        """
        with self._one_at_a_time:
            other = self._other()
            if other is not None:
                return other.words
            own = Holder.here()
            with suppress(OSError):
                self._write(own)
                self._own = own
            other = self._other()  # of two that found a stale claim, the later one has it
            if other is not None:
                self._own = None
            return other.words if other is not None else ""

    def beat(self) -> str:
        """Gives a sign of life.

        Returns:
            Who has claimed the project meanwhile, taking this window for dead; "" for nobody.
        """
        with self._one_at_a_time:
            if self._own is None:
                return ""
            other = self._other()
            if other is not None:
                self._own = None
                return other.words
            with suppress(OSError):
                if self._read() is None:  # removed, or left half written
                    self._write(self._own)
                else:
                    os.utime(self.path)
            return ""

    def release(self) -> None:
        """Gives the project up."""
        with self._one_at_a_time:
            if self._own is not None and self._read() == self._own:
                with suppress(OSError):
                    self.path.unlink()
            self._own = None

    def _other(self) -> Holder | None:
        """Whose claim is in force, if not this one's."""
        found = self._read()
        if found is None or found == self._own:
            return None
        if found.on_this_machine():
            return found if found.runs() else None
        try:
            age = time.time() - self.path.stat().st_mtime
        except OSError:
            return None
        return found if abs(age) < STALE_SECONDS else None

    def _read(self) -> Holder | None:
        """What the file says, None for nothing that could be understood."""
        try:
            with self.path.open(encoding="utf-8") as file:
                return Holder(**json.loads(file.read(_LONGEST)))
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def _write(self, own: Holder) -> None:
        fresh = self.path.with_name(f"{self.path.name}.{own.token}")
        try:
            fresh.write_text(json.dumps(asdict(own)), encoding="utf-8")
            os.replace(fresh, self.path)
        finally:
            fresh.unlink(missing_ok=True)


def _started(process: int) -> float | None:
    """When a process of this machine began; None if there is none of this number."""
    import psutil

    try:
        return float(psutil.Process(process).create_time())
    except (psutil.Error, ValueError, OverflowError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
