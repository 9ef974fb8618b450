from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data.split import stratified


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=200),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_class_gives_its_share_to_within_one(labels: list[int], share: float, seed: int) -> None:
    y = np.array(labels, np.int64)
    chosen = stratified(y, share, seed, stream=1)
    assert len(chosen) == (max(1, round(share * len(y))) if share else 0)
    assert (np.diff(chosen) > 0).all()
    assert chosen.min(initial=0) >= 0
    assert chosen.max(initial=0) < len(y)
    exact = np.bincount(y) * (len(chosen) / len(y))
    assert (np.abs(np.bincount(y[chosen], minlength=len(exact)) - exact) < 1).all()


def test_with_balanced_classes_a_larger_draw_contains_every_smaller_one() -> None:
    y = np.arange(100, dtype=np.int64) % 5
    draws = [set(stratified(y, share, seed=3, stream=1)) for share in (0.1, 0.2, 0.55, 1)]
    assert draws[0] < draws[1] < draws[2] < draws[3] == set(range(100))


def test_the_draw_depends_on_seed_and_stream_alone() -> None:
    y = np.arange(1000, dtype=np.int64) % 10
    first = stratified(y, 0.3, seed=1, stream=1)
    np.testing.assert_array_equal(first, stratified(y, 0.3, seed=1, stream=1))
    for seed, stream in ((2, 1), (1, 2)):
        other = stratified(y, 0.3, seed, stream)
        assert 40 < len(np.intersect1d(first, other)) < 140  # 90 of 300 by chance


def test_the_draw_is_pinned_so_that_an_update_cannot_change_it() -> None:
    assert stratified(np.arange(12, dtype=np.int64) % 2, 0.5, seed=42, stream=1).tolist() == [
        1,
        2,
        5,
        8,
        10,
        11,
    ]


def test_the_draw_is_even() -> None:
    y = np.zeros(50, np.int64)
    times = np.zeros(50)
    for seed in range(400):
        times[stratified(y, 0.2, seed, 1)] += 1
    assert times.mean() == 80
    assert times.std() == pytest.approx(8, rel=0.35)  # binomial: sqrt(400 * 0.2 * 0.8)
