"""Histograms and layer figures: values by hand, against NumPy, and with awkward numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnstudio.engine.statistics import (
    BINS,
    Histogram,
    LayerStatistics,
    RunStatistics,
    dead_share,
    first_nonfinite,
    histogram,
    on_shared_edges,
    saturated_share,
    summarise,
)

floats = arrays(
    np.float32,
    st.integers(1, 400),
    elements=st.floats(-(2.0**100), 2.0**100, width=32) | st.floats(-2, 2, width=32),
)


@given(floats)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_a_histogram_counts_as_numpy_does(values: np.ndarray):
    found = histogram(values)
    exact = values.astype(np.float64)
    assert sum(found.counts) == len(values)
    assert found.counts == tuple(np.histogram(exact, np.array(found.edges))[0].tolist())


@given(floats, st.integers(0, 40))
@example(np.array([1.0], np.float32), 1)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_wider_bins_need_no_values(values: np.ndarray, doublings: int):
    found = histogram(values)
    wide = found.within(found.limit * 2.0**doublings)
    assert wide.limit == found.limit * 2.0**doublings
    assert wide.counts == tuple(np.histogram(values.astype(np.float64), np.array(wide.edges))[0].tolist())


def test_histograms_are_brought_to_the_widest_range():
    small, large = on_shared_edges([histogram([0.1, -0.1]), histogram([3.0])])
    assert small.edges == large.edges
    assert small.limit == 4.0
    assert sum(small.counts) == 2
    assert on_shared_edges([]) == ()


def test_the_range_is_a_power_of_two_with_zero_on_an_edge():
    found = histogram([0.7, 0.0])
    assert found.limit == 1.0
    assert len(found.counts) == BINS
    assert found.counts[BINS // 2] == 1  # 0 belongs to the bin above it
    assert histogram([1.0]).limit == 2.0  # above every value, so that none lies on the last edge
    assert histogram([1.0]).counts[BINS * 3 // 4] == 1


def test_zeros_alone_and_nothing_at_all_have_a_histogram():
    assert sum(histogram(np.zeros(5)).counts) == 5
    assert sum(histogram(np.zeros(0)).counts) == 0
    assert isinstance(histogram(np.zeros(0)), Histogram)


@given(floats)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_figures_are_those_of_numpy_in_float64(values: np.ndarray):
    found, exact = summarise(values), values.astype(np.float64)
    scale = float(np.abs(exact).max())
    assert found.mean == pytest.approx(exact.mean(), rel=1e-9, abs=1e-12 * scale)
    assert found.std == pytest.approx(exact.std(), rel=1e-6, abs=1e-7 * scale)
    assert found.norm == pytest.approx(np.linalg.norm(exact), rel=1e-9)
    assert found.rms == pytest.approx(np.sqrt((exact**2).mean()), rel=1e-9)
    assert found.largest == scale
    assert found.nonfinite == 0


def test_arrays_of_one_layer_are_taken_together():
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(300, 500)).astype(np.float32), rng.normal(size=500).astype(np.float32)
    assert summarise(kernel, bias) == summarise(np.concatenate([kernel.ravel(), bias]))


def test_figures_are_of_the_finite_values_and_say_how_many_are_not():
    found = summarise(np.array([1.0, np.nan, -3.0, np.inf, -np.inf, 2.0], dtype=np.float32))
    assert found.size == 6
    assert found.nonfinite == pytest.approx(0.5)
    assert found.mean == pytest.approx(0)
    assert found.largest == 3
    assert sum(found.histogram.counts) == 3
    nothing = summarise(np.full(4, np.nan))
    assert (nothing.nonfinite, nothing.norm, nothing.rms) == (1, 0, 0)


def test_large_values_dont_overflow():
    assert summarise(np.full(10, 1e30, dtype=np.float32)).norm == pytest.approx(1e30 * math.sqrt(10))


def test_a_unit_is_dead_if_it_is_zero_for_all_samples_and_positions():
    outputs = np.zeros((4, 2, 2, 3), dtype=np.float32)
    outputs[3, 1, 0, 1] = 1e-9
    assert dead_share(outputs) == pytest.approx(2 / 3)
    assert dead_share(np.full((2, 5), np.nan)) == 0


def test_saturation_is_measured_by_the_slope():
    """The slope of tanh is 1 − y², that of sigmoid y(1 − y), at most 1/4; 5 % of the largest counts."""
    z = np.linspace(-8, 8, 4001)
    tanh, sigmoid = np.tanh(z), 1 / (1 + np.exp(-z))
    assert saturated_share("tanh", tanh) == pytest.approx(np.mean(1 - tanh**2 < 0.05), abs=1e-3)
    slope = sigmoid * (1 - sigmoid)
    assert saturated_share("sigmoid", sigmoid) == pytest.approx(np.mean(slope < 0.05 / 4), abs=1e-3)
    assert saturated_share("sigmoid", np.full(3, 0.5)) == 0


def layer(name: str = "dense", *, weights=(1.0,), outputs=(1.0,), gradients=(1.0,), update=None):
    return LayerStatistics(
        name,
        "Dense",
        "relu",
        summarise(np.array(outputs)),
        summarise(np.array(weights)),
        summarise(np.array(gradients)),
        update,
    )


def test_the_update_ratio_is_the_logarithm_of_change_to_weight():
    assert layer(weights=(3, 4), update=0.005).update_ratio == pytest.approx(-3)
    assert layer(update=0.0).update_ratio == -math.inf
    assert layer(weights=(0, 0), update=1.0).update_ratio is None
    assert layer(update=None).update_ratio is None
    assert layer(update=math.inf).update_ratio is None
    assert layer(weights=(np.nan, 1), update=1.0).update_ratio is None


NAN = (1.0, np.nan)


def test_the_first_layer_with_broken_outputs_is_named():
    layers = [layer("a"), layer("b", outputs=NAN), layer("c", outputs=NAN)]
    found = first_nonfinite(summarise([1.0]), layers)
    assert found is not None
    assert (found.layer, found.place, found.share) == ("b", "outputs", 0.5)


def test_of_broken_gradients_or_weights_the_last_layer_came_first():
    broken = [layer("a", gradients=NAN), layer("b", gradients=NAN), layer("c")]
    found = first_nonfinite(summarise([1.0]), broken)
    assert found is not None
    assert (found.layer, found.place) == ("b", "gradients")
    broken = [layer("a", weights=NAN, outputs=NAN), layer("b", weights=NAN, outputs=NAN)]
    found = first_nonfinite(summarise([1.0]), broken)
    assert found is not None
    assert (found.layer, found.place) == ("b", "weights")


def test_broken_input_is_named_before_everything_it_breaks():
    found = first_nonfinite(summarise(NAN), [layer("a", outputs=NAN)])
    assert found is not None
    assert (found.layer, found.place) == ("", "input")
    assert first_nonfinite(summarise([1.0]), [layer("a"), layer("b")]) is None


def test_a_run_is_summed_up_over_its_layers():
    layers = (layer("a", gradients=(3,), update=0.1), layer("b", gradients=(4,), update=0.001), layer("c"))
    run = RunStatistics(1, 0, 8, 0.5, summarise([1.0]), layers)
    assert run.gradient_norm == pytest.approx(math.hypot(3, 4, 1))
    assert run.update_ratio == pytest.approx(-1)
    assert run.nonfinite is None
    assert RunStatistics(1, 0, 8, 0.5, summarise([1.0]), ()).update_ratio is None
