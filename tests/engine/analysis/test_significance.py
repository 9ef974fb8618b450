from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.engine.analysis import mcnemar_test, wilson_interval
from nnstudio.errors import DataError

Z95 = 1.959963984540054


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_ends_are_the_shares_that_just_agree_with_the_hits(counts: tuple[int, int]):
    hits, n = counts
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    for end in (low, high):  # |p̂ − p| = z √(p(1 − p)/n)
        assert abs(hits / n - end) == pytest.approx(Z95 * math.sqrt(end * (1 - end) / n), abs=1e-7)


def test_wilson_grows_with_the_confidence_and_shrinks_with_the_samples():
    wide, narrow = wilson_interval(90, 100, 0.99), wilson_interval(90, 100, 0.5)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert wilson_interval(9000, 10_000)[0] > wilson_interval(90, 100)[0]
    assert wilson_interval(0, 0) == (0, 1)


@pytest.mark.parametrize(("hits", "n", "confidence"), [(5, 4, 0.9), (-1, 4, 0.9), (1, 4, 1.0), (1, 4, 0.0)])
def test_wilson_refuses_impossible_values(hits: int, n: int, confidence: float):
    with pytest.raises(DataError, match="allowed"):
        wilson_interval(hits, n, confidence)


def test_mcnemar_by_hand():
    labels = np.zeros(20, int)
    first, second = np.zeros(20, int), np.zeros(20, int)
    second[:8] = 1  # only the first is right
    first[8:10] = 1  # only the second is right
    first[10:13] = second[10:13] = 1  # both wrong
    result = mcnemar_test(labels, first, second)
    assert (result.samples, result.only_first, result.only_second) == (20, 8, 2)
    assert result.difference == pytest.approx(6 / 20)
    assert result.p_value == pytest.approx(2 * (1 + 10 + 45) / 2**10)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 1), (5, 5), (30, 12), (700, 621)])
def test_mcnemar_is_the_exact_binomial_test(b: int, c: int):
    labels = np.zeros(b + c + 1, int)
    first, second = labels.copy(), labels.copy()
    second[:b] = 1
    first[b : b + c] = 1
    n = b + c
    exact = float(min(Fraction(1), Fraction(2 * sum(math.comb(n, i) for i in range(min(b, c) + 1)), 2**n)))
    result = mcnemar_test(labels, first, second)
    assert result.p_value == pytest.approx(exact, rel=1e-9)
    assert mcnemar_test(labels, second, first).p_value == result.p_value


def test_predictions_for_other_samples_cant_be_compared():
    with pytest.raises(DataError, match="2 labels, 2 and 1 predictions"):
        mcnemar_test([0, 1], [0, 1], [0])
