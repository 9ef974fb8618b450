from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.data import duplicates as duplicates_module
from nnstudio.data.dataset import Part
from nnstudio.data.duplicates import find_duplicates


def part(values: list[tuple[int, int]], dtype: type = np.uint8) -> Part:
    x = np.array([[value] * 3 for value, _ in values], dtype).reshape(-1, 3)
    return Part(x, np.array([label for _, label in values], np.int64))


def test_duplicates_are_found_with_their_first_twin() -> None:
    found = find_duplicates(part([(5, 0), (7, 1), (5, 0), (9, 1)]), part([(9, 0), (4, 1), (5, 0)]))
    assert (found.test.tolist(), found.train.tolist()) == ([0, 2], [3, 0])
    assert found.contradictory.tolist() == [True, False]


def test_minus_zero_is_zero() -> None:
    train, test = part([(0, 0)], np.float32), part([(0, 0)], np.float32)
    assert len(find_duplicates(train, Part(-test.x, test.y))) == 1


def test_equal_hashes_of_other_samples_are_no_duplicates() -> None:
    before = duplicates_module._keys
    try:
        duplicates_module._keys = lambda part, tell: np.zeros(len(part), np.uint64)
        found = find_duplicates(part([(1, 0), (2, 0), (3, 0)]), part([(2, 0), (8, 0)]))
    finally:
        duplicates_module._keys = before
    assert (found.test.tolist(), found.train.tolist()) == ([0], [1])


def test_nothing_to_compare_finds_nothing() -> None:
    assert len(find_duplicates(part([(1, 0)]), part([]))) == 0
    assert len(find_duplicates(part([]), part([]))) == 0


SETS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), max_size=12)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(SETS, SETS, st.randoms(use_true_random=False))
def test_they_are_those_that_a_comparison_of_all_pairs_finds(
    train: list[tuple[int, int]], test: list[tuple[int, int]], random: object
) -> None:
    found = find_duplicates(part(train), part(test).select(np.arange(len(test))[::-1].copy()))
    backwards = test[::-1]
    expected = [
        (place, next(i for i, (other, _) in enumerate(train) if other == value))
        for place, (value, _) in enumerate(backwards)
        if value in {other for other, _ in train}
    ]
    assert list(zip(found.test.tolist(), found.train.tolist(), strict=True)) == expected
