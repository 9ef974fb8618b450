from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data.balance import evenness, imbalance_ratio, missing_classes


def test_figures_of_uneven_classes() -> None:
    counts = (60, 30, 0, 10)
    assert imbalance_ratio(counts) == 6
    assert missing_classes(counts) == (2,)
    assert evenness(counts) == pytest.approx(0.6478, abs=1e-4)  # 1.2955 bits of 2


@pytest.mark.parametrize("counts", [(), (0, 0), (7,), (5, 5, 5)])
def test_nothing_to_compare_counts_as_even(counts: tuple[int, ...]) -> None:
    assert imbalance_ratio(counts) == 1
    assert evenness(counts) == pytest.approx(1)


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=50))
def test_figures_stay_within_their_bounds(counts: list[int]) -> None:
    assert imbalance_ratio(counts) >= 1
    assert 0 <= evenness(counts) <= 1 + 1e-12
    assert len(missing_classes(counts)) == counts.count(0)
