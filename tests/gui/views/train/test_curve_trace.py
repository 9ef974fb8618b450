from __future__ import annotations

import math

import numpy as np
import pytest

from nnstudio.gui.views.train.curve_trace import BatchTrace, Growing, Trace


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def filled(y: np.ndarray, portion: int = 97) -> Trace:
    trace = Trace()
    for start in range(0, len(y), portion):
        stop = min(start + portion, len(y))
        trace.extend(np.arange(start, stop) / 100, y[start:stop])
    return trace


def test_growing_keeps_all_values_in_order() -> None:
    vector = Growing()
    for start in range(0, 3000, 7):
        vector.extend(np.arange(start, min(start + 7, 3000), dtype=float))
    assert vector.values.tolist() == list(range(3000))


def test_thinning_keeps_every_peak() -> None:
    y = noise(200_000)
    y[123_457], y[7] = 50.0, -50.0
    x, thin = filled(y).thinned(0, math.inf, 600)
    assert len(thin) <= 1300
    assert thin.max() == 50.0
    assert thin.min() == -50.0
    assert (np.diff(x) >= 0).all()


def test_thinned_buckets_hold_the_extremes_of_their_points() -> None:
    y = noise(10_000)
    x, thin = filled(y).thinned(0, math.inf, 200)
    starts = np.round(x[::2] * 100).astype(int)
    ends = np.append(starts[1:], len(y))
    for start, end, low, high in zip(starts, ends, thin[0::2], thin[1::2], strict=True):
        assert low == y[start:end].min()
        assert high == y[start:end].max()


def test_a_close_look_gives_the_points_themselves_and_one_to_each_side() -> None:
    y = noise(5000)
    x, close = filled(y).thinned(10.0, 10.5, 600)
    assert x.tolist() == (np.arange(999, 1052) / 100).tolist()
    assert close.tolist() == y[999:1052].tolist()


@pytest.mark.parametrize("portion", [1, 2, 97, 5000])
def test_the_pyramid_does_not_depend_on_how_the_points_came(portion: int) -> None:
    y = noise(5000)
    for a, b in zip(filled(y, portion).thinned(3, 40, 300), filled(y).thinned(3, 40, 300), strict=True):
        assert a.tolist() == b.tolist()


def test_infinite_and_missing_values_are_gaps_that_hide_no_peak() -> None:
    y = noise(4096)
    y[1000:1100] = np.nan
    y[2000] = np.inf
    y[2001] = 9.0
    trace = filled(y)
    _, thin = trace.thinned(0, math.inf, 50)
    assert np.nanmax(thin) == 9.0
    assert trace.bounds() == (np.nanmin(y), 9.0)
    assert not np.isinf(thin).any()


def test_a_trace_without_a_finite_value_has_no_bounds_and_no_last_point() -> None:
    trace = Trace()
    assert trace.bounds() is None
    trace.extend([1.0, 2.0], [math.nan, math.inf])
    assert trace.bounds() is None
    assert trace.last is None


def test_last_skips_gaps() -> None:
    trace = Trace()
    trace.extend([1.0, 2.0, 3.0], [0.5, 0.4, math.nan])
    assert trace.last == (2.0, 0.4)


def test_cutting_and_going_on_is_as_if_it_had_never_been_longer() -> None:
    y = noise(3000)
    trace = filled(y)
    trace.cut(12.34)
    assert len(trace) == 1235
    trace.extend(np.arange(1235, 3000) / 100, y[1235:])
    for a, b in zip(trace.thinned(0, 99, 200), filled(y).thinned(0, 99, 200), strict=True):
        assert a.tolist() == b.tolist()


def batches(y: np.ndarray, most: int, portion: int = 97) -> BatchTrace:
    trace = BatchTrace(most)
    for start in range(0, len(y), portion):
        part = y[start : start + portion]
        trace.extend(np.arange(start, start + len(part)), part)
    return trace


@pytest.mark.parametrize("portion", [1, 13, 700, 100_000])
def test_a_run_of_any_length_is_kept_in_bounded_room(portion: int) -> None:
    y = noise(50_000)
    trace = batches(y, 1000, portion)
    assert 250 < len(trace) <= 1000
    assert len(y) - trace.x[-1] <= 2 * len(y) / 250  # what waits for its bucket to fill


def test_what_stays_of_a_long_run_are_true_points_and_all_peaks() -> None:
    y = noise(50_000)
    y[31_007], y[5] = 50.0, -50.0
    trace = batches(y, 1000)
    assert (np.diff(trace.x) >= 0).all()
    assert trace.y.tolist() == y[trace.x.astype(int)].astype(np.float32).tolist()
    assert trace.bounds() == (-50.0, 50.0)


def test_the_beginning_of_a_long_run_is_kept_as_densely_as_its_end() -> None:
    trace = batches(noise(50_000), 1000)
    halves = np.searchsorted(trace.x, trace.x[-1] / 2)
    assert abs(2 * halves - len(trace)) < 0.1 * len(trace)


def test_a_run_below_the_bound_keeps_every_batch() -> None:
    y = noise(1000)
    trace = batches(y, 1000)
    assert trace.y.tolist() == y.astype(np.float32).tolist()


def test_gaps_of_a_long_run_hide_no_peak() -> None:
    y = noise(5000)
    y[1000:2000] = np.nan
    y[1500] = 9.0
    trace = batches(y, 500)
    assert trace.bounds() == (np.float32(np.nanmin(y)), 9.0)
    assert np.isnan(trace.y).any()


def test_a_long_run_that_is_cut_forgets_what_lay_beyond_and_goes_on() -> None:
    y = noise(5000)
    trace = batches(y, 500)
    trace.cut(2500)
    assert trace.x[-1] <= 2500
    trace.extend(np.arange(2501, 5000), y[2501:])
    assert (np.diff(trace.x) >= 0).all()
    assert 4900 < trace.x[-1] < 5000
