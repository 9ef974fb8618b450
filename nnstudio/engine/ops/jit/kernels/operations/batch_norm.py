"""Batch normalisation.

Threads share the samples, and every sample gives sums of its own, which are added up in the order of the
samples; so the number of threads doesn't show. Sums run over at most :data:`RUN` values in float32 and go
on in float64. Few channels are laid side by side, so that loops are long: a *row* is a whole number of
pixels, and what is the same for all pixels is repeated to a row's width.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import (
    Float,
    compiled,
    doubles,
    floats,
    integers,
    operation,
)
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.scalars import ZERO
from nnstudio.engine.ops.jit.kernels.shares import share

F = np.float32
DOUBLE = 8
RUN = 128


@compiled
def _fold(sums: Any, channels: int, target: Any) -> None:
    """Adds a row of sums to its channels' totals, and clears it."""
    for start in range(0, len(sums), channels):
        for c in range(channels):
            target[c] += np.float64(sums[start + c])
    for j in range(len(sums)):
        sums[j] = ZERO


@compiled
def _batch_sums(op: Any, step: Any, first: int, last: int) -> None:
    """Mean of every channel of a sample, and Σ (x − mean)², from sums of distances to its first pixel."""
    x, x_row, pixels, channels, row, means, squares = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    scratch = step[codes.SCRATCH]
    for i in range(first, last):
        source = x + i * x_row
        mean, square = doubles(means, (i + 1) * channels), doubles(squares, (i + 1) * channels)
        mean, square = mean[i * channels :], square[i * channels :]
        centre, a, b = (
            floats(scratch, row),
            floats(scratch + FLOAT * row, row),
            floats(scratch + 8 * row, row),
        )
        pixel = floats(source, channels)
        mean[:] = 0
        square[:] = 0
        a[:] = ZERO
        b[:] = ZERO
        for start in range(0, row, channels):
            for c in range(channels):
                centre[start + c] = pixel[c]
        size, place = pixels * channels, 0
        while place < size:
            stop = min(size, place + RUN * row)
            while place < stop:
                width = min(row, stop - place)
                _distances(source + FLOAT * place, scratch, row, width)
                place += width
            _fold(a, channels, mean)
            _fold(b, channels, square)
        for c in range(channels):
            total = mean[c]
            mean[c] = np.float64(pixel[c]) + total / pixels
            square[c] = max(0.0, square[c] - total * total / pixels)


@compiled
def _distances(source: int, scratch: int, row: int, width: int) -> None:
    """Adds ``x − centre`` and its square to sums."""
    x, centre = floats(source, width), floats(scratch, width)
    a, b = floats(scratch + FLOAT * row, width), floats(scratch + 2 * FLOAT * row, width)
    for j in range(width):
        d = x[j] - centre[j]
        a[j] += d
        b[j] += d * d


@compiled
def _batch_statistics(op: Any, real: Any, step: Any, thread: int, threads: int) -> None:
    """Mean and variance of some channels, and what follows from them; moves the running statistics."""
    means, squares, pixels, channels, row = op[1], op[2], op[3], op[4], op[5]
    moving_means, moving_variances, gammas, betas, exact, vectors = op[6], op[7], op[8], op[9], op[10], op[11]
    first, last = share(channels, thread, threads, 16)
    size, samples = last - first, step[codes.SAMPLES]
    mean, variance = doubles(step[codes.SCRATCH], size), doubles(step[codes.SCRATCH] + DOUBLE * size, size)
    moving_mean = floats(moving_means + FLOAT * first, size)
    moving_variance = floats(moving_variances + FLOAT * first, size)
    if means == 0:
        for c in range(size):
            mean[c], variance[c] = np.float64(moving_mean[c]), np.float64(moving_variance[c])
    else:
        _combine(means, squares, pixels, channels, first, samples, mean, variance)
        for c in range(size):
            moving_mean[c] = F(real[0] * moving_mean[c] + real[1] * mean[c])
            moving_variance[c] = F(real[0] * moving_variance[c] + real[1] * variance[c])
    rest, inverse = doubles(exact, 2 * channels)[first:last], doubles(exact, 2 * channels)[channels + first :]
    for c in range(size):
        near = F(mean[c])
        rest[c] = mean[c] - np.float64(near)
        inverse[c] = 1 / np.sqrt(variance[c] + np.float64(real[2]))
        factor, shift = inverse[c], 0.0
        if gammas != 0:
            factor *= floats(gammas, channels)[first + c]
        if betas != 0:
            shift = np.float64(floats(betas, channels)[first + c])
        _spread(vectors, first + c, channels, row, near)
        _spread(vectors + FLOAT * row, first + c, channels, row, F(factor))
        _spread(vectors + 2 * FLOAT * row, first + c, channels, row, F(shift - rest[c] * factor))


