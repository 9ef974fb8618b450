"""Depthwise convolutions."""

from __future__ import annotations

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import integers, operation
from nnstudio.engine.ops.jit.kernels.depthwise import depthwise, depthwise_gradient


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """DEPTHWISE and DEPTHWISE_GRADIENT."""
    op, step = integers(op_, codes.INTEGERS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    first, last = step[codes.FIRST], step[codes.LAST]
    if op[0] == codes.DEPTHWISE:
        depthwise(kernels, op, step[codes.SCRATCH], first, last)
    else:
        depthwise_gradient(kernels, op, step[codes.SCRATCH], first, last)
