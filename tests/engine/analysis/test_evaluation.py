from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine import analysis
from nnstudio.engine.model import Evaluation
from nnstudio.errors import DataError

# 0 is found 2 of 3 times, 1 is taken for 0 once, 2 is always found
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
PREDICTIONS = np.array([0, 0, 1, 1, 0, 2, 2, 2])


def random_case(seed: int, n: int = 500, k: int = 7) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    raw = random.exponential(size=(n, k)) ** 3
    return (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32), random.integers(0, k, n)


def test_confusion_rows_are_the_actual_class():
    matrix = analysis.confusion_matrix(LABELS, PREDICTIONS, 3)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 3]]


def test_confusion_counts_every_sample_once():
    probabilities, labels = random_case(1)
    predictions = probabilities.argmax(axis=1)
    matrix = analysis.confusion_matrix(labels, predictions, 7)
    assert matrix.sum(axis=1).tolist() == np.bincount(labels, minlength=7).tolist()
    assert matrix.sum(axis=0).tolist() == np.bincount(predictions, minlength=7).tolist()
    expected = [[int(((labels == i) & (predictions == j)).sum()) for j in range(7)] for i in range(7)]
    assert matrix.tolist() == expected
    assert analysis.accuracy(matrix) == pytest.approx((labels == predictions).mean())


def test_confusion_of_nothing_is_zero():
    assert analysis.confusion_matrix([], [], 2).tolist() == [[0, 0], [0, 0]]
    assert np.isnan(analysis.accuracy(np.zeros((2, 2), np.int64)))


@pytest.mark.parametrize(
    ("labels", "predictions", "part"),
    [
        ([0, 1], [0], "as many predictions as labels"),
        ([0, 3], [0, 0], "0 to 2"),
        ([0, 1], [0, -1], "received: -1"),
        ([0.5, 1.0], [0, 1], "whole numbers"),
    ],
)
def test_confusion_refuses_what_is_no_class(labels: list, predictions: list, part: str):
    with pytest.raises(DataError, match=part):
        analysis.confusion_matrix(labels, predictions, 3)


def test_class_metrics_by_hand():
    metrics = analysis.class_metrics(np.array([[2, 1, 0], [1, 1, 0], [0, 0, 3]]))
    assert metrics.precision == pytest.approx([2 / 3, 1 / 2, 1])
    assert metrics.recall == pytest.approx([2 / 3, 1 / 2, 1])
    assert metrics.f1 == pytest.approx([2 / 3, 1 / 2, 1])
    assert metrics.support.tolist() == [3, 2, 3]
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    probabilities, labels = random_case(2)
    metrics = analysis.class_metrics(analysis.confusion_matrix(labels, probabilities.argmax(axis=1), 7))
    expected = 2 * metrics.precision * metrics.recall / (metrics.precision + metrics.recall)
    assert metrics.f1 == pytest.approx(expected)


def test_a_class_never_predicted_has_precision_0_and_one_that_never_occurs_has_no_figures():
    #                   never predicted: 1; predicted but absent: 2; neither: 3
    confusion = np.array([[4, 0, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    metrics = analysis.class_metrics(confusion)
    assert metrics.precision[:3] == pytest.approx([4 / 6, 0, 0])
    assert metrics.recall[:3] == pytest.approx([4 / 5, 0, 0])
    assert metrics.f1[:3] == pytest.approx([8 / 11, 0, 0])
    assert np.isnan([metrics.precision[3], metrics.recall[3], metrics.f1[3]]).all()
    assert metrics.support.tolist() == [5, 2, 0, 0]
    assert metrics.macro_precision == pytest.approx(4 / 6 / 3)
    assert metrics.macro_recall == pytest.approx(4 / 5 / 3)


def test_averages_of_nothing_are_nan():
    metrics = analysis.class_metrics(np.zeros((3, 3), np.int64))
    assert np.isnan([metrics.macro_f1, metrics.macro_precision, metrics.macro_recall]).all()


def test_shares_add_up_to_one_and_empty_lines_are_zero():
    confusion = np.array([[6, 2], [0, 0]])
    assert analysis.row_shares(confusion).tolist() == [[0.75, 0.25], [0, 0]]
    assert analysis.column_shares(confusion).tolist() == [[1, 1], [0, 0]]


def test_the_difference_of_two_matrices_is_one_of_shares():
    better, worse = np.array([[8, 2], [0, 4]]), np.array([[15, 5], [4, 4]])
    np.testing.assert_allclose(analysis.confusion_difference(better, worse), [[0.05, -0.05], [-0.5, 0.5]])
    with pytest.raises(DataError, match=r"2 classes.*3 classes"):
        analysis.confusion_difference(better, np.eye(3, dtype=np.int64))


def test_mistakes_are_ordered_by_count_then_share():
    confusion = np.array([[90, 5, 5], [5, 5, 0], [7, 0, 93]])
    mistakes = analysis.frequent_mistakes(confusion)
    assert [(m.actual, m.predicted, m.count) for m in mistakes] == [
        (2, 0, 7),
        (1, 0, 5),
        (0, 1, 5),
        (0, 2, 5),
    ]
    assert mistakes[1].share == 0.5
    assert analysis.frequent_mistakes(confusion, 2) == mistakes[:2]
    assert analysis.frequent_mistakes(np.diag([3, 4])) == ()


def test_analyse_gathers_everything_and_lists_a_cell_by_confidence():
    probabilities, labels = random_case(5)
    predictions = probabilities.argmax(axis=1)
    found = analysis.analyse(Evaluation(1.5, float((predictions == labels).mean()), probabilities, labels))
    assert found.loss == 1.5
    assert found.samples == 500
    assert found.errors == int((predictions != labels).sum())
    assert found.accuracy == pytest.approx((predictions == labels).mean())
    worst = found.mistakes[0]
    members = found.members(worst.actual, worst.predicted)
    assert len(members) == worst.count
    assert (labels[members] == worst.actual).all()
    assert (predictions[members] == worst.predicted).all()
    assert (np.diff(found.confidences[members]) <= 0).all()
    every = found.mistaken(worst.actual)
    assert sorted(every) == np.flatnonzero((labels == worst.actual) & (predictions != worst.actual)).tolist()
    assert (np.diff(found.confidences[every]) <= 0).all()
