"""Arithmetic of axes and labels, free of Qt: round ticks, and labels that don't overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Axis:
    """A stretch of an axis that begins and ends on a tick.

    Attributes:
        low: Its start.
        high: Its end.
        ticks: Where lines and numbers stand.
        decimals: Decimals that tell the ticks apart.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    def up_to(self, most: float) -> Axis:
        """The same stretch without the ticks beyond ``most``."""
        return replace(self, ticks=tuple(tick for tick in self.ticks if tick <= most))


def nice_axis(low: float, high: float, most: int, least_step: float = 0.0) -> Axis:
    """An axis over [low, high] with at most ``most`` intervals of 1, 2 or 5 times a power of ten."""
    if not high > low:
        middle = low
        span = abs(middle) * 0.1 or 1.0
        low, high = middle - span / 2, middle + span / 2
    step = nice_step((high - low) / max(1, most), least_step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if last - first > most:  # rounding outwards added intervals
        step = nice_step(step * 1.001, least_step)
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = decimals_of(step)
    ticks = tuple(round(step * index, decimals + 2) for index in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, decimals)


def ticks_within(low: float, high: float, most: int, least_step: float = 0.0) -> Axis:
    """Ticks inside a stretch that the user chose by zooming; its ends stay as they are."""
    step = nice_step((high - low) / max(1, most), least_step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = tuple(round(step * index, decimals_of(step) + 2) for index in range(first, last + 1))
    return Axis(low, high, ticks, decimals_of(step))


def log_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Values 1, 2, 5 (or 1) times powers of ten between 10^low and 10^high."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    for factors in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        exact = [factor * 10.0**power for power in decades for factor in factors]
        ticks = tuple(tick for tick in exact if low - 1e-9 <= math.log10(tick) <= high + 1e-9)
        if len(ticks) <= most + 1:
            return ticks
    every = -(-len(ticks) // max(1, most))
    return ticks[::every]


def nice_step(least: float, floor: float = 0.0) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below ``least`` (nor below ``floor``)."""
    least = max(least, floor, 1e-12)
    power = 10.0 ** math.floor(math.log10(least))
    return next((f * power for f in (1, 2, 5) if f * power >= least * (1 - 1e-9)), 10 * power)


def decimals_of(step: float) -> int:
    """Decimals needed to tell multiples of a nice step apart."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def spread(wanted: Sequence[float], height: float, low: float, high: float) -> list[float]:
    """Moves labels of one height apart, as little as their order allows.

    Args:
        wanted: Where each label's middle would best be.
        height: Distance that two middles must keep.
        low: Least middle allowed.
        high: Greatest middle allowed.

    Returns:
        The middles, in the order of ``wanted``. If there is no room for all they overlap evenly.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    if len(order) > 1:
        height = min(height, max(0.0, high - low) / (len(order) - 1))
    # Blocks of labels that touch each other, each centred on its members' wishes (isotonic regression).
    blocks: list[tuple[float, int]] = []  # (sum of wished first middles, members)
    for rank, index in enumerate(order):
        blocks.append((wanted[index] - rank * height, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, members = blocks.pop()
            blocks[-1] = (blocks[-1][0] + total, blocks[-1][1] + members)
    flat = [total / members for total, members in blocks for _ in range(members)]
    top = high - (len(order) - 1) * height
    placed = [0.0] * len(order)
    for rank, index in enumerate(order):
        placed[index] = min(max(flat[rank], low), max(low, top)) + rank * height
    return placed
