"""How the threads of a step share its work."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import inlined


@inlined
def share(total: int, thread: int, threads: int, grain: int) -> tuple[int, int]:
    """A thread's part of 0 to ``total``, in multiples of ``grain``."""
    grains = (total + grain - 1) // grain
    each = (grains + threads - 1) // threads * grain
    return min(total, thread * each), min(total, thread * each + each)


@inlined
def part(op: Any, width: int, step: Any, thread: int, threads: int) -> tuple[int, int, int, int]:
    """A thread's part of an operation's result: first and last sample, first and last feature."""
    if op[codes.BY_FEATURES] != 0:
        left, right = share(width, thread, threads, 16)
        return 0, step[codes.SAMPLES], left, right
    return step[codes.FIRST], step[codes.LAST], 0, width
