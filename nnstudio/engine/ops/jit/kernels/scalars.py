"""Functions of one float32 that the loops of compiled code are vectorised around.

Mathematical libraries have them one value at a time; polynomials work on a whole register.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnstudio.engine.ops.activations import ERFC_LIMIT, erfcx_coefficients
from nnstudio.engine.ops.jit.kernels.compiled import (
    Float,
    exponent,
    half_power_of_two,
    inlined,
    mantissa,
    multiply_add,
)

F = np.float32
ZERO, HALF, ONE, TWO = F(0), F(0.5), F(1), F(2)

LOG2_E = F(1.44269504)
LN2_HIGH, LN2_LOW = F(0.693359375), F(-2.12194440e-4)
LARGEST, SMALLEST = F(88.0), F(-86.5)

_E0, _E1, _E2 = F(1.9875691500e-4), F(1.3981999507e-3), F(8.3334519073e-3)
_E3, _E4, _E5 = F(4.1665795894e-2), F(1.6666665459e-1), F(5.0000001201e-1)

_L0, _L1, _L2 = F(7.0376836292e-2), F(-1.1514610310e-1), F(1.1676998740e-1)
_L3, _L4, _L5 = F(-1.2420140846e-1), F(1.4249322787e-1), F(-1.6668057665e-1)
_L6, _L7, _L8 = F(2.0000714765e-1), F(-2.4999993993e-1), F(3.3333331174e-1)
SQRT_HALF = F(0.707106781186547524)

_S3, _S5, _S7, _S9, _S11 = (F((-1) ** (n // 2) / math.factorial(n)) for n in (3, 5, 7, 9, 11))
TURN = F(2 * math.pi)

_LIMIT = F(ERFC_LIMIT[4])
_LOWEST = F(1 / (1 + ERFC_LIMIT[4] / 2))
_STRETCH = F(4 / (1 - 1 / (1 + ERFC_LIMIT[4] / 2)))
_CHEBYSHEV = tuple(F(c) for c in erfcx_coefficients(4))
DENSITY = F(1 / math.sqrt(2 * math.pi))


@inlined
def mix(value: Any) -> Any:
    """``ops.noise.mix`` (SplitMix64)."""
    x = np.uint64(value + np.uint64(0x9E3779B97F4A7C15))
    x = np.uint64((x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    x = np.uint64((x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(x ^ (x >> np.uint64(31)))


@inlined
def _reduced(x: Float) -> tuple[Float, Float]:
    """``eʳ − 1`` and ``2ⁿ⁻¹`` for ``x = n·ln 2 + r`` with ``|r| ≤ ½ ln 2`` (Cephes, Moshier 1992).

    Half the power, because the power itself may be beyond float32. So is ``eˣ`` for arguments beyond
    the limits, which are cut. NaN gives NaN.
    """
    x = LARGEST if x > LARGEST else x
    x = SMALLEST if x < SMALLEST else x
    n = np.floor(multiply_add(x, LOG2_E, HALF))
    r = multiply_add(n, -LN2_HIGH, x)
    r = multiply_add(n, -LN2_LOW, r)
    p = _E0
    p = multiply_add(p, r, _E1)
    p = multiply_add(p, r, _E2)
    p = multiply_add(p, r, _E3)
    p = multiply_add(p, r, _E4)
    p = multiply_add(p, r, _E5)
    return multiply_add(p * r, r, r), half_power_of_two(np.int32(n))


@inlined
def exp(x: Float) -> Float:
    """``eˣ``, exact to about a unit in the last place."""
    small, scale = _reduced(x)
    return (small + ONE) * scale * TWO


@inlined
def expm1(x: Float) -> Float:
    """``eˣ − 1``, exact to a few units in the last place also near 0."""
    small, scale = _reduced(x)
    return multiply_add(small, scale, scale - HALF) * TWO


@inlined
def sigmoid(x: Float) -> Float:
    """``1 / (1 + e⁻ˣ)``."""
    return ONE / (ONE + exp(-x))


@inlined
def tanh(x: Float) -> Float:
    """``t / (t + 2)`` with ``t = e²ˣ − 1``."""
    twice = TWO * x
    twice = F(20.0) if twice > F(20.0) else twice  # there tanh is 1 to the last bit
    t = expm1(twice)
    return t / (t + TWO)


@inlined
def log(x: Float) -> Float:
    """``ln x`` for a positive normal ``x`` (Cephes)."""
    n, m = F(exponent(x)), mantissa(x)
    small = m < SQRT_HALF
    n = n - ONE if small else n
    m = m + m - ONE if small else m - ONE
    p = _L0
    p = multiply_add(p, m, _L1)
    p = multiply_add(p, m, _L2)
    p = multiply_add(p, m, _L3)
    p = multiply_add(p, m, _L4)
    p = multiply_add(p, m, _L5)
    p = multiply_add(p, m, _L6)
    p = multiply_add(p, m, _L7)
    p = multiply_add(p, m, _L8)
    square = m * m
    y = p * m * square + n * LN2_LOW - HALF * square
    return m + y + n * LN2_HIGH


@inlined
def log1p(x: Float) -> Float:
    """``ln(1 + x)`` for ``0 ≤ x ≤ 1``, exact also near 0 (Kahan: the error of ``1 + x`` cancels out)."""
    w = ONE + x
    return x if w == ONE else log(w) * (x / (w - ONE))


@inlined
def softplus(x: Float) -> Float:
    """``ln(1 + eˣ)`` as ``max(x, 0) + ln(1 + e^−|x|)``; NaN stays NaN."""
    return (x if x > ZERO else x * ZERO) + log1p(exp(-abs(x)))


@inlined
def cosine_of_turns(x: Float) -> Float:
    """``cos(2πx)`` for ``0 ≤ x ≤ 1``: as ``−sin`` of the distance from a quarter, by its Taylor series."""
    angle = (F(0.25) - abs(x - HALF)) * TURN
    square = angle * angle
    p = _S11
    p = multiply_add(p, square, _S9)
    p = multiply_add(p, square, _S7)
    p = multiply_add(p, square, _S5)
    p = multiply_add(p, square, _S3)
    return -multiply_add(p * square, angle, angle)


@inlined
def normal_cdf(z: Float) -> Float:
    """``Φ(z) = ½·erfc(−z/√2)``, by the Chebyshev series of the NumPy path."""
    x = abs(z) * F(math.sqrt(0.5))
    x = _LIMIT if x > _LIMIT else x
    twice_u = (TWO / (x + TWO) - _LOWEST) * _STRETCH - TWO
    b1, b2 = ZERO, ZERO
    for i in range(len(_CHEBYSHEV) - 1, 0, -1):  # Clenshaw: b ← c + 2u·b1 − b2
        b1, b2 = multiply_add(twice_u, b1, _CHEBYSHEV[i] - b2), b1
    erfcx = HALF * twice_u * b1 - b2 + _CHEBYSHEV[0]
    below = HALF * erfcx * exp(-x * x)
    return ONE - below if z > ZERO else below
