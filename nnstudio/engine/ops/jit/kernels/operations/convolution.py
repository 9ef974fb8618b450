"""Convolutions on the image itself: forward, the gradient of the input, and that of the kernel."""

from __future__ import annotations

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import floats, integers, operation
from nnstudio.engine.ops.jit.kernels.convolution import STRIPE, correlate, pack, transpose_taps
from nnstudio.engine.ops.jit.kernels.convolution_gradient import convolution_gradient, gradient_of_each
from nnstudio.engine.ops.jit.kernels.shares import share


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """CORRELATE, PACK, TRANSPOSE_TAPS, CONVOLUTION_GRADIENT and GRADIENT_OF_EACH."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    if op[0] == codes.CORRELATE:
        first, last = step[codes.FIRST], step[codes.LAST]
        correlate(kernels, op, step[codes.SCRATCH], first, last)
    elif op[0] == codes.GRADIENT_OF_EACH:
        gradient_of_each(kernels, op, step[codes.SCRATCH], step[codes.FIRST], step[codes.LAST])
    elif op[0] == codes.PACK:
        first, last = share((op[3] + STRIPE - 1) // STRIPE, thread, threads, 1)
        pack(op, first, last)
    elif op[0] == codes.TRANSPOSE_TAPS:
        first, last = share(op[2], thread, threads, 1)
        transpose_taps(kernels, op, first, last)
    else:
        convolution_gradient(kernels, op, real, step, thread, threads)
