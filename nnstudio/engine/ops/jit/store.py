"""The folder on disk that keeps compiled kernels, so that they are compiled once per machine.

Its name is a hash of all that the machine code depends on: the processor, the versions of the
compilers and what the sources that families of operations share say. So another machine's cache, or an
older one's, is simply never looked at, and a program that is installed anew, or elsewhere, finds its own
again. A file marks it as complete, and says which version of each family's source it was made from:
where one has changed, only that family is compiled again. Whoever fills it holds a lock that the system
drops if the process dies.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from nnstudio.engine.ops.jit.machine import Target, require_target
from nnstudio.paths import cache_dir

KEPT_SECONDS = 90 * 86_400
"""How long a folder that nobody used stays."""


@cache
def folder() -> Path:
    """This machine's folder; it may not exist yet."""
    target = require_target()
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    parts = [target.cpu, target.features, sys.version, *versions, *_sources()]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
    return cache_dir() / "kernels" / key


def numba_folder() -> Path:
    """Where Numba keeps the compiled functions."""
    made = folder() / "functions"
    made.mkdir(parents=True, exist_ok=True)
    return made


def object_file(target: Target) -> Path:
    """The object file of the microkernels for a target."""
    return folder() / f"{target.instructions}.o"


def intact() -> bool:
    """Everything is compiled from the present sources, and no file has changed since."""
    return undamaged() and _told()["families"] == _families()


def undamaged() -> bool:
    """Everything was compiled once, and no file has changed since."""
    try:
        told = _told()
        return "families" in told and all(
            digest(folder() / name) == known for name, known in told["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def mark_complete() -> None:
    """Says that everything is compiled, and what it looks like."""
    files = sorted(path for path in folder().rglob("*") if path.is_file())
    told = {path.relative_to(folder()).as_posix(): digest(path) for path in files if path != _marker()}
    content = {"cpu": require_target().cpu, "families": _families(), "files": told}
    write_whole(_marker(), json.dumps(content, indent=1).encode())


def discard() -> None:
    """Takes the folder away, so that it is filled again."""
    shutil.rmtree(folder(), ignore_errors=True)


def tidy() -> None:
    """Takes away the folders of other machines and versions that have not been used for long."""
    with suppress(OSError):
        os.utime(_marker())
        for other in folder().parent.iterdir():
            old = time.time() - max(other.stat().st_mtime, _time_of(other / _marker().name)) > KEPT_SECONDS
            if old and other != folder():
                shutil.rmtree(other, ignore_errors=True)


@contextmanager
def lock() -> Iterator[None]:
    """Only one process at a time is inside; the others wait. A process that dies lets go."""
    path = folder().parent / f"{folder().name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        _lock(file.fileno())
        try:
            yield
        finally:
            _unlock(file.fileno())


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that nobody ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def digest(path: Path) -> str:
    """A hash of what a file says, whenever it was written and wherever it lies."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _marker() -> Path:
    return folder() / "complete.json"


def _told() -> Any:
    return json.loads(_marker().read_text())


def _time_of(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _sources() -> list[str]:
    """What all machine code is made from."""
    package = Path(__file__).parent
    shared = (package.parent / name for name in ("activations.py", "winograd_matrices.py"))
    return _versions([*(package / "kernels").glob("*.py"), *shared])


def _families() -> list[str]:
    """What one family of operations each is made from."""
    return _versions((Path(__file__).parent / "kernels" / "operations").glob("*.py"))


def _versions(files: Iterable[Path]) -> list[str]:
    return [f"{file.name} {digest(file)}" for file in sorted(files)]


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        while True:
            with suppress(OSError):  # it gives up after ten seconds
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _unlock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)
