from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import analyse, compare, in_blocks, mcnemar_test
from nnstudio.engine.analysis.in_blocks import evaluate_in_blocks
from nnstudio.engine.model import Evaluation
from nnstudio.errors import Cancelled, DataError
from tests.engine.analysis import models


def evaluation(labels: list[int], predictions: list[int], sure: list[float], classes: int = 3) -> Evaluation:
    probabilities = np.empty((len(labels), classes), np.float32)
    for row, (predicted, confidence) in enumerate(zip(predictions, sure, strict=True)):
        probabilities[row] = (1 - confidence) / (classes - 1)
        probabilities[row, predicted] = confidence
    hits = np.mean(np.array(labels) == predictions)
    return Evaluation(0.5, float(hits), probabilities, np.array(labels, np.int64))


def test_what_improved_and_worsened_is_told_surest_first():
    labels = [0, 1, 2, 0, 1]
    now = analyse(evaluation(labels, [0, 1, 0, 0, 2], [0.6, 0.9, 0.8, 0.7, 0.5]))
    before = analyse(evaluation(labels, [1, 2, 0, 0, 1], [0.6, 0.9, 0.8, 0.7, 0.5]))
    found = compare(now, before)
    assert found.improved.tolist() == [1, 0]
    assert found.worsened.tolist() == [4]
    assert found.test == mcnemar_test(labels, now.predictions, before.predictions)
    assert found.difference.sum(axis=1) == pytest.approx(0)
    assert found.f1 == pytest.approx(now.metrics.f1 - before.metrics.f1)


def test_other_samples_cannot_be_compared():
    first, second = (analyse(evaluation(labels, [0, 1], [0.9, 0.9])) for labels in ([0, 1], [1, 1]))
    with pytest.raises(DataError, match="different samples"):
        compare(first, second)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0.4, 1)), min_size=1, max_size=40))
def test_margins_losses_and_suspects_follow_their_definitions(rows):
    labels, predictions, sure = (list(column) for column in zip(*rows, strict=True))
    analysis = analyse(evaluation(labels, predictions, sure))
    ordered = np.sort(analysis.probabilities.astype(np.float64), axis=1)
    assert analysis.margins == pytest.approx(ordered[:, -1] - ordered[:, -2])
    own = analysis.probabilities[np.arange(len(labels)), labels].astype(np.float64)
    known = own > 0
    assert analysis.losses[known] == pytest.approx(-np.log(own[known]))
    losses = analysis.losses[analysis.suspects]
    assert (np.diff(losses) <= 0).all()
    for position in analysis.suspects:
        predicted = analysis.predictions[position]
        peers = analysis.probabilities[analysis.labels == predicted, predicted]
        assert labels[position] != predicted
        assert analysis.confidences[position] >= peers.mean()


def test_a_turned_label_is_the_first_suspect():
    labels = [0, 0, 0, 1, 1, 1]
    analysis = analyse(evaluation(labels, [0, 0, 1, 1, 1, 1], [0.9, 0.95, 0.99, 0.9, 0.9, 0.6]))
    assert analysis.suspects.tolist() == [2]


def test_evaluating_in_blocks_gives_the_figures_of_one_pass(monkeypatch: pytest.MonkeyPatch):
    model, x = models.convolutional(), models.images(50)
    labels = np.arange(50, dtype=np.int64) % 3
    part = Part(x, labels, np.arange(49, -1, -1, dtype=np.int64))
    whole = model.evaluate(part.samples(slice(None)), part.labels)
    monkeypatch.setattr(in_blocks, "BLOCK", 16)
    shares: list[float | None] = []
    found = evaluate_in_blocks(model, part, lambda _, share: shares.append(share))
    assert found.loss == pytest.approx(whole.loss, rel=1e-6)
    assert found.accuracy == pytest.approx(whole.accuracy)
    np.testing.assert_allclose(found.probabilities, whole.probabilities, atol=1e-6)
    assert (found.labels == whole.labels).all()
    assert shares == [0.0, 0.32, 0.64, 0.96]

    def stop(message: str, share: float | None) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        evaluate_in_blocks(model, part, stop)


def test_a_large_network_reports_more_often(monkeypatch: pytest.MonkeyPatch):
    model, x = models.convolutional(), models.images(200)
    part = Part(x, np.arange(200, dtype=np.int64) % 3)
    monkeypatch.setattr(in_blocks, "WORK", 100.0 * model.network.report.multiply_adds)
    told: list[str] = []
    evaluate_in_blocks(model, part, lambda message, _: told.append(message))
    assert told == [f"{start} of 200 samples" for start in (0, 64, 128, 192)]
