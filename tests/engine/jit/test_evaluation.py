"""Evaluation on the compiled path gives NumPy's figures, for any number of samples."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit import evaluation
from nnstudio.engine.ops.jit.evaluation import JitEvaluator
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Dense, Dropout, Flatten
from tests.engine.jit.helpers import noise_data, project_of

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

LAYERS = (Flatten(), Dense(40, "relu"), Dropout(0.5), Dense(30, "gelu"), Dense(5))


def model_of(project: ProjectSpec, samples: int = 3000) -> tuple[Model, np.ndarray, np.ndarray]:
    """An untrained model with samples and labels."""
    data = noise_data(samples, project.network.input_shape, 5)
    prepared = prepare_dataset(data, project.data)
    return Trainer(project, prepared).model, data.train.x, data.train.y


@pytest.mark.parametrize("count", [0, 1, 3, 16, 17, 1024, 1025, 2500])
@pytest.mark.parametrize("floats", [False, True], ids=["bytes", "floats"])
def test_loss_accuracy_and_probabilities_are_numpys(kernels, monkeypatch, count: int, floats: bool):
    model, x, y = model_of(project_of(LAYERS, (4, 3, 2)))
    x = x.astype(np.float64) if floats else x
    expected = model.evaluate(x[:count], y[:count])
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")
    again = Model(model.network, model.weights, model.classes, model.scaling)
    found = again.evaluate(x[:count], y[:count])
    assert (again._fast_passes(count) is None) == (count == 0)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=2e-5, atol=1e-7)
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert found.accuracy == expected.accuracy
    np.testing.assert_array_equal(again.predict(x[:count]), found.probabilities)
    scaled = model.scaling.apply(x[:count])
    np.testing.assert_allclose(
        again.predict(scaled, scaled=True), expected.probabilities, rtol=2e-5, atol=1e-7
    )


def test_a_sample_has_the_same_outputs_in_any_company(kernels, monkeypatch):
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")
    model, x, _ = model_of(project_of(LAYERS, (4, 3, 2)))
    whole = model.predict(x)
    for count in (1, 5, 40):
        np.testing.assert_array_equal(model.predict(x[:count]), whole[:count])


@pytest.mark.parametrize("instructions", ["native", "AVX2"])
def test_kernels_packed_for_many_samples_give_the_same_bits_and_follow_the_weights(
    kernels, avx2_kernels, instructions: str
):
    project = project_of((Flatten(), Dense(131, "relu"), Dense(67, "tanh"), Dense(5)), (30, 20, 1))
    model, x, _ = model_of(project, samples=evaluation.PACKED_SAMPLES + 500)
    code = kernels if instructions == "native" else avx2_kernels
    evaluator = JitEvaluator(model.network, model.weights, model.scaling, code)
    for _ in range(2):
        _, _, packed = evaluator.evaluate(x)
        _, _, as_they_lie = evaluator.evaluate(x[:100])
        np.testing.assert_array_equal(packed[:100], as_they_lie)
        model.weights *= np.float32(0.5)
    assert len(x) >= evaluation.PACKED_SAMPLES


@pytest.mark.parametrize("portion", [1, 300_000])
def test_figures_dont_depend_on_how_much_is_done_in_one_go(kernels, monkeypatch, portion: int):
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")
    model, x, y = model_of(project_of(LAYERS, (4, 3, 2)))
    whole = model.evaluate(x, y)
    monkeypatch.setattr(evaluation, "PORTION", portion)
    parts = Model(model.network, model.weights, model.classes, model.scaling).evaluate(x, y)
    assert (parts.loss, parts.accuracy) == (whole.loss, whole.accuracy)
    np.testing.assert_array_equal(parts.probabilities, whole.probabilities)


def test_one_sigmoid_output_stands_for_two_classes(kernels, monkeypatch):
    project = project_of((Dense(9, "tanh"), Dense(1, "sigmoid")), (6,), loss="BinaryCrossentropy")
    data = noise_data(100, (6,), 2)
    model = Trainer(project, prepare_dataset(data, project.data)).model
    expected = model.evaluate(data.train.x, data.train.y)
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")
    found = Model(model.network, model.weights, model.classes, model.scaling).evaluate(
        data.train.x, data.train.y
    )
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=1e-5)
    assert (found.loss, found.accuracy) == pytest.approx((expected.loss, expected.accuracy), rel=1e-5)


def test_weights_that_overflow_give_figures_all_the_same(kernels):
    project = project_of((Dense(8), Dense(5)), (6,))
    data = prepare_dataset(noise_data(3000, (6,), 5), project.data)
    network = Network(project.network, project.train.loss)
    weights = np.full(network.size, 1e30, np.float32)
    loss, accuracy = JitEvaluator(network, weights, data.scaling, kernels, threads=2).measure(data.train)
    assert not np.isfinite(loss)
    assert 0 <= accuracy <= 1
