"""The operations of a program, a family of them per module.

Importing a module compiles its function, or loads it from the cache; :func:`address` does so for the
operations that a program uses.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from nnstudio.engine.ops.jit.kernels import codes


@cache
def address(code: int) -> int:
    """Where the function of an operation's family lies; 0 for what the interpreter does itself."""
    family = codes.FAMILIES.get(code // 16)
    return 0 if family is None else int(import_module(f"{__name__}.{family}").run.address)


def load_all() -> None:
    """Compiles, or loads, every family."""
    for number in codes.FAMILIES:
        address(16 * number)
