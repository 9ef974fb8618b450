"""A random hand: turns the styles of the digits into the pen strokes of many different writers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.digit_strokes import STYLES
from nnstudio.data.digit_style import SEGMENTS, FloatArray, Style

_CENTRE = np.array([0.3, 0.5], np.float32)  # of an upright digit, in digit heights


@dataclass(frozen=True)
class Habits:
    """How much handwriting varies. Lengths are in digit heights, spreads are standard deviations.

    Args:
        slant: Mean lean to the right of each digit (horizontal shift per height).
        slant_spread: Its spread.
        widen: Mean logarithm of the width's stretch of each digit.
        widen_spread: Its spread.
        pen: Median pen width of each digit in pixels of the finished image.
        pen_spread: Spread of its logarithm.
        pressure: Relative change of the pen's width along the strokes.
        blend: Concentration of the Dirichlet blend of a style's keys; small values favour pure keys.
        exaggerate: Factor by which a blend is pushed away from the keys' mean.
        jitter: Displacement of each control point.
        ends: Factor on the jitter where a stroke begins or ends.
        shift: Displacement of whole strokes against the first one.
        rotation: Turn in radians.
        taper: Logarithm of the width at the foot over the width at the head.
        balance: Shift of the middle up or down, which trades the upper loop against the lower.
        waves: Elastic deformation: amplitude of each of three plane waves.
        wave_frequency: Spread of the waves' frequencies, in periods per height.
    """

    slant: tuple[float, ...] = (0.25, 0.26, 0.12, 0.10, 0.25, 0.17, 0.13, 0.06, 0.13, 0.12)
    slant_spread: tuple[float, ...] = (0.21, 0.25, 0.26, 0.25, 0.26, 0.28, 0.18, 0.21, 0.24, 0.22)
    widen: tuple[float, ...] = (0.25, 0.05, 0.22, 0.16, 0.19, 0.28, 0.16, 0.18, 0.09, 0.10)
    widen_spread: float = 0.18
    pen: tuple[float, ...] = (2.65, 2.7, 2.5, 2.35, 2.3, 2.2, 2.35, 2.5, 2.2, 2.2)
    pen_spread: float = 0.28
    pressure: float = 0.12
    blend: float = 0.5
    exaggerate: float = 1.2
    jitter: float = 0.03
    ends: float = 1.8
    shift: float = 0.025
    rotation: float = 0.07
    taper: float = 0.3
    balance: float = 0.1
    waves: float = 0.05
    wave_frequency: float = 0.45


HABITS = Habits()
_WAVES = 3
_PEN_LIMITS = (1.0, 5.2)  # pixels


def write(
    labels: NDArray[np.int64], rng: np.random.Generator, habits: Habits = HABITS
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Strokes of one digit per label, ready for :func:`nnstudio.data.digit_pen.render`.

    Returns:
        Segments' starts and ends, each (labels, SEGMENTS, 2), and pen radii in pixels (labels, SEGMENTS).
    """
    starts = np.empty((len(labels), SEGMENTS, 2), np.float32)
    ends = np.empty_like(starts)
    for digit, styles in enumerate(STYLES):
        of_digit = np.flatnonzero(labels == digit)
        weights = np.array([style.weight for style in styles])
        chosen = rng.choice(len(styles), len(of_digit), p=weights / weights.sum())
        for number, style in enumerate(styles):
            where = of_digit[chosen == number]
            starts[where], ends[where] = _variants(style, len(where), rng, habits)
    _deform(starts, ends, labels, rng, habits)
    return starts, ends, _radii(labels, rng, habits)


def _normal(
    rng: np.random.Generator, spread: float, shape: tuple[int, ...], limit: float = 2.0
) -> NDArray[np.float64]:
    """Normal deviates without the rare extremes that nobody could read."""
    return spread * rng.normal(size=shape).clip(-limit, limit)


def _variants(
    style: Style, count: int, rng: np.random.Generator, habits: Habits
) -> tuple[FloatArray, FloatArray]:
    """Segments of random blends of a style's keys with every control point jittered."""
    keys = style.key_points
    even = 1 / len(keys)
    blend = even + habits.exaggerate * (rng.dirichlet(np.full(len(keys), habits.blend), count) - even)
    points = np.tensordot(blend, keys, axes=1)
    strokes = style.strokes
    lifts = np.flatnonzero(np.diff(strokes))
    spread = np.full((len(strokes), 1), habits.jitter)
    spread[np.concatenate([[0, -1], lifts, lifts + 1])] *= habits.ends
    points += _normal(rng, 1.0, points.shape) * spread
    shifts = _normal(rng, habits.shift, (count, strokes[-1] + 1, 2))
    points += (shifts - shifts[:, :1])[:, strokes]
    starts, ends = style.basis
    points = points.astype(np.float32)
    return starts @ points, ends @ points


def _deform(
    starts: FloatArray, ends: FloatArray, labels: NDArray[np.int64], rng: np.random.Generator, habits: Habits
) -> None:
    """Bends, stretches, slants and turns each digit as a whole, in place."""
    count = len(labels)
    taper = _normal(rng, habits.taper, (count, 1)).astype(np.float32)
    balance = _normal(rng, habits.balance, (count, 1)).astype(np.float32)
    heights = rng.normal(0, habits.waves, (count, _WAVES, 1, 2)).astype(np.float32)
    frequencies = rng.normal(0, 2 * np.pi * habits.wave_frequency, (count, _WAVES, 2, 1)).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, (count, _WAVES, 1)).astype(np.float32)
    matrix = _matrices(labels, rng, habits)
    for points in (starts, ends):
        points -= _CENTRE
        y = points[..., 1]
        points[..., 0] *= np.exp(taper * y)
        points[..., 1] += balance * (1 - 4 * y * y)
        waves = [np.sin((points @ frequencies[:, k])[..., 0] + phases[:, k]) for k in range(_WAVES)]
        for k, wave in enumerate(waves):
            points += wave[..., None] * heights[:, k]
        points[:] = points @ matrix


def _matrices(labels: NDArray[np.int64], rng: np.random.Generator, habits: Habits) -> FloatArray:
    """Stretch, slant and turn as matrices (labels, 2, 2) that rows of points are multiplied with."""
    count = len(labels)
    widen = np.exp(np.array(habits.widen)[labels] + _normal(rng, habits.widen_spread, (count,)))
    lean, spread = np.array(habits.slant)[labels], np.array(habits.slant_spread)[labels]
    slant = lean + spread * _normal(rng, 1.0, (count,))
    angle = _normal(rng, habits.rotation, (count,))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = [[cos * widen, sin * widen], [-cos * slant - sin, cos - sin * slant]]
    return np.array(matrix, np.float32).transpose(2, 0, 1)


def _radii(labels: NDArray[np.int64], rng: np.random.Generator, habits: Habits) -> FloatArray:
    """Half the pen's width in pixels at each segment, slowly changing along the strokes."""
    count = len(labels)
    width = np.array(habits.pen)[labels] * np.exp(_normal(rng, habits.pen_spread, (count,)))
    along = np.linspace(0, 2 * np.pi, SEGMENTS)
    periods = rng.uniform(0.5, 1.5, (count, 1))
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    strength = _normal(rng, habits.pressure, (count, 1))
    width = width[:, None] * (1 + strength * np.sin(along * periods + phase))
    radii: FloatArray = (width.clip(*_PEN_LIMITS) / 2).astype(np.float32)
    return radii
