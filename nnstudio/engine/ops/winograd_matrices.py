"""The matrices of Winograd's convolution.

A 3×3 convolution computes ``m × m`` outputs from ``(m + 2) × (m + 2)`` inputs with as many products as
there are inputs, instead of nine per output (Winograd, 1980; Lavin & Gray, "Fast algorithms for
convolutional neural networks", 2016)::

    Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A          d: inputs, g: kernel, Y: outputs

The gradients are the adjoint, ``dg = Gᵀ [ (Bᵀ d B) ⊙ (A dY Aᵀ) ] G`` and
``dd = B [ (G g Gᵀ) ⊙ (A dY Aᵀ) ] Bᵀ``.

The matrices come from polynomials multiplied by way of their values at some points (Toom, 1963; Cook,
1966). Which points decides how much rounding is amplified. For m = 2 with 0 and ±1 it is no worse than
without any transform. For m = 4 the points 0, ±1, ½ and −2 make errors about three times as large, which
is half of what the usual 0, ±1, ±2 do (Barabasz et al., "Error analysis and improving the accuracy of
Winograd convolution for deep neural networks", 2020).
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

OUTPUTS = (2, 4)
"""Outputs of a tile along one axis, m, for which there are transforms."""

_POINTS = {
    outputs: tuple(map(Fraction, points))
    for outputs, points in {2: ("0", "1", "-1"), 4: ("0", "1", "-1", "1/2", "-2")}.items()
}

Matrix = tuple[tuple[Fraction, ...], ...]


def matrices(outputs: int) -> tuple[Matrix, ...]:
    """The matrices of the transforms to tiles of ``outputs × outputs`` outputs.

    For points p, ``Aᵀ`` evaluates a polynomial with m coefficients, ``G`` one with three, divided by
    ``f(p) = Π over the other points q of (p − q)``, and the rows of ``Bᵀ`` are the coefficients of
    ``Π (x − q)``. The last point of all is infinity.
    """
    points = _POINTS[outputs]
    a, b, g = [], [], []
    for point in points:
        others = [other for other in points if other != point]
        divisor = prod(point - other for other in others)
        sign = -1 if divisor < 0 else 1
        a.append([point**power for power in range(outputs)])
        g.append([sign * point**power / divisor for power in range(3)])
        b.append([sign * factor for factor in (*_coefficients(others), Fraction(0))])
    a.append([Fraction(power == outputs - 1) for power in range(outputs)])
    g.append([Fraction(power == 2) for power in range(3)])
    b.append(_coefficients(list(points)))
    found = (b, g, _transposed(a), a, _transposed(g), _transposed(b))
    return tuple(tuple(map(tuple, matrix)) for matrix in found)


def _coefficients(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients of ``Π (x − root)``, that of 1 first."""
    found = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *found]
        found = [high - root * low for high, low in zip(shifted, [*found, Fraction(0)], strict=True)]
    return found


def _transposed(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    return [list(column) for column in zip(*matrix, strict=True)]