@compiled
def _combine(
    means: int, squares: int, pixels: int, channels: int, first: int, samples: int, mean: Any, variance: Any
) -> None:
    """From the samples' means and squares to those of the batch (Chan, Golub & LeVeque, 1983)."""
    size = len(mean)
    mean[:] = 0
    variance[:] = 0
    for i in range(samples):
        each = doubles(means + DOUBLE * (i * channels + first), size)
        for c in range(size):
            mean[c] += each[c]
    for c in range(size):
        mean[c] /= samples
    for i in range(samples):
        each = doubles(means + DOUBLE * (i * channels + first), size)
        square = doubles(squares + DOUBLE * (i * channels + first), size)
        for c in range(size):
            d = each[c] - mean[c]
            variance[c] += square[c] + pixels * (d * d)
    for c in range(size):
        variance[c] /= samples * pixels


@compiled
def _spread(target: int, channel: int, channels: int, row: int, value: Float) -> None:
    """Repeats a channel's value over a row."""
    values = floats(target, row)
    for place in range(channel, row, channels):
        values[place] = value


@compiled
def _batch_norm(op: Any, first: int, last: int) -> None:
    """``(x − mean)·factor + shift``, cut at 0 where that is asked for."""
    x, x_row, out, out_row = op[1], op[2], op[3], op[4]
    size, row, vectors, rectify = op[5], op[6], op[7], op[8]
    for i in range(first, last):
        for place in range(0, size, row):
            width = min(row, size - place)
            source, target = x + i * x_row + FLOAT * place, out + i * out_row + FLOAT * place
            _scaled(source, target, vectors, row, width, rectify)


@compiled
def _scaled(source: int, target: int, vectors: int, row: int, width: int, rectify: int) -> None:
    x, y = floats(source, width), floats(target, width)
    near, factor = floats(vectors, width), floats(vectors + FLOAT * row, width)
    shift = floats(vectors + 2 * FLOAT * row, width)
    if rectify != 0:
        for j in range(width):
            z = (x[j] - near[j]) * factor[j] + shift[j]
            y[j] = ZERO if z < ZERO else z
    else:
        for j in range(width):
            y[j] = (x[j] - near[j]) * factor[j] + shift[j]


@compiled
def _batch_sums_backward(op: Any, step: Any, first: int, last: int) -> None:
    """Σ dz and Σ dz·x̂ of every channel of a sample, which are its gradients of beta and gamma."""
    dz, dz_row, x, x_row, pixels, channels, row = op[1], op[2], op[3], op[4], op[5], op[6], op[7]
    exact, vectors, betas, beta_row, gammas, gamma_row = op[8], op[9], op[10], op[11], op[12], op[13]
    scratch = step[codes.SCRATCH]
    a, b = floats(scratch, row), floats(scratch + FLOAT * row, row)
    totals = doubles(scratch + 2 * FLOAT * row, 2 * channels)
    of_dz, of_product = totals[:channels], totals[channels:]
    rest, inverse = doubles(exact, 2 * channels)[:channels], doubles(exact, 2 * channels)[channels:]
    a[:] = ZERO
    b[:] = ZERO
    for i in range(first, last):
        totals[:] = 0
        size, place = pixels * channels, 0
        while place < size:
            stop = min(size, place + RUN * row)
            while place < stop:
                width, start = min(row, stop - place), FLOAT * place
                _products(dz + i * dz_row + start, x + i * x_row + start, vectors, scratch, row, width)
                place += width
            _fold(a, channels, of_dz)
            _fold(b, channels, of_product)
        beta, gamma = floats(betas + i * beta_row, channels), floats(gammas + i * gamma_row, channels)
        for c in range(channels):
            beta[c] = F(of_dz[c])
            gamma[c] = F((of_product[c] - rest[c] * of_dz[c]) * inverse[c])


