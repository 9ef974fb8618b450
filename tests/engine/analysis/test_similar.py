from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import (
    FeatureIndex,
    feature_index,
    feature_layer,
    features,
    layer_passes,
    similar,
)
from nnstudio.errors import Cancelled
from nnstudio.layers import Dense, Flatten, Input
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


def test_every_sample_is_looked_at_and_what_is_known_can_be_asked_meanwhile(part: Part, monkeypatch):
    monkeypatch.setattr(similar, "_BLOCK", 16)
    index = FeatureIndex(models.convolutional(), part)
    known: list[list[int]] = []

    def report(message: str, share: float | None) -> None:
        known.append(sorted(one.position for one in index.nearest(part.x[0], 40)))
        assert share == len(known[-1]) / 40

    index.fill(report)
    assert [len(positions) for positions in known] == [0, 16, 32]
    assert max(np.diff(known[1])) <= 5  # spread over the whole part
    assert index.complete
    assert sorted(one.position for one in index.nearest(part.x[0], 40)) == list(range(40))


def test_a_cancelled_search_keeps_what_it_knows_and_goes_on(part: Part, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(similar, "_BLOCK", 16)
    index = FeatureIndex(models.convolutional(), part)

    def stop(message: str, share: float | None) -> None:
        if index.known >= 16:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        index.fill(stop)
    assert index.known == 16
    index.fill()
    whole = feature_index(models.convolutional(), part)
    assert index.nearest(part.x[5], 40) == whole.nearest(part.x[5], 40)


def test_of_more_samples_than_there_is_room_for_an_even_selection_is_looked_at(part: Part, monkeypatch):
    monkeypatch.setattr(similar, "VALUES", 5 * 4)
    monkeypatch.setattr(similar, "WIDTHS", (4, 256))
    index = feature_index(models.convolutional(), part)
    assert sorted(one.position for one in index.nearest(part.x[0], 40)) == [0, 10, 20, 29, 39]


@pytest.mark.parametrize("buckets", [64, 8192])
def test_shortened_features_find_the_same_neighbours_with_exact_figures(monkeypatch, buckets: int):
    random = np.random.default_rng(7)
    centres = random.uniform(0, 255, (12, 8, 8, 3))
    x = (centres[np.arange(600) % 12] + random.normal(0, 25, (600, 8, 8, 3))).clip(0, 255).astype(np.uint8)
    model, part = (
        models.model_of(Input(shape=(8, 8, 3)), Flatten(), Dense(units=3)),
        Part(x, np.zeros(600, int)),
    )
    whole = feature_index(model, part)
    monkeypatch.setattr(similar, "WIDTHS", (16, 32))
    monkeypatch.setattr(similar, "SAMPLE", 100)
    monkeypatch.setattr(features, "BUCKETS", buckets)
    short = feature_index(model, part)
    assert short._rows.shape == (600, 32)
    for position in (0, 99, 345):
        expected, found = whole.nearest(x[position], 7), short.nearest(x[position], 7)
        assert [one.position for one in found] == [one.position for one in expected]
        assert [one.similarity for one in found] == pytest.approx(
            [one.similarity for one in expected], abs=1e-5
        )


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
