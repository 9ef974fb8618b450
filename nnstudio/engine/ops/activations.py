"""Arithmetic of the activation functions, written against ``xp`` and in place.

``scratch(i)`` hands out an array like the argument that may hold anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from nnstudio.core.activations import ActivationFunction

Array = Any
Scratch = Callable[[int], Array]
Forward = Callable[[Any, Array, Array, float, Scratch], None]
Backward = Callable[[Any, Array, Array, Array, float, Scratch], None]

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""λ and α with which mean 0 and variance 1 are a fixed point (Klambauer et al., 2017, eq. 14)."""

_LOWEST_EXPONENT = {4: -87.0, 8: -708.0}  # by bytes: e^87 and e^708 are still finite


def forward(xp: Any, function: ActivationFunction, z: Array, out: Array, scratch: Scratch) -> None:
    """``out = f(z)``; ``out`` may be ``z`` for functions that don't need ``z`` later."""
    _FORWARD[function.name](xp, z, out, function.alpha, scratch)


def backward(
    xp: Any, function: ActivationFunction, dy: Array, y: Array, z: Array | None, scratch: Scratch
) -> None:
    """``dy *= f'(z)``, from the output ``y`` where that is enough."""
    _BACKWARD[function.name](xp, dy, y, z, function.alpha, scratch)


