"""Workers on this machine: processes of their own, so that one that dies takes nothing with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Protocol

from nnstudio.experiments.sweeps.worker import Job, Message, serve

PATIENCE = 60.0
"""Seconds without a sign of life after which a worker is ended; see ``worker.BEAT_SECONDS``."""

Key = tuple[int, int]
"""Trial and repeat."""


class Workers(Protocol):
    """Whatever trains jobs: processes here, or a cluster."""

    def room(self) -> int:
        """How many more jobs can be started now."""
        ...

    def start(self, job: Job) -> None:
        """Begins a job."""
        ...

    def wait(self, seconds: float) -> list[tuple[Key, Message]]:
        """What the jobs said; waits so long for the first message.

        ``died`` says that whoever trained the job is gone; it has to be started again.
        """
        ...

    def order(self, key: Key, word: str) -> None:
        """Tells a job "stop" or "prune"."""
        ...

    def close(self) -> None:
        """Ends everything at once."""
        ...


class LocalWorkers:
    """Processes on this machine, started when they are needed and used again.

    Args:
        count: How many at most.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = max(1, _cores() // count)
        self._busy: dict[Key, _Process] = {}
        self._idle: list[_Process] = []

    def room(self) -> int:
        """How many more jobs can be started now."""
        return self._count - len(self._busy)

    def start(self, job: Job) -> None:
        """Begins a job, in an idle process or a new one."""
        process = self._idle.pop() if self._idle else _Process(self._threads)
        self._busy[job["trial"], job["repeat"]] = process
        process.send(job)

    def wait(self, seconds: float) -> list[tuple[Key, Message]]:
        """What the jobs said; see :class:`Workers`."""
        ready = wait([process.connection for process in self._busy.values()], seconds) if self._busy else []
        said = []
        for key, process in list(self._busy.items()):
            if process.connection in ready:
                message = process.receive()
                if message.get("event") != "alive":
                    said.append((key, message))
                self._settle(key, process, message)
            elif process.silent > PATIENCE:
                process.kill()  # its end is noticed at the next look
        return said

    def order(self, key: Key, word: str) -> None:
        """Tells a job "stop" or "prune"."""
        if key in self._busy:
            self._busy[key].send(word)

    def close(self) -> None:
        """Ends all processes at once; states on disk are whole at any moment."""
        for process in (*self._busy.values(), *self._idle):
            process.kill()
        for process in (*self._busy.values(), *self._idle):
            process.bury()
        self._busy, self._idle = {}, []

    def _settle(self, key: Key, process: _Process, message: Message) -> None:
        """A job that has ended leaves its process to others; a dead process leaves the list."""
        if message["event"] == "died":
            del self._busy[key]
            process.bury()
        elif message["event"] in ("ended", "stopped"):
            del self._busy[key]
            self._idle.append(process)


class _Process:
    """One process and the line to it."""

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.connection: Connection = ours
        self._process: SpawnProcess = context.Process(
            target=serve, args=(theirs, threads), name="nnstudio-sweep", daemon=True
        )
        with _interrupts_ignored():  # until the process does so by itself
            self._process.start()
        theirs.close()
        self._heard = time.monotonic()

    @property
    def silent(self) -> float:
        """Seconds since it was heard."""
        return time.monotonic() - self._heard

    def send(self, word: Job | str) -> None:
        """Says something; to a dead process it does nothing, whose end is noticed by whoever waits."""
        self._heard = time.monotonic()
        with suppress(OSError):
            self.connection.send(word)

    def receive(self) -> Message:
        """Its next message; ``died`` at its end."""
        self._heard = time.monotonic()
        try:
            message = self.connection.recv()
            return message if isinstance(message, dict) else {"event": "alive"}
        except Exception:  # the end, or half a message of a process that was killed
            self.kill()
            self._process.join()
            return {"event": "died", "code": _code_text(self._process.exitcode)}

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def bury(self) -> None:
        """Waits for its end and gives back what it held."""
        self._process.join()
        self._process.close()
        self.connection.close()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started inside inherit that Ctrl+C means nothing to them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _code_text(code: int | None) -> str:
    """``killed by SIGSEGV`` or ``exit code 1``."""
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, allowed)
