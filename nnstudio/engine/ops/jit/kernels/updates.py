"""From gradients to new weights, for a run of weights at a time (see ``engine.update`` for the order).

The optimizers of ``nnstudio.optim`` once more, each in one loop over registers. What a step needs of
its number and rate is worked out beforehand, as the coefficients ``c`` of that step; what stays the
same over a run are the constants ``k``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import (
    Float,
    call_adam,
    compiled,
    compiled_sums,
    doubles,
    floats,
    integers,
)
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import ADDRESS_OF_ADAM
from nnstudio.engine.ops.jit.kernels.scalars import ZERO

SGD, MOMENTUM, DAMPED, NESTEROV, ADAGRAD, RMSPROP, ADAM = range(7)
CENTERED, VELOCITY, AMSGRAD = 1, 2, 4
"""Variants, as a sum."""

RATE, ROOT, DECAY = 0, 1, 2
COEFFICIENTS = 3
"""Coefficients of a step: the rate, Adam's factor of the root, the factor that decay multiplies by."""

CONSTANTS = 5
"""Constants of a run: memory γ, ρ or β₁; 1 − it; β₂; 1 − β₂; ε. RMSProp's momentum takes β₂'s place."""

OPTIMIZER = 5
"""Integers of an optimizer: its rule, its variant, the addresses of its vectors."""

TILE = 8192
"""Values of a kernel's gradient that are worked out at a time: they are still in the cache at the update."""
TILE_ROWS, TURNED_ROWS = 28, 32
"""Rows of such a tile, or a multiple of them, so that the microkernels are used well; of one whose rows are
the columns of a product, or are converted."""

PART = 512
"""Samples from which a kernel's gradient is added up part by part: each is read from memory once."""

NORM_RUN = 4096
"""Gradients whose squares are summed by themselves, so that the sum is the same for any threads."""


@compiled
def finish_gradient(g_: int, w_: int, size: int, l1: Float, l2: Float, limit: Float) -> None:
    """Adds the penalties' gradients and cuts every value at ± ``limit`` (0 for no limit), in place."""
    g, w = floats(g_, size), floats(w_, size)
    if l2 > ZERO:
        for i in range(size):
            g[i] += w[i] * l2
    if l1 > ZERO:
        for i in range(size):
            g[i] += l1 if w[i] > ZERO else (-l1 if w[i] < ZERO else ZERO)
    if limit > ZERO:
        for i in range(size):
            g[i] = limit if g[i] > limit else (-limit if g[i] < -limit else g[i])


@compiled
def update(
    rule: int, variant: int, k: Any, c: Any, w_: int, g_: int, slots: Any, offset: int, size: int
) -> None:
    """One optimizer step for a run of weights; plain Adam has :mod:`.adam_kernel`.

    Args:
        rule: Which optimizer.
        variant: Its variants.
        k: Constants of the run.
        c: Coefficients of the step.
        w_: Address of the weights.
        g_: Address of their gradients; used up.
        slots: Addresses of the optimizer's vectors.
        offset: Where the run begins in them, in bytes.
        size: How many weights.
    """
    w, g = floats(w_, size), floats(g_, size)
    rate = c[RATE]
    if c[DECAY] != np.float32(1):
        for i in range(size):
            w[i] *= c[DECAY]
    if rule == SGD:
        for i in range(size):
            w[i] -= g[i] * rate
        return
    s = floats(slots[0] + offset, size)
    if rule == MOMENTUM:
        for i in range(size):
            s[i] = s[i] * k[0] + g[i]
            w[i] -= s[i] * rate
    elif rule == DAMPED:
        for i in range(size):
            s[i] = s[i] * k[0] + g[i] * rate
            w[i] -= s[i]
    elif rule == NESTEROV:
        for i in range(size):
            s[i] = s[i] * k[0] + g[i]
            w[i] -= (s[i] * k[0] + g[i]) * rate
    elif rule == ADAGRAD:
        for i in range(size):
            s[i] += g[i] * g[i]
            w[i] -= g[i] / (np.sqrt(s[i]) + k[4]) * rate
    elif rule == RMSPROP:
        _rmsprop(variant, k, rate, w, g, s, slots, offset, size)
    else:
        _amsgrad(k, c, w, g, s, slots, offset, size)


@compiled
def _rmsprop(
    variant: int, k: Any, rate: Float, w: Any, g: Any, v: Any, slots: Any, offset: int, size: int
) -> None:
    for i in range(size):
        v[i] = v[i] * k[0] + g[i] * g[i] * k[1]
    next_slot = 1
    if variant & CENTERED:
        m = floats(slots[1] + offset, size)
        next_slot = 2
        for i in range(size):
            m[i] = m[i] * k[0] + g[i] * k[1]
            spread = v[i] - m[i] * m[i]
            spread = ZERO if spread < ZERO else spread  # rounding can make a variance of 0 negative
            g[i] = g[i] / (np.sqrt(spread) + k[4])
    else:
        for i in range(size):
            g[i] = g[i] / (np.sqrt(v[i]) + k[4])
    if variant & VELOCITY:
        b = floats(slots[next_slot] + offset, size)
        for i in range(size):
            b[i] = b[i] * k[2] + g[i]
            g[i] = b[i]
    for i in range(size):
        w[i] -= g[i] * rate


@compiled
def _amsgrad(k: Any, c: Any, w: Any, g: Any, m: Any, slots: Any, offset: int, size: int) -> None:
    v, top = floats(slots[1] + offset, size), floats(slots[2] + offset, size)
    rate, root, b1, a1, b2, a2, epsilon = c[RATE], c[ROOT], k[0], k[1], k[2], k[3], k[4]
    for i in range(size):
        v[i] = v[i] * b2 + g[i] * g[i] * a2
        top[i] = top[i] if top[i] > v[i] else v[i]
    for i in range(size):
        m[i] = m[i] * b1 + g[i] * a1
        w[i] -= m[i] / (np.sqrt(top[i]) * root + epsilon) * rate


@compiled
def change(step: Any, weights: int, gradient: int, offset: int, decayed: int, size: int) -> None:
    """The optimizer's step for a run of weights, as a thread's context describes it."""
    optimizer = integers(step[codes.OPTIMIZER], OPTIMIZER)
    k = floats(step[codes.CONSTANTS], CONSTANTS)
    c = floats(step[codes.COEFFICIENTS] + FLOAT * COEFFICIENTS * decayed, COEFFICIENTS)
    if optimizer[0] == ADAM and optimizer[1] == 0:
        kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
        means, variances = optimizer[2] + offset, optimizer[3] + offset
        place = (weights, gradient, means, variances, size, c.ctypes.data, step[codes.CONSTANTS])
        call_adam(kernels[ADDRESS_OF_ADAM], place)
        return
    update(optimizer[0], optimizer[1], k, c, weights, gradient, optimizer[2:], offset, size)


@compiled_sums
def squares(g_: int, size: int) -> Float:
    """``Σ g²`` of a run, in float64."""
    g = floats(g_, size)
    total = 0.0
    for i in range(size):
        total += np.float64(g[i]) * np.float64(g[i])
    return total


@compiled
def norm_factor(parts: int, count: int, limit: Float) -> Float:
    """Factor that brings a gradient to norm ``limit`` if it is longer, from its runs' squares; or 1."""
    each = doubles(parts, count)
    total = 0.0
    for i in range(count):
        total += each[i]
    norm = np.sqrt(total)
    return np.float32(limit / norm) if norm > limit and np.isfinite(norm) else np.float32(1)
