from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import feature_index, feature_layer, layer_passes, similar
from nnstudio.errors import Cancelled
from nnstudio.layers import Dense, Input
from tests.engine.analysis import models


@pytest.fixture
def part() -> Part:
    return Part(models.images(40), np.arange(40, dtype=np.int64) % 3)


def test_a_training_sample_is_most_similar_to_itself(part: Part):
    index = feature_index(models.convolutional(), part)
    for position in (0, 17, 39):
        found = index.nearest(part.x[position], 5)
        assert found[0].position == position
        assert found[0].label == position % 3
        assert found[0].similarity == pytest.approx(1, abs=1e-5)
        assert [one.similarity for one in found] == sorted((o.similarity for o in found), reverse=True)


def test_similarity_is_the_cosine_of_the_last_hidden_layers_outputs(part: Part):
    model = models.convolutional()
    layer = feature_layer(model.network)
    index = feature_index(model, part)
    outputs = layer_passes(model, part.x, [layer])[layer].y.reshape(40, -1)
    unit = outputs / np.maximum(np.linalg.norm(outputs, axis=1, keepdims=True), 1e-12)
    expected = unit @ unit[3]
    for one in index.nearest(part.x[3], 40):
        assert one.similarity == pytest.approx(float(expected[one.position]), abs=1e-4)


def test_many_samples_are_thinned_evenly(part: Part, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(similar, "MOST_SAMPLES", 5)
    index = feature_index(models.convolutional(), part)
    assert index.positions.tolist() == [0, 10, 20, 29, 39]


def test_indexing_can_be_cancelled(part: Part):
    def stop(message: str, share: float | None) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        feature_index(models.convolutional(), part, stop)


def test_a_network_of_one_layer_compares_its_inputs(part: Part):
    model = models.model_of(Input(shape=(6,)), Dense(units=3, activation="softmax"))
    assert feature_layer(model.network) == "input"
    x = np.random.default_rng(3).normal(size=(9, 6)).astype(np.float32)
    index = feature_index(model, Part(x, np.zeros(9, np.int64)))
    assert index.nearest(2 * x[4], 1)[0].position == 4
