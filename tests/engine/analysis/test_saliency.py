from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from nnstudio.data.batches import Scaling
from nnstudio.engine.analysis import (
    input_gradients,
    integrated_gradients,
    saliency_map,
    smooth_gradients,
)
from nnstudio.engine.gradcheck import TOLERANCE, directional_error
from nnstudio.engine.model import Model
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import DataError
from nnstudio.layers import Dense, Input
from tests.engine.analysis import models
from tests.helpers import clouds, small_data, small_project

MAKERS = [models.dense, models.convolutional, models.pooled, models.residual, models.binary]


@pytest.mark.parametrize("make", MAKERS)
def test_gradients_of_the_input_agree_with_central_differences(make: Callable[[], Model]):
    network, random = make().network, np.random.default_rng(0)
    weights = make().weights.astype(np.float64)
    workspace = network.workspace(weights, 3, input_gradient=True)
    x = random.standard_normal((3, *network.input_shape))
    rows = random.standard_normal((3, *network.output_shape))
    workspace.forward(x)
    gradient = workspace.backward(rows.copy()).copy()
    for _ in range(3):
        error = directional_error(lambda: float((workspace.forward(x) * rows).sum()), x, gradient, random)[2]
        assert error <= TOLERANCE


def test_a_linear_network_has_its_kernel_as_gradient_whatever_the_scaling():
    model = models.model_of(Input(shape=(4,)), Dense(units=3), scaling=Scaling(3.0, 0.1))
    kernel = model.network.views(model.weights)["dense"]["kernel"]
    x = np.random.default_rng(0).standard_normal((2, 4))
    np.testing.assert_allclose(input_gradients(model, x, [0, 2]), kernel.T[[0, 2]])
    np.testing.assert_allclose(input_gradients(model, x, [0, 2], 1), kernel.T[[0, 2]] - kernel.T[1])
    np.testing.assert_allclose(smooth_gradients(model, x, [0, 2]), kernel.T[[0, 2]], rtol=1e-5)


def test_without_a_class_each_samples_most_probable_one_is_explained():
    model, x = models.convolutional(), models.images(40)
    best = model.predict(x).argmax(axis=1)
    assert len(set(best)) > 1
    np.testing.assert_array_equal(input_gradients(model, x), input_gradients(model, x, best))


def test_a_single_output_explains_both_classes():
    model, x = models.binary(), models.images()
    for_one = input_gradients(model, x, 1)
    np.testing.assert_array_equal(input_gradients(model, x, 0), -for_one)
    np.testing.assert_array_equal(input_gradients(model, x, 1, against=0), for_one)  # log p1/p0 is the logit
    assert np.abs(for_one).max() > 0


def test_batches_give_what_samples_give_one_by_one(monkeypatch: pytest.MonkeyPatch):
    model, x = models.convolutional(), models.images(7)
    whole = input_gradients(model, x, 1)
    monkeypatch.setattr("nnstudio.engine.analysis.passes._SAMPLES", 3)
    np.testing.assert_allclose(input_gradients(model, x, 1), whole, rtol=1e-5, atol=1e-7)


def test_nothing_of_the_model_changes_and_threads_may_explain_side_by_side():
    model, x = models.convolutional(), models.images(20)
    weights, probabilities = model.weights.copy(), model.predict(x)
    expected = [input_gradients(model, x, label) for label in range(4)]
    wrong = []

    def work(label: int) -> None:
        for _ in range(10):
            if not np.array_equal(input_gradients(model, x, label), expected[label]):
                wrong.append(label)

    threads = [threading.Thread(target=work, args=(label,)) for label in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    np.testing.assert_array_equal(model.weights, weights)
    np.testing.assert_array_equal(model.predict(x), probabilities)


def test_a_run_is_the_same_bit_for_bit_while_snapshots_of_it_are_explained():
    def train(watch) -> np.ndarray:
        trainer = Trainer(small_project(), small_data())
        for event in trainer.run():
            watch(trainer, event)
        return trainer.state.weights

    def explain(trainer: Trainer, event: object) -> None:
        network, weights = trainer.network, trainer.state.weights.copy()
        snapshot = Model(network, weights, trainer.data.classes, trainer.data.scaling)
        task = threading.Thread(target=integrated_gradients, args=(snapshot, clouds().test.x[:4]))
        task.start()
        tasks.append(task)

    tasks: list[threading.Thread] = []
    watched = train(explain)
    for task in tasks:
        task.join()
    assert len(tasks) >= 3
    np.testing.assert_array_equal(watched, train(lambda *_: None))


def test_smooth_gradients_without_noise_are_the_gradients_and_repeat_with_their_seed():
    model, x = models.convolutional(), models.images(2)
    plain = input_gradients(model, x, 2)
    np.testing.assert_allclose(smooth_gradients(model, x, 2, noise=0, copies=3), plain, rtol=1e-5, atol=1e-7)
    noisy = smooth_gradients(model, x, 2, copies=8)
    assert not np.allclose(noisy, plain, rtol=1e-2)
    np.testing.assert_array_equal(noisy, smooth_gradients(model, x, 2, copies=8))


def test_smooth_gradients_need_a_copy():
    with pytest.raises(DataError, match="1 or more"):
        smooth_gradients(models.dense(), np.zeros((1, 6)), copies=0)


def test_a_saliency_map_has_one_number_per_pixel():
    gradients = np.array([[[[1, -3], [0, 2]]]], np.float32)
    assert saliency_map(gradients).tolist() == [[[3, 2]]]
    assert saliency_map(np.array([[-1, 2]], np.float32)).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("label", "against", "words"),
    [
        (4, None, "0 to 3"),
        (-1, None, "received: -1"),
        (1.5, None, "whole numbers"),
        ([0, 1], None, "one class number, or 3"),
        (2, 2, "no lead over itself"),
        ([0, 1, 2], [3, 1, 3], "for sample 1"),
    ],
)
def test_classes_that_dont_fit_are_refused_in_words(label, against, words: str):
    with pytest.raises(DataError, match=words):
        input_gradients(models.convolutional(), models.images(3), label, against)


def test_samples_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"\(N, 8, 9, 2\)"):
        input_gradients(models.convolutional(), np.zeros((3, 8, 9)))


def test_no_samples_have_no_gradients():
    assert input_gradients(models.convolutional(), models.images(0)).shape == (0, 8, 9, 2)
