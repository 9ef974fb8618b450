"""Losses against their formulas in float64, at the far ends, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.ops import NumpyOps
from nnstudio.errors import ShapeError
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy, Loss

SAMPLES, CLASSES = 50, 4


def batch(dtype: str = "f8", spread: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    return random.normal(0, spread, (SAMPLES, CLASSES)).astype(dtype), random.integers(0, CLASSES, SAMPLES)


def evaluate(loss: Loss, logits: np.ndarray, labels: np.ndarray) -> tuple[float, int, np.ndarray]:
    gradient = np.empty_like(logits)
    before = logits.copy()
    total, hits = loss.evaluate(NumpyOps(), logits, labels, gradient)
    np.testing.assert_array_equal(logits, before)
    assert loss.evaluate(NumpyOps(), logits, labels, None) == (total, hits)
    return total, hits, gradient


def test_softmax_cross_entropy():
    logits, labels = batch()
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    total, hits, gradient = evaluate(CategoricalCrossentropy(), logits, labels)
    assert total == pytest.approx(-np.log(p[np.arange(SAMPLES), labels]).sum(), rel=1e-12)
    assert hits == (p.argmax(axis=1) == labels).sum()
    np.testing.assert_allclose(gradient, p - np.eye(CLASSES)[labels], atol=1e-12)


def test_sigmoid_cross_entropy_with_an_output_per_class():
    logits, labels = batch()
    p, targets = 1 / (1 + np.exp(-logits)), np.eye(CLASSES)[labels]
    total, hits, gradient = evaluate(BinaryCrossentropy(), logits, labels)
    each = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean(axis=1)
    assert total == pytest.approx(each.sum(), rel=1e-12)
    assert hits == (logits.argmax(axis=1) == labels).sum()
    np.testing.assert_allclose(gradient, (p - targets) / CLASSES, atol=1e-12)


def test_sigmoid_cross_entropy_with_one_output():
    logits, labels = batch()
    logits, labels = logits[:, :1].copy(), labels % 2
    p = 1 / (1 + np.exp(-logits[:, 0]))
    total, hits, gradient = evaluate(BinaryCrossentropy(), logits, labels)
    assert total == pytest.approx(-np.log(np.where(labels == 1, p, 1 - p)).sum(), rel=1e-12)
    assert hits == ((p > 0.5) == labels).sum()
    np.testing.assert_allclose(gradient[:, 0], p - labels, atol=1e-12)


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(), BinaryCrossentropy()])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_far_logits_stay_finite_in_float32(loss: Loss, size: float):
    logits = np.array([[size, -size], [-size, size]], np.float32)
    right, wrong = np.array([0, 1]), np.array([1, 0])
    total, hits, gradient = evaluate(loss, logits, right)
    assert (total, hits) == (0, 2)
    assert np.abs(gradient).max() < 1e-37
    total, hits, gradient = evaluate(loss, logits, wrong)
    assert hits == 0
    assert total == pytest.approx(
        4 * size if isinstance(loss, CategoricalCrossentropy) else 2 * size, rel=1e-5
    )
    assert np.abs(gradient).max() == (1 if isinstance(loss, CategoricalCrossentropy) else 0.5)


def test_equal_logits_cost_the_logarithm_of_the_classes():
    labels = np.zeros(3, np.int64)
    total, _, _ = evaluate(CategoricalCrossentropy(), np.zeros((3, 10)), labels)
    assert total == pytest.approx(3 * np.log(10))


@pytest.mark.parametrize(
    ("loss", "outputs", "classes", "fits"),
    [
        (CategoricalCrossentropy(), (10,), 10, True),
        (CategoricalCrossentropy(), (9,), 10, False),
        (CategoricalCrossentropy(), (1,), 2, False),
        (CategoricalCrossentropy(), (10, 10, 10), 10, False),
        (BinaryCrossentropy(), (1,), 2, True),
        (BinaryCrossentropy(), (2,), 2, True),
        (BinaryCrossentropy(), (1,), 3, False),
        (BinaryCrossentropy(), (3,), 3, True),
        (BinaryCrossentropy(), (2,), 3, False),
    ],
)
def test_outputs_that_fit_the_classes(loss: Loss, outputs: tuple[int, ...], classes: int, fits: bool):
    if fits:
        loss.check(outputs, classes)
        return
    with pytest.raises(ShapeError, match=f"end the network with Dense {classes}"):
        loss.check(outputs, classes)
