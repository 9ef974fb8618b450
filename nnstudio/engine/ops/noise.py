"""Random numbers as a function of a key and a position, with no state to keep.

Each number is a hash: of the seed, the training step and the layer, which make the key, and of the
position in the array. So every compute path draws the same dropout masks, on any number of threads,
and a run resumed at any step goes on with the very masks it would have had.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Bits = NDArray[np.uint32]
Scratch = Callable[[int, tuple[int, ...], Any], Any]

_MASK = 2**64 - 1
# scratch arrays of their own: bits outlive other primitives' scratch
_BITS_SLOT, _SHIFT_SLOT, _NORMAL_SLOT, _ANGLE_SLOT = 20, 21, 22, 23


class Noise:
    """The random numbers of one step of a run.

    Args:
        seed: Seed of the run.
        step: Number of the step over the whole run.
    """

    def __init__(self, seed: int, step: int = 0) -> None:
        self._key = mix(mix(seed) ^ step)

    def key(self, number: int) -> int:
        """64 random bits that belong to the layer with that number."""
        return mix(self._key ^ (number + 1))


def mix(value: int) -> int:
    """A bijection of 64-bit numbers in which every bit depends on every other.

    The output function of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number
    generators", 2014).
    """
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def random_bits(key: int, size: int, scratch: Scratch) -> Bits:
    """32 random bits for each of the positions 0 to ``size - 1``.

    Two rounds of a 32-bit integer hash (multiply and xor-shift) with a part of the key before each.

    Args:
        key: See :meth:`Noise.key`.
        size: How many numbers.
        scratch: Hands out arrays that may hold anything.

    Returns:
        ``(size,)``, in a scratch array that the next call overwrites.
    """
    bits: Bits = scratch(_BITS_SLOT, (size,), np.uint32)
    shifted: Bits = scratch(_SHIFT_SLOT, (size,), np.uint32)
    np.add(_positions(size), np.uint32(key & 0xFFFFFFFF), out=bits)
    _round(bits, shifted)
    np.add(bits, np.uint32(key >> 32), out=bits)
    _round(bits, shifted)
    return bits


def standard_normal(key: int, size: int, dtype: DTypeLike, scratch: Scratch) -> NDArray[Any]:
    """A number from N(0, 1) for each of the positions 0 to ``size - 1``.

    ``√(−2 ln u) · cos(2πv)`` for u and v uniform on (0, 1] (Box & Muller, 1958), from two numbers of
    32 bits; so none is beyond ±6.8.

    Args:
        key: See :meth:`Noise.key`.
        size: How many numbers.
        dtype: float32 or float64.
        scratch: Hands out arrays that may hold anything.

    Returns:
        ``(size,)``, in a scratch array that the next call overwrites.
    """
    normal: NDArray[Any] = scratch(_NORMAL_SLOT, (size,), dtype)
    angle: NDArray[Any] = scratch(_ANGLE_SLOT, (size,), dtype)
    _uniform(random_bits(key, size, scratch), normal)
    np.log(normal, out=normal)
    np.multiply(normal, normal.dtype.type(-2), out=normal)
    np.sqrt(normal, out=normal)
    _uniform(random_bits(mix(key), size, scratch), angle)
    np.multiply(angle, angle.dtype.type(2 * math.pi), out=angle)
    np.cos(angle, out=angle)
    np.multiply(normal, angle, out=normal)
    return normal


def _uniform(bits: Bits, out: NDArray[Any]) -> None:
    """Numbers in (0, 1]: the middles of 2³² equal parts, rounded."""
    np.add(bits, out.dtype.type(0.5), out=out, dtype=out.dtype, casting="unsafe")
    np.multiply(out, out.dtype.type(2**-32), out=out)


def _round(x: Bits, t: Bits) -> None:
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        np.right_shift(x, np.uint32(shift), out=t)
        np.bitwise_xor(x, t, out=x)
        np.multiply(x, np.uint32(factor), out=x)
    np.right_shift(x, np.uint32(16), out=t)
    np.bitwise_xor(x, t, out=x)


@lru_cache(maxsize=32)
def _rising(capacity: int) -> Bits:
    positions = np.arange(capacity, dtype=np.uint32)
    positions.flags.writeable = False
    return positions


def _positions(size: int) -> Bits:
    """0, 1, 2, ... from a table that is shared by all arrays of up to its size."""
    return _rising(1 << max(10, (size - 1).bit_length()))[:size]