def _linear(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    if out is not z:
        out[...] = z


def _linear_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    pass  # f' = 1


def _relu(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    xp.maximum(z, 0, out=out)


def _relu_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    mask = scratch(0)
    xp.greater(y, 0, out=mask)
    xp.multiply(dy, mask, out=dy)


def _leaky(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    negative = scratch(0)
    xp.minimum(z, 0, out=negative)
    xp.multiply(negative, z.dtype.type(alpha), out=negative)
    xp.maximum(z, 0, out=out)
    xp.add(out, negative, out=out)


def _leaky_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    slope = scratch(0)
    xp.greater(y, 0, out=slope)
    xp.multiply(slope, dy.dtype.type(1 - alpha), out=slope)
    xp.add(slope, dy.dtype.type(alpha), out=slope)
    xp.multiply(dy, slope, out=dy)


def _elu(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    _exponential(xp, z, out, 1, alpha, scratch)


def _elu_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    _exponential_back(xp, dy, y, 1, alpha, scratch)


def _selu(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    _exponential(xp, z, out, SELU_SCALE, SELU_SCALE * SELU_ALPHA, scratch)


def _selu_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    _exponential_back(xp, dy, y, SELU_SCALE, SELU_SCALE * SELU_ALPHA, scratch)


def _exponential(xp: Any, z: Array, out: Array, slope: float, depth: float, scratch: Scratch) -> None:
    """``slope·z`` above 0 and ``depth·(eᶻ − 1)`` below."""
    negative, real = scratch(0), z.dtype.type
    xp.minimum(z, 0, out=negative)
    xp.expm1(negative, out=negative)
    xp.multiply(negative, real(depth), out=negative)
    xp.maximum(z, 0, out=out)
    if slope != 1:
        xp.multiply(out, real(slope), out=out)
    xp.add(out, negative, out=out)


def _exponential_back(xp: Any, dy: Array, y: Array, slope: float, depth: float, scratch: Scratch) -> None:
    derivative, positive, real = scratch(0), scratch(1), dy.dtype.type
    xp.greater(y, 0, out=positive)
    xp.minimum(y, 0, out=derivative)
    xp.add(derivative, real(depth), out=derivative)  # y + depth, which is depth where y > 0 ...
    xp.multiply(positive, real(slope - depth), out=positive)
    xp.add(derivative, positive, out=derivative)  # ... and slope after this
    xp.multiply(dy, derivative, out=dy)


def _sigmoid(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    real = z.dtype.type
    xp.maximum(z, real(_LOWEST_EXPONENT[z.dtype.itemsize]), out=out)  # so that exp can't overflow
    xp.negative(out, out=out)
    xp.exp(out, out=out)
    xp.add(out, real(1), out=out)
    xp.reciprocal(out, out=out)


def _sigmoid_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    slope = scratch(0)
    xp.subtract(dy.dtype.type(1), y, out=slope)
    xp.multiply(slope, y, out=slope)
    xp.multiply(dy, slope, out=dy)


def _tanh(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    xp.tanh(z, out=out)


def _tanh_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    slope = scratch(0)
    xp.multiply(y, y, out=slope)
    xp.subtract(dy.dtype.type(1), slope, out=slope)
    xp.multiply(dy, slope, out=dy)


def _softplus(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    small = scratch(0)  # log(1 + e^z) = max(z, 0) + log(1 + e^−|z|), where nothing overflows
    xp.abs(z, out=small)
    xp.negative(small, out=small)
    xp.exp(small, out=small)
    xp.log1p(small, out=small)
    xp.maximum(z, 0, out=out)
    xp.add(out, small, out=out)


def _softplus_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    slope = scratch(0)  # −σ(z) = e^−y − 1
    xp.negative(y, out=slope)
    xp.expm1(slope, out=slope)
    xp.negative(slope, out=slope)
    xp.multiply(dy, slope, out=dy)


def _silu(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    sigma = scratch(0)
    _sigmoid(xp, z, sigma, 0, scratch)
    xp.multiply(z, sigma, out=out)


def _silu_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    sigma, slope = scratch(0), scratch(1)
    _sigmoid(xp, z, sigma, 0, scratch)
    xp.subtract(dy.dtype.type(1), sigma, out=slope)
    xp.multiply(slope, y, out=slope)  # y = zσ, so this is zσ(1 − σ)
    xp.add(slope, sigma, out=slope)
    xp.multiply(dy, slope, out=dy)


def _gelu(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    phi = scratch(0)
    _normal_cdf(xp, z, phi, scratch)
    xp.multiply(z, phi, out=out)


def _gelu_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    slope, density, real = scratch(0), scratch(1), dy.dtype.type
    _normal_cdf(xp, z, slope, scratch)
    xp.multiply(z, z, out=density)
    xp.multiply(density, real(-0.5), out=density)
    xp.exp(density, out=density)
    xp.multiply(density, real(1 / math.sqrt(2 * math.pi)), out=density)  # φ(z)
    xp.multiply(density, z, out=density)
    xp.add(slope, density, out=slope)
    xp.multiply(dy, slope, out=dy)


def _softmax(xp: Any, z: Array, out: Array, alpha: float, scratch: Scratch) -> None:
    per_row = scratch(0)[..., :1]  # the last axis may be short, so a value per row is no small array
    xp.max(z, axis=-1, keepdims=True, out=per_row)
    xp.subtract(z, per_row, out=out)
    xp.exp(out, out=out)
    xp.sum(out, axis=-1, keepdims=True, out=per_row)
    xp.divide(out, per_row, out=out)


def _softmax_back(xp: Any, dy: Array, y: Array, z: Array, alpha: float, scratch: Scratch) -> None:
    product, per_row = scratch(0), scratch(1)[..., :1]
    xp.multiply(dy, y, out=product)
    xp.sum(product, axis=-1, keepdims=True, out=per_row)  # Σ over the last axis dy·y
    xp.subtract(dy, per_row, out=dy)
    xp.multiply(dy, y, out=dy)


ERFC_LIMIT = {4: 4.5, 8: 6.5}  # beyond these erfc is below half a unit in the last place of 1
_ERFC_DEGREE = {4: 12, 8: 32}


@cache
def erfcx_coefficients(itemsize: int) -> list[float]:
    """Chebyshev coefficients of ``erfc(x)·exp(x²)`` over ``t = 1/(1 + x/2)``, made with math.erfc."""
    lowest = 1 / (1 + ERFC_LIMIT[itemsize] / 2)

    def erfcx(u: Any) -> Any:
        t = lowest + (u + 1) / 2 * (1 - lowest)
        return [math.erfc(x) * math.exp(x * x) for x in 2 / t - 2]

    series = np.polynomial.chebyshev.chebinterpolate(erfcx, _ERFC_DEGREE[itemsize])
    return [float(c) for c in series]


def _normal_cdf(xp: Any, z: Array, out: Array, scratch: Scratch) -> None:
    """``Φ(z) = ½·erfc(−z/√2)``: exact to the precision of the dtype (NumPy has no erf)."""
    real, size = z.dtype.type, z.dtype.itemsize
    limit = ERFC_LIMIT[size]
    lowest = 1 / (1 + limit / 2)
    x, u, b1, b2 = scratch(2), scratch(3), scratch(4), scratch(5)
    xp.abs(z, out=x)
    xp.multiply(x, real(math.sqrt(0.5)), out=x)  # |z|/√2
    xp.minimum(x, real(limit), out=u)
    xp.add(u, real(2), out=u)
    xp.divide(real(2), u, out=u)  # t = 2/(2 + x), in [lowest, 1]
    xp.subtract(u, real(lowest), out=u)
    xp.multiply(u, real(4 / (1 - lowest)), out=u)
    xp.subtract(u, real(2), out=u)  # 2u, with u in [-1, 1]
    b1[...] = 0
    b2[...] = 0
    first, *rest = erfcx_coefficients(size)
    for c in reversed(rest):  # Clenshaw: b ← c + 2u·b1 − b2
        xp.subtract(real(c), b2, out=b2)
        xp.multiply(u, b1, out=out)
        xp.add(out, b2, out=b2)
        b1, b2 = b2, b1
    xp.multiply(u, real(0.5), out=u)
    xp.multiply(u, b1, out=out)
    xp.subtract(out, b2, out=out)
    xp.add(out, real(first), out=out)
    xp.multiply(x, x, out=x)
    xp.negative(x, out=x)
    xp.exp(x, out=x)
    xp.multiply(out, x, out=out)  # erfc(|z|/√2)
    xp.multiply(out, real(0.5), out=out)  # Φ(−|z|)
    xp.greater(z, 0, out=x)
    xp.multiply(x, real(-2), out=u)
    xp.add(u, real(1), out=u)
    xp.multiply(out, u, out=out)
    xp.add(out, x, out=out)  # 1 − Φ(−z) where z > 0


_FORWARD: dict[str, Forward] = {
    "linear": _linear,
    "relu": _relu,
    "leaky_relu": _leaky,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "softmax": _softmax,
}
_BACKWARD: dict[str, Backward] = {
    "linear": _linear_back,
    "relu": _relu_back,
    "leaky_relu": _leaky_back,
    "elu": _elu_back,
    "selu": _selu_back,
    "gelu": _gelu_back,
    "silu": _silu_back,
    "sigmoid": _sigmoid_back,
    "tanh": _tanh_back,
    "softplus": _softplus_back,
    "softmax": _softmax_back,
}
