"""Compiling the kernels once per machine, and loading them.

Compiling takes half a minute, so nobody waits for it: a process of its own does it, a moment after the
window has opened or in the background of the first run, and later ones load the result from disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.engine.ops.jit import store
from nnstudio.engine.ops.jit.machine import NoFastPath, require_target

if TYPE_CHECKING:
    from nnstudio.engine.ops.jit.kernels.objects import Kernels

NICENESS = 10
"""The compiling process lets everything else go first."""


def load(*, wait: bool) -> Kernels | None:
    """The kernels for this machine.

    Args:
        wait: Compile them here if there are none; otherwise that is begun in the background.

    Returns:
        None as long as there are none.

    Raises:
        NoFastPath: There are none for this machine, or they can't be compiled or loaded.
    """
    if not ready():
        if not wait:
            if compile_in_background().poll():
                raise NoFastPath("the kernels can't be compiled here")
            return None
        build()
    return _loaded()


def ready() -> bool:
    """There are kernels on disk for this machine and these sources.

    Raises:
        NoFastPath: There can't be any for this machine.
    """
    require_target()
    return store.intact()


def loaded() -> bool:
    """This process has the kernels in memory."""
    return _loaded.cache_info().currsize > 0


def build() -> None:
    """Compiles what is missing, unless another process has done it meanwhile.

    Raises:
        NoFastPath: Compiling failed, or the cache can't be written.
    """
    target = require_target()
    try:
        with store.lock():
            if store.intact():
                return
            if not store.undamaged():
                store.discard()
            from nnstudio.engine.ops.jit.kernels.objects import compile_object, load_object

            code = compile_object(target)
            store.write_whole(store.object_file(target), code)
            from nnstudio.engine.ops.jit.kernels.operations import load_all
            from nnstudio.engine.ops.jit.runner import warm_up

            warm_up(load_object(target, code))
            load_all()
            store.mark_complete()
            store.tidy()
    except Exception as error:
        raise NoFastPath(f"the kernels can't be compiled here ({_in_short(error)})") from error


@cache
def compile_in_background() -> subprocess.Popen[bytes]:
    """Starts a process that runs :func:`build` and goes on when this one ends; once per process."""
    frozen = getattr(sys, "frozen", False)
    command = [sys.executable, "bench", "--warm"] if frozen else [sys.executable, "-m", __name__]
    root = str(Path(__file__).resolve().parents[4])
    places = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    quiet = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            command,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            env={**os.environ, "PYTHONPATH": places},
            start_new_session=True,
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )
    except OSError as error:
        raise NoFastPath(f"the kernels can't be compiled here ({_in_short(error)})") from error


def _in_short(error: Exception) -> str:
    """The first line of a message; those of compilers have many."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


@cache
def _loaded() -> Kernels:
    target = require_target()
    try:
        from nnstudio.engine.ops.jit.kernels.objects import load_object
        from nnstudio.engine.ops.jit.runner import warm_up

        kernels = load_object(target, store.object_file(target).read_bytes())
        warm_up(kernels)
    except Exception as error:
        store.discard()  # the next process compiles anew
        raise NoFastPath(f"the compiled kernels can't be loaded ({_in_short(error)})") from error
    return kernels


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    build()
