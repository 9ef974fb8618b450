from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine import confidence
from nnstudio.errors import DataError


def random_case(seed: int, n: int = 500, k: int = 7) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    raw = random.exponential(size=(n, k)) ** 3
    return (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32), random.integers(0, k, n)


def test_top_k_by_hand_and_its_ends():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.4, 0.2]])
    labels = [1, 2, 1]
    assert confidence.top_k_accuracy(probabilities, labels, 1) == pytest.approx(1 / 3)
    assert confidence.top_k_accuracy(probabilities, labels, 2) == 1
    assert confidence.top_k_accuracy(probabilities, labels, 99) == 1
    with pytest.raises(DataError, match="1 or more"):
        confidence.top_k_accuracy(probabilities, labels, 0)


def test_top_1_is_the_accuracy_and_more_places_never_hurt():
    probabilities, labels = random_case(3)
    shares = [confidence.top_k_accuracy(probabilities, labels, k) for k in range(1, 8)]
    assert shares[0] == pytest.approx((probabilities.argmax(axis=1) == labels).mean())
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_calibration_error_by_hand():
    # two bins: (0, 0.5] is empty; 0.6 twice (one right), 0.9 and 1.0 (both right)
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.9, 0.1], [1.0, 0.0]])
    result = confidence.calibration(probabilities, [0, 1, 0, 0], bins=2)
    assert result.counts.tolist() == [0, 4]
    assert np.isnan(result.accuracy[0])
    assert result.confidence[1] == pytest.approx(0.775)
    assert result.error == result.maximum_error == pytest.approx(0.025)
    # ten bins: |0.5 - 0.6| * 2/4 + |1 - 0.9| / 4 + |1 - 1| / 4
    assert confidence.expected_calibration_error(probabilities, [0, 1, 0, 0], 10) == pytest.approx(0.075)


def test_calibration_errors_are_the_mean_and_the_largest_gap_of_the_bins():
    probabilities, labels = random_case(8)
    confidences, hits = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    gaps, counts = [], []
    for b in range(15):
        inside = (confidences > b / 15) & (confidences <= (b + 1) / 15)
        if inside.any():
            gaps.append(abs(confidences[inside].mean() - hits[inside].mean()))
            counts.append(inside.sum())
    result = confidence.calibration(probabilities, labels)
    assert result.error == pytest.approx(np.average(gaps, weights=counts), abs=1e-6)
    assert result.maximum_error == pytest.approx(max(gaps), abs=1e-6)


def test_probabilities_that_overflowed_are_calibrated_nowhere_and_count_as_in_argmax():
    probabilities = np.array([[np.nan, np.nan], [0.1, 0.9]])
    assert np.isnan(confidence.calibration(probabilities, [0, 1]).error)
    assert confidence.top_k_accuracy(probabilities, [1, 1], 1) == 0.5


def test_a_bin_holds_its_upper_edge():
    probabilities = np.array([[0.5, 0.5], [0.51, 0.49]])
    assert confidence.calibration(probabilities, [0, 0], bins=2).counts.tolist() == [1, 1]


def test_a_sure_and_right_network_is_calibrated_and_a_sure_and_wrong_one_is_not():
    sure = np.eye(4)[[0, 1, 2, 3]]
    assert confidence.expected_calibration_error(sure, [0, 1, 2, 3]) == 0
    assert confidence.expected_calibration_error(sure, [1, 2, 3, 0]) == 1
    assert confidence.calibration(sure, [1, 2, 3, 0]).overconfidence == 1


def test_overconfidence_is_mean_confidence_minus_accuracy():
    probabilities, labels = random_case(4)
    expected = probabilities.max(axis=1).mean() - (probabilities.argmax(axis=1) == labels).mean()
    result = confidence.calibration(probabilities, labels)
    assert result.overconfidence == pytest.approx(expected, abs=1e-6)
    assert abs(result.overconfidence) <= result.error + 1e-12
