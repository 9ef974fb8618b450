"""What is done to images as a whole: borders, and sums over their pixels."""

from __future__ import annotations

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import integers, operation
from nnstudio.engine.ops.jit.kernels.convolution import put_inside
from nnstudio.engine.ops.jit.kernels.elementwise import column_sums
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """COPY_ROWS and PIXEL_SUMS."""
    op, step = integers(op_, codes.INTEGERS), integers(step_, codes.CONTEXT)
    first, last = step[codes.FIRST], step[codes.LAST]
    for i in range(first, last):
        if op[0] == codes.COPY_ROWS:
            put_inside(op[1] + i * op[2], op[3], op[4] + i * op[5], op[6], op[7], op[8])
        else:
            column_sums(op[1] + i * op[2], FLOAT * op[3], op[4], 0, op[3], op[5] + i * op[6])