@compiled
def _products(dz_: int, x_: int, vectors: int, scratch: int, row: int, width: int) -> None:
    """Adds ``dz`` and ``dz·(x − near)`` to sums."""
    dz, x, near = floats(dz_, width), floats(x_, width), floats(vectors, width)
    a, b = floats(scratch, width), floats(scratch + FLOAT * row, width)
    for j in range(width):
        a[j] += dz[j]
        b[j] += dz[j] * (x[j] - near[j])


@compiled
def _batch_statistics_backward(op: Any, step: Any, thread: int, threads: int) -> None:
    """What ``dx`` needs of the sums over the batch, for some channels."""
    betas, beta_row, gammas, gamma_row = op[1], op[2], op[3], op[4]
    pixels, channels, row = op[5], op[6], op[7]
    exact, vectors = op[8], op[9]
    first, last = share(channels, thread, threads, 16)
    size, samples = last - first, step[codes.SAMPLES]
    totals = doubles(step[codes.SCRATCH], 2 * size)
    totals[:] = 0
    for i in range(samples):
        beta = floats(betas + i * beta_row + FLOAT * first, size)
        gamma = floats(gammas + i * gamma_row + FLOAT * first, size)
        for c in range(size):
            totals[c] += beta[c]
            totals[size + c] += gamma[c]
    rest, inverse = doubles(exact, 2 * channels)[first:last], doubles(exact, 2 * channels)[channels + first :]
    count = samples * pixels
    for c in range(size):
        slope = inverse[c] * totals[size + c] / count
        shift = totals[c] / count - slope * rest[c]
        _spread(vectors, first + c, channels, row, F(slope))
        _spread(vectors + FLOAT * row, first + c, channels, row, F(shift))


@compiled
def _batch_norm_backward(op: Any, first: int, last: int) -> None:
    """``(dz − shift − slope·(x − mean))·factor`` in place of ``dz``."""
    dz, dz_row, x, x_row = op[1], op[2], op[3], op[4]
    size, row, forward, backward = op[5], op[6], op[7], op[8]
    for i in range(first, last):
        for place in range(0, size, row):
            width, start = min(row, size - place), FLOAT * place
            _slopes(dz + i * dz_row + start, x + i * x_row + start, forward, backward, row, width)


@compiled
def _slopes(dz_: int, x_: int, forward: int, backward: int, row: int, width: int) -> None:
    dz, x = floats(dz_, width), floats(x_, width)
    near, factor = floats(forward, width), floats(forward + FLOAT * row, width)
    slope, shift = floats(backward, width), floats(backward + FLOAT * row, width)
    for j in range(width):
        dz[j] = (dz[j] - shift[j] - slope[j] * (x[j] - near[j])) * factor[j]


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """The sums over samples, the statistics and what is done with them, forward and backward."""
    op, real, step = integers(op_, codes.INTEGERS), floats(real_, codes.REALS), integers(step_, codes.CONTEXT)
    first, last = step[codes.FIRST], step[codes.LAST]
    code = op[0]
    if code == codes.BATCH_SUMS:
        _batch_sums(op, step, first, last)
    elif code == codes.BATCH_STATISTICS:
        _batch_statistics(op, real, step, thread, threads)
    elif code == codes.BATCH_NORM:
        _batch_norm(op, first, last)
    elif code == codes.BATCH_SUMS_BACKWARD:
        _batch_sums_backward(op, step, first, last)
    elif code == codes.BATCH_STATISTICS_BACKWARD:
        _batch_statistics_backward(op, step, thread, threads)
    else:
        _batch_norm_backward(op, first, last)
