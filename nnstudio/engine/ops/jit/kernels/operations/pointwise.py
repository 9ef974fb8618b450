"""What is done to every value by itself: activations, copies, sums, noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import compiled, floats, integers, operation
from nnstudio.engine.ops.jit.kernels.elementwise import (
    activate,
    activate_backward,
    add,
    copy,
    dropout,
    gaussian_noise,
    multiply,
    spatial_dropout,
)
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.scalars import mix
from nnstudio.engine.ops.jit.kernels.shares import part


@compiled
def _run(op: Any, real: Any, step: Any, sample: int, left: int, size: int) -> None:
    """One operation on contiguous values, from a feature of a sample on."""
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    code, start, number = op[0], sample * op[2] + FLOAT * left, sample * op[3] + left
    key = mix(np.uint64(step[codes.KEY]) ^ np.uint64(op[5] + 1))  # of the layer, where there is one
    if code == codes.ACTIVATE:
        activate(op[4], real[0], op[1] + start, size)
    elif code == codes.ACTIVATE_BACKWARD:
        activate_backward(op[6], real[0], op[1] + start, op[4] + start, op[5] + start, size)
    elif code == codes.DROPOUT:
        dropout(kernels, key, op[4], real.ctypes.data, op[1] + start, number, size)
    elif code == codes.SPATIAL_DROPOUT:
        channels, mask = op[6], step[codes.SCRATCH]
        first, pixels = sample * channels, size // channels
        scale, values = real.ctypes.data, op[1] + start
        spatial_dropout(kernels, key, op[4], scale, values, first, pixels, channels, mask)
    elif code == codes.GAUSSIAN_NOISE:
        gaussian_noise(key, real[0], op[1] + start, number, size)
    elif code == codes.ADD:
        add(op[1] + start, op[4] + start, size)
    elif code == codes.SCALE:
        multiply(op[1] + start, size, real[0])
    else:
        copy(op[1] + start, op[4] + sample * op[5] + FLOAT * left, size)


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """All values of a part: in one run, or row by row where there are gaps."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    row, width = op[2], op[3]
    first, last, left, right = part(op, width, step, thread, threads)
    runs, size = last - first, right - left
    if row == FLOAT * size and runs > 0 and op[0] != codes.SPATIAL_DROPOUT:
        runs, size = 1, size * runs
    for i in range(runs):
        _run(op, real, step, first + i, left, size)
