"""Layer normalisation: every sample, or pixel of an image, by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import (
    Float,
    compiled,
    compiled_sums,
    floats,
    integers,
    operation,
)
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.scalars import ONE, ZERO

F = np.float32


@compiled_sums
def _mean(values: Any) -> Float:
    total = ZERO
    for j in range(len(values)):
        total += values[j]
    return total / F(len(values))


@compiled_sums
def _mean_product(a: Any, b: Any) -> Float:
    total = ZERO
    for j in range(len(a)):
        total += a[j] * b[j]
    return total / F(len(a))


@compiled
def _unit(x: Any, epsilon: Float, unit: Any) -> Float:
    """``unit = (x − mean)·inverse``; gives the inverse."""
    mean = _mean(x)
    for j in range(len(x)):
        unit[j] = x[j] - mean
    rest = _mean(unit)  # what rounding left of the mean, else constants came out as ±1
    for j in range(len(x)):
        unit[j] -= rest
    inverse = ONE / np.sqrt(_mean_product(unit, unit) + epsilon)
    for j in range(len(x)):
        unit[j] *= inverse
    return inverse


@compiled
def _layer_norm(op: Any, real: Any, first: int, last: int) -> None:
    x, x_row, out, out_row = op[1], op[2], op[3], op[4]
    pixels, channels, gammas, betas = op[5], op[6], op[7], op[8]
    for i in range(first, last):
        for place in range(0, FLOAT * pixels * channels, FLOAT * channels):
            y = floats(out + i * out_row + place, channels)
            _unit(floats(x + i * x_row + place, channels), real[0], y)
            if gammas != 0:
                gamma = floats(gammas, channels)
                for c in range(channels):
                    y[c] *= gamma[c]
            if betas != 0:
                beta = floats(betas, channels)
                for c in range(channels):
                    y[c] += beta[c]


@compiled
def _layer_norm_backward(op: Any, real: Any, step: Any, first: int, last: int) -> None:
    """``inverse·(g − mean g − x̂·mean g·x̂)`` in place of ``dy``, with ``g = gamma·dy``; each sample's sums."""
    dy_, dy_row, x, x_row, pixels, channels, gammas = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    d_betas, beta_row, d_gammas, gamma_row = op[8], op[9], op[10], op[11]
    unit = floats(step[codes.SCRATCH], channels)
    for i in range(first, last):
        d_beta, d_gamma = floats(d_betas + i * beta_row, channels), floats(d_gammas + i * gamma_row, channels)
        d_beta[:] = ZERO
        d_gamma[:] = ZERO
        for place in range(0, FLOAT * pixels * channels, FLOAT * channels):
            dy = floats(dy_ + i * dy_row + place, channels)
            inverse = _unit(floats(x + i * x_row + place, channels), real[0], unit)
            for c in range(channels):
                d_beta[c] += dy[c]
                d_gamma[c] += dy[c] * unit[c]
            if gammas != 0:
                gamma = floats(gammas, channels)
                for c in range(channels):
                    dy[c] *= gamma[c]
            mean, along = _mean(dy), _mean_product(dy, unit)
            for c in range(channels):
                dy[c] = (dy[c] - mean - unit[c] * along) * inverse


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """LAYER_NORM and LAYER_NORM_BACKWARD."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    first, last = step[codes.FIRST], step[codes.LAST]
    if op[0] == codes.LAYER_NORM:
        _layer_norm(op, real, first, last)
    else:
        _layer_norm_backward(op, real, step, first, last)
