"""Convolutions by Winograd's transforms."""

from __future__ import annotations

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import floats, integers, operation
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.winograd import winograd
from nnstudio.engine.ops.jit.kernels.winograd_gradients import winograd_gradients
from nnstudio.engine.ops.jit.kernels.winograd_kernels import finish_winograd_gradient, transform_kernel


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """WINOGRAD, TRANSFORM_KERNEL, WINOGRAD_GRADIENTS and FINISH_WINOGRAD_GRADIENT."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    if op[0] == codes.WINOGRAD:
        first, last = step[codes.FIRST], step[codes.LAST]
        winograd(kernels, op, step[codes.SCRATCH], first, last)
    elif op[0] == codes.TRANSFORM_KERNEL:
        first, last = share(op[2], thread, threads, 1)
        transform_kernel(kernels, op, first, last)
    elif op[0] == codes.WINOGRAD_GRADIENTS:
        winograd_gradients(kernels, op, step[codes.SCRATCH], step[codes.SAMPLES], thread, threads)
    else:
        finish_winograd_gradient(kernels, op, real, step, thread, threads)
