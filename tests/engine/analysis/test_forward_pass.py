from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.analysis import layer_passes, worked_pass
from nnstudio.engine.model import Model
from nnstudio.errors import DataError
from nnstudio.layers import Activation, Dense, Input
from tests.engine.analysis import models
from tests.engine.test_network import s5_example


def test_the_worked_example_of_s5_with_all_its_numbers():
    network, weights = s5_example()
    model = Model(network, weights, ("no", "yes"), models.Scaling())
    entry, hidden, out = worked_pass(model, [1, 2])
    assert entry.y.tolist() == [[1, 2]]
    assert hidden.x.tolist() == [[1, 2]]
    assert hidden.weights["kernel"].T.tolist() == [[5, 10], [1, 0], [3, 4]]
    assert hidden.z.tolist() == [[30, -4, 10]]
    assert hidden.function.name == "relu"
    assert hidden.y.tolist() == out.x.tolist() == [[30, 0, 10]]
    assert out.z.tolist() == [[13]]
    assert out.function.name == "sigmoid"
    assert out.y[0, 0] == pytest.approx(0.999998, abs=5e-7)
    assert out.y[0, 0] == 1 / (1 + np.exp(-13.0))
    assert hidden.z.dtype == np.float64


@pytest.mark.parametrize(
    "make", [models.dense, models.convolutional, models.pooled, models.residual, models.binary]
)
def test_the_last_layer_gives_the_probabilities_of_the_model(make):
    model = make()
    x = models.images(4) if len(model.network.input_shape) == 3 else np.ones((4, 6))
    last = model.spec.layers[-1]
    y = list(layer_passes(model, x).values())[-1].y
    if last.activation_function().name == "linear":  # the loss applies its softmax behind it
        y = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(y[:, -1], model.predict(x)[:, -1], rtol=1e-5)


def test_both_sides_of_an_activation_are_seen_as_field_and_as_card():
    model = models.dense()
    passes = layer_passes(model, np.ones((2, 6)))
    assert list(passes) == ["input", "dense", "dense_1", "gelu", "dropout", "dense_2"]
    field, linear, card = passes["dense"], passes["dense_1"], passes["gelu"]
    np.testing.assert_allclose(field.y, np.tanh(field.z), rtol=1e-6)
    np.testing.assert_array_equal(linear.z, linear.y)
    np.testing.assert_array_equal(card.z, linear.y)
    assert not np.array_equal(card.y, card.z)
    np.testing.assert_array_equal(passes["dropout"].y, card.y)  # evaluation: nothing is dropped


def test_only_the_layers_asked_for_and_in_batches_as_at_once(monkeypatch: pytest.MonkeyPatch):
    model, x = models.convolutional(), models.images(7)
    whole = layer_passes(model, x)
    monkeypatch.setattr("nnstudio.engine.analysis.passes._SAMPLES", 3)
    some = layer_passes(model, x, ["last", "max_pool"])
    assert sorted(some) == ["last", "max_pool"]
    for name, one in some.items():
        assert len(one.y) == 7
        np.testing.assert_allclose(one.y, whole[name].y, rtol=1e-5, atol=1e-6)


def test_a_disabled_layer_computes_nothing_and_says_so():
    layers = (Input(shape=(4,)), Dense(units=4, disabled=True, name="off"), Dense(units=2), Activation())
    model = models.model_of(*layers)
    assert list(layer_passes(model, np.ones((1, 4)))) == ["input", "dense", "relu"]
    with pytest.raises(DataError, match=r"no layer called 'off'.*input, dense, relu"):
        layer_passes(model, np.ones((1, 4)), ["off"])


def test_a_sample_of_another_shape_is_refused():
    network, weights = s5_example()
    with pytest.raises(DataError, match=r"\(N, 2\)"):
        worked_pass(Model(network, weights, ("no", "yes"), models.Scaling()), [1, 2, 3])
