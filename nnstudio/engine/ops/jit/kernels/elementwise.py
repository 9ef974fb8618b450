"""Activations, dropout and scaling, value by value and in place.

All but the softmax and the sums work on contiguous values. In place, because a loop that reads and
writes one array is the one that always becomes vector code.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from nnstudio.engine.ops.activations import SELU_ALPHA, SELU_SCALE
from nnstudio.engine.ops.jit.kernels.compiled import Float, call_dropout, compiled, floats, inlined
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import ADDRESS_OF_DROPOUT
from nnstudio.engine.ops.jit.kernels.scalars import (
    DENSITY,
    HALF,
    ONE,
    ZERO,
    cosine_of_turns,
    exp,
    expm1,
    log,
    mix,
    normal_cdf,
    sigmoid,
    softplus,
    tanh,
)

F = np.float32
_PART = F(2**-32)
_SLOPE, _DEPTH = F(SELU_SCALE), F(SELU_SCALE * SELU_ALPHA)
FUNCTIONS: Final = (
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "selu",
    "softplus",
)
"""The activations that are computed here; an op names one by its place."""
LINEAR, RELU, LEAKY_RELU, ELU, GELU, SILU, SIGMOID, TANH, SELU, SOFTPLUS = range(10)


@compiled
def copy(source: int, target: int, size: int) -> None:
    """Copies contiguous values."""
    a, b = floats(source, size), floats(target, size)
    for i in range(size):
        b[i] = a[i]


@compiled
def add(target: int, source: int, size: int) -> None:
    """Adds contiguous values."""
    a, b = floats(target, size), floats(source, size)
    for i in range(size):
        a[i] += b[i]


@compiled
def multiply(values: int, size: int, factor: Float) -> None:
    """Scales contiguous values."""
    x = floats(values, size)
    for i in range(size):
        x[i] *= factor


@compiled
def activate(function: int, alpha: Float, values: int, size: int) -> None:
    """``y = f(z)`` in place of contiguous values."""
    y = floats(values, size)
    if function == RELU:
        for i in range(size):
            y[i] = ZERO if y[i] < ZERO else y[i]
    elif function == LEAKY_RELU:
        for i in range(size):
            y[i] = y[i] * alpha if y[i] < ZERO else y[i]
    elif function == ELU:
        for i in range(size):
            y[i] = expm1(y[i]) * alpha if y[i] < ZERO else y[i]
    elif function == GELU:
        for i in range(size):
            y[i] = y[i] * normal_cdf(y[i])
    elif function == SILU:
        for i in range(size):
            y[i] = y[i] * sigmoid(y[i])
    elif function == SIGMOID:
        for i in range(size):
            y[i] = sigmoid(y[i])
    elif function == TANH:
        for i in range(size):
            y[i] = tanh(y[i])
    elif function == SELU:
        for i in range(size):
            y[i] = expm1(y[i]) * _DEPTH if y[i] < ZERO else y[i] * _SLOPE
    elif function == SOFTPLUS:
        for i in range(size):
            y[i] = softplus(y[i])


@compiled
def activate_backward(function: int, alpha: Float, gradient: int, output: int, given: int, size: int) -> None:
    """``dy · f'(z)`` in place of contiguous ``dy``, from the output, or from the input where that is needed.

    Args:
        function: Which activation.
        alpha: Its parameter.
        gradient: Address of ``dy``.
        output: Address of ``y``.
        given: Address of ``z``, for GELU and SiLU.
        size: How many values.
    """
    dy, y = floats(gradient, size), floats(output, size)
    if function == RELU:
        for i in range(size):
            dy[i] = dy[i] if y[i] > ZERO else ZERO
    elif function == LEAKY_RELU:
        for i in range(size):
            dy[i] = dy[i] if y[i] > ZERO else dy[i] * alpha
    elif function == ELU:
        for i in range(size):
            dy[i] = dy[i] if y[i] > ZERO else dy[i] * (y[i] + alpha)
    elif function == GELU:
        z = floats(given, size)
        for i in range(size):
            density = DENSITY * exp(-HALF * z[i] * z[i])
            dy[i] = dy[i] * (normal_cdf(z[i]) + z[i] * density)
    elif function == SILU:
        z = floats(given, size)
        for i in range(size):
            s = sigmoid(z[i])
            dy[i] = dy[i] * (s + y[i] * (ONE - s))
    elif function == SIGMOID:
        for i in range(size):
            dy[i] = dy[i] * (y[i] * (ONE - y[i]))
    elif function == TANH:
        for i in range(size):
            dy[i] = dy[i] * (ONE - y[i] * y[i])
    elif function == SELU:
        for i in range(size):
            dy[i] = dy[i] * (_SLOPE if y[i] > ZERO else y[i] + _DEPTH)
    elif function == SOFTPLUS:
        for i in range(size):
            dy[i] = dy[i] * -expm1(-y[i])


@inlined
def _mixed(bits: Any) -> Any:
    """One round of the hash in ``ops.noise``."""
    x = np.uint32(bits ^ (bits >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x7FEB352D))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16)))


@compiled
def dropout(kernels: Any, key: Any, threshold: int, scale: int, values: int, first: int, size: int) -> None:
    """Multiplies contiguous values by their mask, the very one of ``NumpyOps.dropout``.

    The mask is a hash of the position, so backward makes it anew instead of keeping it.

    Args:
        kernels: The kernel table.
        key: 64 random bits of the layer and the step.
        threshold: A value whose 32 bits are below it is switched off.
        scale: Address of the factor of the others.
        values: Address of the values.
        first: Number of the first value in the batch.
        size: How many values.
    """
    low, high = np.int64(key & np.uint64(0xFFFFFFFF)) + first, np.int64(key >> np.uint64(32))
    call_dropout(kernels[ADDRESS_OF_DROPOUT], (values, size, low, high, threshold, scale))


@compiled
def spatial_dropout(
    kernels: Any,
    key: Any,
    threshold: int,
    scale: int,
    values: int,
    first: int,
    pixels: int,
    channels: int,
    mask: int,
) -> None:
    """As :func:`dropout`, with one number for each channel of a sample.

    Args:
        kernels: The kernel table.
        key: 64 random bits of the layer and the step.
        threshold: A channel whose 32 bits are below it is switched off.
        scale: Address of the factor of the others.
        values: Address of the sample's values.
        first: Number of the sample's first channel in the batch.
        pixels: How many values a channel has.
        channels: How many channels there are.
        mask: Address of scratch for as many.
    """
    factors = floats(mask, channels)
    factors[:] = ONE
    dropout(kernels, key, threshold, scale, mask, first, channels)
    for i in range(pixels):
        x = floats(values + FLOAT * i * channels, channels)
        for c in range(channels):
            x[c] *= factors[c]


@compiled
def gaussian_noise(key: Any, stddev: Float, values: int, first: int, size: int) -> None:
    """Adds ``stddev · N(0, 1)`` to contiguous values, from the very bits of ``noise.standard_normal``.

    Args:
        key: 64 random bits of the layer and the step.
        stddev: Standard deviation.
        values: Address of the values.
        first: Number of the first value in the batch.
        size: How many values.
    """
    x, other = floats(values, size), mix(key)
    low = np.uint32(key & np.uint64(0xFFFFFFFF)) + np.uint32(first)
    other_low = np.uint32(other & np.uint64(0xFFFFFFFF)) + np.uint32(first)
    high, other_high = np.uint32(key >> np.uint64(32)), np.uint32(other >> np.uint64(32))
    for i in range(size):
        bits = _mixed(np.uint32(_mixed(np.uint32(np.uint32(i) + np.uint32(low))) + high))
        turns = _mixed(np.uint32(_mixed(np.uint32(np.uint32(i) + np.uint32(other_low))) + other_high))
        radius = np.sqrt(log((F(bits) + HALF) * _PART) * F(-2))
        x[i] = x[i] + radius * cosine_of_turns((F(turns) + HALF) * _PART) * stddev


@compiled
def softmax(values: int, row: int, first: int, last: int, width: int, size: int) -> None:
    """``eᶻ / Σ eᶻ`` over runs of ``size`` values of some rows, in place; strides in bytes."""
    for i in range(first, last):
        for start in range(0, width, size):
            z = floats(values + i * row + FLOAT * start, size)
            top = z[0]
            for j in range(1, size):
                top = z[j] if z[j] > top else top
            total = ZERO
            for j in range(size):
                z[j] = exp(z[j] - top)
            for j in range(size):
                total += z[j]
            for j in range(size):
                z[j] = z[j] / total


@compiled
def softmax_backward(
    gradient: int, output: int, row: int, first: int, last: int, width: int, size: int
) -> None:
    """``y·(dy − Σ dy·y)`` over runs of ``size`` values of some rows, in place of ``dy``."""
    for i in range(first, last):
        for start in range(0, width, size):
            place = i * row + FLOAT * start
            dy, y = floats(gradient + place, size), floats(output + place, size)
            total = ZERO
            for j in range(size):
                total += dy[j] * y[j]
            for j in range(size):
                dy[j] = (dy[j] - total) * y[j]


@compiled
def column_sums(values: int, row: int, rows: int, first: int, last: int, target: int) -> None:
    """Sums of some columns over all rows, to ``target`` at their own places; strides in bytes."""
    sums = floats(target + FLOAT * first, last - first)
    for j in range(last - first):
        sums[j] = ZERO
    for i in range(rows):
        line = floats(values + i * row + FLOAT * first, last - first)
        for j in range(last - first):
            sums[j] += line[j]
