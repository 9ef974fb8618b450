"""What is done sample by sample: fetching, softmax, the loss, giving out."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import compiled, floats, integers, operation
from nnstudio.engine.ops.jit.kernels.elementwise import copy, softmax, softmax_backward
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.losses import SOFTMAX, sigmoid_cross_entropy, softmax_cross_entropy
from nnstudio.engine.ops.jit.kernels.samples import convert


@compiled
def _gather(op: Any, step: Any, first: int, last: int) -> None:
    x, x_row, width = op[1], op[2], op[3]
    target = step[codes.WINDOW] if x == 0 else x + first * x_row
    convert(step, op[3:7], first, last, 0, width, target, x_row)


@compiled
def _loss(op: Any, real: Any, step: Any, first: int, last: int) -> None:
    logits, row, width, gradient, weights, losses, hits = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    labels, rows, smoothing = step[codes.LABELS], step[codes.ROWS], real[0]
    scale = np.float32(1 / step[codes.SAMPLES]) if op[9] != 0 else np.float32(1)
    if op[8] == SOFTMAX:
        softmax_cross_entropy(
            logits, gradient, row, width, labels, rows, first, last, smoothing, weights, scale, losses, hits
        )
    else:
        sigmoid_cross_entropy(
            logits, gradient, row, width, labels, rows, first, last, smoothing, weights, scale, losses, hits
        )


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """GATHER, SOFTMAX, SOFTMAX_BACKWARD, LOSS and EMIT."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    first, last = step[codes.FIRST], step[codes.LAST]
    code = op[0]
    if code == codes.GATHER:
        _gather(op, step, first, last)
    elif code == codes.LOSS:
        _loss(op, real, step, first, last)
    elif code == codes.SOFTMAX:
        softmax(op[1], op[2], first, last, op[3], op[4])
    elif code == codes.SOFTMAX_BACKWARD:
        softmax_backward(op[1], op[4], op[2], first, last, op[3], op[5])
    else:
        for i in range(first, last):
            target = step[codes.OUTPUT] + FLOAT * op[3] * (step[codes.POSITION] + i)
            copy(op[1] + i * op[2], target, op[3])
