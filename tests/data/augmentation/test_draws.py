from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.augmentation.draws import Draws, mix


def test_it_is_splitmix64() -> None:
    # the first outputs of the published generator for the seed 1234567
    states = (np.uint64(1234567) + np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)).astype(
        np.uint64
    )
    assert mix(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_the_numbers_of_a_sample_do_not_depend_on_its_company() -> None:
    rows = np.array([7, 3, 1_000_000, 3])
    together = Draws(5, 2, rows).uniform("shift", 3)
    for row, expected in zip(rows, together, strict=True):
        np.testing.assert_array_equal(Draws(5, 2, np.array([row])).uniform("shift", 3)[0], expected)
    np.testing.assert_array_equal(Draws(5, 2, rows).uniform("shift", 8)[:, :3], together)


def test_seed_epoch_purpose_and_row_all_count() -> None:
    rows = np.arange(2000)
    draws = [
        Draws(seed, epoch, rows + first).uniform(purpose, 1)[:, 0]
        for seed, epoch, purpose, first in [
            (1, 2, "a", 0),
            (2, 1, "a", 0),
            (1, 3, "a", 0),
            (1, 2, "b", 0),
            (1, 2, "a", 1),
        ]
    ]
    correlations = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(correlations).max() < 0.09  # 4 standard deviations of chance


def test_uniform_numbers_are_uniform() -> None:
    drawn = Draws(1, 1, np.arange(50_000)).uniform("x", 2)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts = np.histogram(drawn, bins=50, range=(0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 98  # chi-square, 49 degrees of freedom: once in 30,000 seeds


def test_signed_numbers_are_0_for_samples_left_alone() -> None:
    drawn = Draws(1, 1, np.arange(10_000)).signed("x", 0.3, 2)
    alone = (drawn == 0).all(axis=1)
    assert alone.mean() == pytest.approx(0.7, abs=0.02)
    assert np.abs(drawn[~alone].mean()) < 0.05
    assert drawn.min() < -0.99 < 0.99 < drawn.max()
