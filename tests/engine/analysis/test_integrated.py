from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nnstudio.engine.analysis import input_gradients, integrated_gradients
from nnstudio.engine.analysis.integrated import TOLERANCE
from nnstudio.engine.model import Model
from nnstudio.errors import DataError
from nnstudio.layers import Dense, Input
from tests.engine.analysis import models


@pytest.mark.parametrize("make", [models.convolutional, models.pooled, models.residual, models.binary])
@pytest.mark.parametrize("against", [None, 0])
def test_attributions_add_up_to_the_difference_from_the_baseline(make: Callable[[], Model], against):
    model, x = make(), models.images(4)
    model.weights[:] *= 4
    result = integrated_gradients(model, x, 1, against, baseline=20)
    difference = result.output - result.baseline_output
    np.testing.assert_allclose(result.values.sum(axis=(1, 2, 3)), difference, rtol=TOLERANCE, atol=TOLERANCE)
    assert result.complete.all()
    assert np.abs(difference).max() > 0.3


def test_they_add_up_for_a_network_whose_logits_have_an_activation_too():
    model = models.model_of(Input(shape=(6,)), Dense(units=8, activation="tanh"), Dense(3, "tanh"))
    result = integrated_gradients(model, np.arange(12).reshape(2, 6) * 20, 1)
    assert np.abs(result.output - result.baseline_output).min() > 0.02
    assert result.gap.max() < 1e-3


def test_of_a_linear_network_they_are_weight_times_difference_with_a_single_step():
    model = models.model_of(Input(shape=(4,)), Dense(units=3), scaling=models.Scaling(1.0, 0.5))
    kernel = model.network.views(model.weights)["dense"]["kernel"]
    x, baseline = np.random.default_rng(0).standard_normal((2, 2, 4))
    baseline = baseline[0]
    result = integrated_gradients(model, x, 2, baseline=baseline, steps=1)
    np.testing.assert_allclose(result.values, kernel[:, 2] * (x - baseline) * 0.5, rtol=1e-4, atol=1e-6)


def test_steps_are_doubled_until_the_sum_is_complete(monkeypatch: pytest.MonkeyPatch):
    model = models.model_of(Input(shape=(1,)), Dense(units=40, activation="relu"), Dense(units=2))
    model.weights[:] = np.random.default_rng(4).standard_normal(len(model.weights)) * 3
    x = [[255.0]]
    assert integrated_gradients(model, x, 1, baseline=-255, steps=1).complete.all()
    monkeypatch.setattr("nnstudio.engine.analysis.integrated.MAX_STEPS", 1)
    cut = integrated_gradients(model, x, 1, baseline=-255, steps=1)
    assert not cut.complete.any()  # and it says so
    assert cut.gap[0] == pytest.approx(
        abs(cut.values.sum() - (cut.output - cut.baseline_output)[0]), rel=1e-4
    )


def test_a_sample_equal_to_the_baseline_has_no_attributions():
    model, x = models.convolutional(), models.images(2)
    result = integrated_gradients(model, x[:1], 1, baseline=x[0])
    assert not result.values.any()
    assert result.complete.all()
    assert np.abs(input_gradients(model, x[:1], 1)).max() > 0


def test_weights_that_overflow_end_at_once_and_incomplete():
    model = models.convolutional()
    model.weights[:] = 3e38
    assert not integrated_gradients(model, models.images(1), 1).complete.any()


@pytest.mark.parametrize("steps", [0, 2000])
def test_steps_out_of_range_are_refused(steps: int):
    with pytest.raises(DataError, match="1 to 1024"):
        integrated_gradients(models.binary(), models.images(1), steps=steps)


def test_a_baseline_of_another_shape_is_refused():
    with pytest.raises(DataError, match=r"\(N, 8, 9, 2\)"):
        integrated_gradients(models.binary(), models.images(1), baseline=np.zeros((8, 9)))
