"""Random numbers as a function of key and position."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.noise import Noise, mix, random_bits


def bits(key: int, size: int) -> np.ndarray:
    return random_bits(key, size, NumpyOps().scratch).copy()


def test_equal_keys_give_equal_bits_and_a_longer_array_begins_like_a_shorter_one():
    key = Noise(7, step=3).key(2)
    assert key == Noise(7, step=3).key(2)
    np.testing.assert_array_equal(bits(key, 5000)[:100], bits(key, 100))


def test_seed_step_and_layer_each_change_the_bits():
    keys = {Noise(seed, step).key(layer) for seed in range(5) for step in range(50) for layer in range(8)}
    assert len(keys) == 5 * 50 * 8


def test_mix_is_a_bijection_on_a_sample_and_changes_half_of_the_bits():
    values = [mix(i) for i in range(10_000)]
    assert len(set(values)) == len(values)
    flips = [bin(mix(i) ^ mix(i ^ (1 << (i % 64)))).count("1") for i in range(2_000)]
    assert np.mean(flips) == pytest.approx(32, abs=0.5)


def test_bits_are_uniform_and_neighbours_and_steps_are_uncorrelated():
    n = 200_000
    rows = np.stack([bits(Noise(1, step).key(0), n) for step in range(4)]) / 2**32
    counts = np.histogram(rows[0], bins=64, range=(0, 1))[0]
    chi_square = float(((counts - n / 64) ** 2 / (n / 64)).sum())
    assert chi_square < 63 + 5 * np.sqrt(2 * 63)
    limit = 5 / np.sqrt(n)
    assert np.abs(np.corrcoef(rows) - np.eye(4)).max() < limit
    assert abs(np.corrcoef(rows[0][:-1], rows[0][1:])[0, 1]) < limit


@pytest.mark.parametrize("bit", range(32))
def test_every_bit_is_set_half_of_the_time(bit: int):
    share = float(((bits(Noise(2).key(5), 50_000) >> np.uint32(bit)) & 1).mean())
    assert share == pytest.approx(0.5, abs=0.012)
