from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.analysis import (
    precision_recall_curve,
    precision_recall_curves,
    roc_curve,
    roc_curves,
)


def case(seed: int, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Scores in steps of 0.1, so that many are equal, and which samples are positive."""
    random = np.random.default_rng(seed)
    positive = random.random(n) < 0.3
    return np.round(random.random(n) * 0.7 + 0.3 * positive, 1), positive


def test_roc_by_hand():
    curve = roc_curve([0.9, 0.8, 0.8, 0.3], [True, False, True, False])
    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.3]
    assert curve.false_positives.tolist() == [0, 0, 0.5, 1]
    assert curve.true_positives.tolist() == [0, 0.5, 1, 1]
    assert curve.area == pytest.approx(0.875)


def test_precision_and_recall_by_hand():
    curve = precision_recall_curve([0.9, 0.8, 0.8, 0.3], [True, False, True, False])
    assert curve.recall.tolist() == [0, 0.5, 1, 1]
    assert curve.precision == pytest.approx([1, 1, 2 / 3, 1 / 2])
    assert curve.area == pytest.approx(0.5 + 0.5 * 2 / 3)


@pytest.mark.parametrize("seed", range(3))
def test_every_point_is_what_its_threshold_gives(seed: int):
    scores, positive = case(seed)
    roc, pr = roc_curve(scores, positive), precision_recall_curve(scores, positive)
    assert roc.thresholds.tolist() == pr.thresholds.tolist() == [np.inf, *sorted(set(scores), reverse=True)]
    for i, threshold in enumerate(roc.thresholds):
        taken = scores >= threshold
        assert roc.true_positives[i] == pr.recall[i] == pytest.approx(taken[positive].mean())
        assert roc.false_positives[i] == pytest.approx(taken[~positive].mean())
        if taken.any():
            assert pr.precision[i] == pytest.approx(positive[taken].mean())


@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_the_probability_of_the_right_order(seed: int):
    scores, positive = case(seed)
    pairs = scores[positive][:, None] - scores[~positive][None, :]
    expected = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert roc_curve(scores, positive).area == pytest.approx(expected)
    assert roc_curve(-scores, positive).area == pytest.approx(1 - expected)


def test_scores_that_separate_have_area_one():
    scores, positive = np.arange(10), np.arange(10) > 6
    assert roc_curve(scores, positive).area == pytest.approx(1)
    assert precision_recall_curve(scores, positive).area == pytest.approx(1)


def test_each_class_against_all_others():
    random = np.random.default_rng(4)
    probabilities, labels = random.random((50, 4)), random.integers(0, 3, 50)  # class 3 never occurs
    rocs, prs = roc_curves(probabilities, labels), precision_recall_curves(probabilities, labels)
    assert len(rocs) == len(prs) == 4
    assert rocs[1].area == roc_curve(probabilities[:, 1], labels == 1).area
    assert prs[1].area == precision_recall_curve(probabilities[:, 1], labels == 1).area
    assert np.isnan([rocs[3].area, prs[3].area]).all()


def test_without_samples_there_is_no_area():
    assert np.isnan([roc_curve([], []).area, precision_recall_curve([], []).area]).all()
