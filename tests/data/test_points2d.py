from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.points2d import SETS, make_points


@pytest.mark.parametrize("name", SETS)
def test_points_fill_the_square_and_classes_are_balanced(name: str) -> None:
    dataset = make_points(name)
    assert dataset.shape == (2,)
    assert dataset.train.x.dtype == np.float32
    assert dataset.train.class_counts(2) == (200, 200)
    assert dataset.test.class_counts(2) == (100, 100)
    assert np.abs(dataset.train.x).max() == pytest.approx(1)
    assert np.abs(dataset.test.x).max() < 1.3
    spans = dataset.train.x.max(axis=0) - dataset.train.x.min(axis=0)
    assert spans.max() == pytest.approx(2)
    assert spans.min() > 0.9


@pytest.mark.parametrize("name", SETS)
def test_equal_seeds_give_equal_points(name: str) -> None:
    one, two, other = make_points(name), make_points(name), make_points(name, seed=1)
    np.testing.assert_array_equal(one.train.x, two.train.x)
    np.testing.assert_array_equal(one.test.y, two.test.y)
    assert not np.array_equal(one.train.x, other.train.x)


@pytest.mark.parametrize("name", SETS)
def test_test_points_are_not_training_points(name: str) -> None:
    dataset = make_points(name)
    assert len(np.unique(np.concatenate([dataset.train.x, dataset.test.x]), axis=0)) == 600


@pytest.mark.parametrize("name", ["spiral", "circles", "moons", "xor"])
def test_neighbours_tell_the_class_but_no_straight_line_does(name: str) -> None:
    dataset = make_points(name)
    train, test = dataset.train, dataset.test
    distances = np.linalg.norm(test.x[:, np.newaxis] - train.x, axis=2)
    assert (train.y[distances.argmin(axis=1)] == test.y).mean() > 0.95
    assert linear_accuracy(dataset.train.x, dataset.train.y) < 0.9


def test_a_straight_line_nearly_separates_the_blobs() -> None:
    blobs = make_points("blobs")
    assert 0.95 < linear_accuracy(blobs.train.x, blobs.train.y) <= 1


def linear_accuracy(x: np.ndarray, y: np.ndarray) -> float:
    """Training accuracy of a least-squares line."""
    design = np.column_stack([x, np.ones(len(x))])
    weights, *_ = np.linalg.lstsq(design, 2.0 * y - 1, rcond=None)
    return float(((design @ weights > 0) == (y == 1)).mean())


def test_counts_and_noise_can_be_chosen() -> None:
    dataset = make_points("circles", train=50, test=9, noise=0.0)
    assert (len(dataset.train), len(dataset.test)) == (50, 9)
    radius = np.linalg.norm(dataset.train.x, axis=1)
    assert radius[dataset.train.y == 0].max() < radius[dataset.train.y == 1].min()
