"""BatchNorm with the ReLU and the max-pooling behind it; see ``kernels.pooled_norm_kernels``."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import call_pooled_norm, compiled, integers, operation
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import POOLED_NORM, POOLED_NORM_BACKWARD


@compiled
def _forward(kernel: int, op: Any, sample: int) -> None:
    x, y, winners = op[1] + sample * op[2], op[3] + sample * op[4], op[5] + sample * op[6]
    means, vector, rows, windows, channels, rectify = op[7], op[8], op[9], op[10], op[11], op[12]
    pixel = FLOAT * channels
    line, out_line = 2 * windows * pixel, windows * pixel
    for row in range(rows):
        there = winners + row * out_line if op[5] != 0 else 0
        call_pooled_norm(
            kernel,
            (
                x + 2 * row * line,
                line,
                y + row * out_line,
                there,
                means,
                vector,
                windows,
                channels,
                rectify,
                0,
            ),
        )


@compiled
def _backward(kernel: int, op: Any, sample: int) -> None:
    x, winners, dy = op[1] + sample * op[2], op[3] + sample * op[4], op[5] + sample * op[6]
    dx, means, slopes, vector = op[7] + sample * op[8], op[9], op[10], op[11]
    rows, windows, channels = op[12], op[13], op[14]
    pixel = FLOAT * channels
    line, out_line = 2 * windows * pixel, windows * pixel
    for row in range(rows):
        call_pooled_norm(
            kernel,
            (
                x + 2 * row * line,
                line,
                winners + row * out_line,
                dy + row * out_line,
                dx + 2 * row * line,
                means,
                slopes,
                vector,
                windows,
                channels,
            ),
        )


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """POOLED_NORM and POOLED_NORM_BACKWARD."""
    op, step = integers(op_, codes.INTEGERS), integers(step_, codes.CONTEXT)
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    for sample in range(step[codes.FIRST], step[codes.LAST]):
        if op[0] == codes.POOLED_NORM:
            _forward(kernels[POOLED_NORM], op, sample)
        else:
            _backward(kernels[POOLED_NORM_BACKWARD], op, sample)
