"""A short-lived child process that reads a file which somebody else made, and hands plain arrays back.

The HDF5 library has had memory-corruption bugs, so a file may crash or hang whoever parses it. Here that
ends the child alone. It sends messages: a JSON header and the raw bytes of arrays, whose types and sizes
are checked on arrival; nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from nnstudio.errors import DataError, NNStudioError

PATIENCE = 60.0
"""Seconds without a message after which a child is ended."""
MEMORY = 3 << 30
"""Bytes of address space that a child may have, where the system can limit it."""

_MAX_HEADER, _MAX_PAYLOAD = 64 << 20, 2 << 30
_LENGTHS = struct.Struct("<QQ")
_POLL = 0.05
_WAITING = 4  # messages that are read ahead
_START = "import sys; sys.path.insert(0, sys.argv[1]); from MODULE import main; main(sys.argv[2:])"


@dataclass(frozen=True)
class Message:
    """What a child says.

    Args:
        header: Its fields; ``kind`` says which there are.
        payload: Bytes of arrays.
    """

    header: dict[str, Any]
    payload: bytes = b""

    @property
    def kind(self) -> str:
        """What it is about."""
        return str(self.header.get("kind"))


def write_message(stream: BinaryIO, header: dict[str, Any], *arrays: bytes | memoryview) -> None:
    """Sends a message (in the child)."""
    text = json.dumps(header).encode("utf-8", "surrogateescape")
    stream.write(_LENGTHS.pack(len(text), sum(len(memoryview(one).cast("B")) for one in arrays)))
    stream.write(text)
    for one in arrays:
        stream.write(one)
    stream.flush()


def read_message(stream: IO[bytes]) -> Message | None:
    """Takes a message; None at the end, or where what comes is none."""
    start = stream.read(_LENGTHS.size)
    if len(start) < _LENGTHS.size:
        return None
    header, payload = _LENGTHS.unpack(start)
    if header > _MAX_HEADER or payload > _MAX_PAYLOAD:
        return None
    text, rest = stream.read(header), stream.read(payload)
    if len(text) < header or len(rest) < payload:
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return Message(fields, rest) if isinstance(fields, dict) else None


def limit_self() -> None:
    """Bounds memory and forbids writing files (in the child), where the system can."""
    with suppress(ImportError):
        import resource

        memory = int(os.environ.get("NNSTUDIO_CHILD_MEMORY", MEMORY))
        for which, limit in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(which, (limit, limit))


class Child:
    """The process, as a context: it is ended when the context is left, however.

    Args:
        module: Module whose ``main(arguments)`` runs in it.
        arguments: What to do.
        path: The file, for messages.
        memory: Bytes of address space that it may have.
    """

    def __init__(self, module: str, arguments: Sequence[str], path: Path, memory: int | None = None) -> None:
        self._path = path
        self._queue: queue.Queue[Message | None] = queue.Queue(_WAITING)
        self._over = threading.Event()
        root = str(Path(__file__).resolve().parents[3])
        command = [sys.executable, "-c", _START.replace("MODULE", module), root, *arguments]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "NNSTUDIO_CHILD_MEMORY": str(memory or MEMORY)},
        )
        self._thread = threading.Thread(target=self._receive, name="nnstudio-child", daemon=True)
        self._thread.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        """Ends the process and waits for its end."""
        self._over.set()
        self._process.kill()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def messages(self, meanwhile: Callable[[], None]) -> Iterator[Message]:
        """What the child says, until it says that it is done.

        Args:
            meanwhile: Called again and again while nothing comes; may raise ``Cancelled``.

        Raises:
            DataError: The child reports one, crashes, or is silent for :data:`PATIENCE` seconds.
        """
        heard = time.monotonic()
        while True:
            try:
                message = self._queue.get(timeout=_POLL)
            except queue.Empty:
                meanwhile()
                if time.monotonic() - heard > PATIENCE:
                    raise self._failed(f"took more than {PATIENCE:.0f} seconds for a single step") from None
                continue
            heard = time.monotonic()
            if message is None:
                raise self._failed("made the reader crash")
            if message.kind == "error":
                raise _error(message)
            yield message
            if message.header.get("last"):
                return

    def _receive(self) -> None:
        assert self._process.stdout is not None
        message: Message | None = Message({})
        while message is not None and not self._over.is_set():
            try:
                message = read_message(self._process.stdout)
            except (OSError, ValueError, MemoryError):
                message = None
            while not self._over.is_set():
                with suppress(queue.Full):
                    self._queue.put(message, timeout=_POLL)
                    break

    def _failed(self, what: str) -> DataError:
        return DataError(
            f"{self._path} {what}",
            allowed="an intact file",
            received="a damaged file, or one that was made to do harm",
            fix="get the file again; the program itself and everything else are unharmed",
        )


def error_header(error: NNStudioError) -> dict[str, Any]:
    """An error as a message (in the child)."""
    fields = {name: getattr(error, name) for name in ("what", "allowed", "received", "fix")}
    return {"kind": "error", **fields}


def _error(message: Message) -> DataError:
    fields = {name: str(message.header.get(name, "")) for name in ("allowed", "received", "fix")}
    return DataError(str(message.header.get("what", "the file can't be read")), **fields)
