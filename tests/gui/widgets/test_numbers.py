from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.widgets import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.171, "0.171"),
        (0.0331, "0.0331"),
        (2850.4, "2,850"),
        (24, "24.0"),
        (1.2345, "1.23"),
        (9.999, "10.0"),
        (99.96, "100"),
        (0.9999, "1.00"),
        (4.13e-4, "4.1e-4"),
        (1e-4, "1e-4"),
        (-0.16, "−0.160"),
        (0, "0"),
        (123456.7, "123,457"),
        (12345678.0, "1.2e7"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_number_keeps_three_significant_digits(value: float, text: str) -> None:
    assert numbers.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (640, "640"),
        (12_500, "12.5 k"),
        (62_006, "62 k"),
        (112_896, "113 k"),
        (3_764_000, "3.76 M"),
        (999_700, "1 M"),
        (0, "0"),
        (1_610_000, "1.61 M"),
        (2.5e9, "2.5 G"),
        (7.3e15, "7300 T"),
    ],
)
def test_compact_counts(value: float, text: str) -> None:
    assert numbers.compact(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.898, "89.8%"),
        (1.0, "100.0%"),
        (0.99999, "99.9%"),
        (0.0, "0.0%"),
        (-0.02, "−2.0%"),
        (math.nan, "NaN"),
    ],
)
def test_percent_never_rounds_up_to_the_whole(fraction: float, text: str) -> None:
    assert numbers.percent(fraction) == text


@pytest.mark.parametrize(("value", "text"), [(0.014, "+0.014"), (-0.003, "−0.003"), (-0.0001, "0.000")])
def test_changes_have_their_sign(value: float, text: str) -> None:
    assert numbers.signed(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(67, "1:07"), (15.4, "0:15"), (3723, "1:02:03"), (59.7, "1:00"), (math.inf, "?")]
)
def test_durations(seconds: float, text: str) -> None:
    assert numbers.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0008, "0.8 ms"), (0.012, "12 ms"), (1.9, "1.9 s"), (160, "2:40"), (math.nan, "?")],
)
def test_elapsed_times(seconds: float, text: str) -> None:
    assert numbers.elapsed(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(340, "340 B"), (34e6, "34 MB"), (1.1e9, "1.1 GB"), (999_600, "1.0 MB")]
)
def test_sizes_of_files(amount: float, text: str) -> None:
    assert numbers.size(amount) == text


def test_shapes_counts_and_columns() -> None:
    assert numbers.shape((28, 28, 1)) == "28×28×1"
    assert numbers.shape((None, 10)) == "?×10"
    assert numbers.count(4896) == "4,896"
    assert numbers.count(-12) == "−12"
    assert numbers.fixed(0.0331) == "0.033"
    assert numbers.fixed(-1234.5, 1) == "−1,234.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-3, "0.001"),
        (1e-4, "1e-4"),
        (4.1e-4, "4.1e-4"),
        (1.0, "1"),
        (0, "0"),
        (0.12345, "0.12345"),
        (-2.5, "−2.5"),
        (1e6, "1e6"),
        (123456, "123456"),
        (1 / 3, "0.333"),
        (100000, "100000"),
    ],
)
def test_field_text(value: float, text: str) -> None:
    assert numbers.field_text(value) == text


@given(st.integers(1, 999_999), st.integers(-9, 6), st.sampled_from((1, -1)))
def test_a_field_reads_back_what_it_shows(mantissa: int, exponent: int, sign: int) -> None:
    value = float(f"{sign * mantissa}e{exponent}")
    assert float(numbers.field_text(value).replace(numbers.MINUS, "-")) == value
