"""Label smoothing and class weights: they change the gradient, and never the loss that is reported."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.spec import TrainSpec
from nnstudio.engine.ops import NumpyOps
from nnstudio.errors import TrainingError
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy, Loss
from nnstudio.optim.targets import Targets, balanced, targets_for

SETTINGS = {"deadline": None, "derandomize": True, "max_examples": 25}
LOSSES = [CategoricalCrossentropy(), BinaryCrossentropy()]


def case(seed: int, loss: Loss, classes: int, n: int, weighted: bool) -> tuple[np.ndarray, np.ndarray, Any]:
    """Logits (one output for two classes of binary cross-entropy), labels and weights."""
    random = np.random.default_rng(seed)
    outputs = 1 if classes == 2 and isinstance(loss, BinaryCrossentropy) else classes
    weights = random.uniform(0, 3, classes).astype(np.float32) if weighted else None
    return random.normal(0, 3, (n, outputs)), random.integers(0, classes, n), weights


def gradient_of(loss: Loss, logits: np.ndarray, labels: np.ndarray, targets: Targets | None) -> np.ndarray:
    gradient = np.empty_like(logits)
    loss.evaluate(NumpyOps(), logits, labels, gradient, targets)
    return gradient


drawn = given(
    seed=st.integers(0, 999),
    loss=st.sampled_from(LOSSES),
    classes=st.sampled_from([1, 2, 3, 10, 1000]),
    n=st.sampled_from([1, 7]),
    smoothing=st.sampled_from([0.0, 0.1, 0.9]),
    weighted=st.booleans(),
)


@drawn
@settings(**SETTINGS)
def test_the_gradient_is_that_of_the_objective(
    seed: int, loss: Loss, classes: int, n: int, smoothing: float, weighted: bool
):
    logits, labels, weights = case(seed, loss, classes, n, weighted)
    targets = Targets(smoothing, weights)
    gradient = gradient_of(loss, logits, labels, targets)
    direction = np.random.default_rng(seed).normal(size=logits.shape)
    h = 1e-5
    above, below = (loss.objective(logits + sign * h * direction, labels, targets) for sign in (1, -1))
    assert (gradient * direction).sum() == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-7)


@drawn
@settings(**SETTINGS)
def test_the_reported_loss_stays_the_plain_one(
    seed: int, loss: Loss, classes: int, n: int, smoothing: float, weighted: bool
):
    logits, labels, weights = case(seed, loss, classes, n, weighted)
    gradient, plain = np.empty_like(logits), np.empty_like(logits)
    reported = loss.evaluate(NumpyOps(), logits, labels, gradient, Targets(smoothing, weights))
    assert reported == loss.evaluate(NumpyOps(), logits, labels, plain)
    assert reported[0] == pytest.approx(loss.objective(logits, labels, Targets()), rel=1e-12, abs=1e-9)
    if smoothing == 0 and weights is None:
        np.testing.assert_array_equal(gradient, plain)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("size", [1e4, -1e4])
@pytest.mark.parametrize("outputs", [1, 2, 1000])
def test_far_logits_have_a_finite_loss_and_the_right_gradient_in_float32(
    loss: Loss, size: float, outputs: int
):
    logits = np.zeros((1, outputs), np.float32)
    logits[0, 0] = size
    labels, targets = np.array([0]), Targets(0.2, np.full(max(outputs, 2), 3, np.float32))
    gradient = np.empty_like(logits)
    total, _ = loss.evaluate(NumpyOps(), logits, labels, gradient, targets)
    assert np.isfinite(total)
    exact = gradient_of(loss, logits.astype(np.float64), labels, targets)
    np.testing.assert_allclose(gradient, exact, rtol=1e-6, atol=1e-7)
    assert np.isfinite(loss.objective(logits, labels, targets))


def test_no_targets_where_the_recipe_asks_for_plain_labels():
    assert targets_for(TrainSpec(), np.array([3, 4])) is None
    assert targets_for(TrainSpec(label_smoothing=0.1), np.array([3, 4])).weights is None


def test_balanced_weights_give_every_class_the_same_total():
    counts = np.array([10, 30, 0, 60])
    weights = targets_for(TrainSpec(class_weights="balanced"), counts).weights
    np.testing.assert_allclose((weights * counts)[counts > 0], 100 / 3, rtol=1e-6)
    assert weights[2] == 1  # a class that is missing
    assert (balanced(np.array([7])) == 1).all()


def test_own_weights_must_be_as_many_as_the_classes():
    recipe = TrainSpec(class_weights=(1, 2, 3))
    assert targets_for(recipe, np.array([5, 5, 5])).weights.tolist() == [1, 2, 3]
    with pytest.raises(TrainingError, match=r"one class weight per class.*allowed: 2 numbers"):
        targets_for(recipe, np.array([5, 5]))


@pytest.mark.bench
class TestBesideTheOthers:
    @drawn
    @settings(**SETTINGS)
    def test_torch(self, seed: int, loss: Loss, classes: int, n: int, smoothing: float, weighted: bool):
        torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
        f = torch.nn.functional
        logits, labels, weights = case(seed, loss, classes, n, weighted)
        logits = logits.astype(np.float32)
        z, y = torch.tensor(logits, requires_grad=True), torch.from_numpy(labels)
        if isinstance(loss, CategoricalCrossentropy):
            each = f.cross_entropy(z, y, label_smoothing=smoothing, reduction="none")
        else:
            k = logits.shape[1]
            onehot = y[:, None].float() if k == 1 else f.one_hot(y, k).float()
            aimed = onehot * (1 - smoothing) + smoothing / 2
            each = f.binary_cross_entropy_with_logits(z, aimed, reduction="none").mean(dim=1)
        total = (each * (1 if weights is None else torch.from_numpy(weights)[y])).sum()
        total.backward()
        targets = Targets(smoothing, weights)
        assert loss.objective(logits, labels, targets) == pytest.approx(total.item(), rel=1e-5, abs=1e-5)
        ours = gradient_of(loss, logits, labels, targets)
        np.testing.assert_allclose(ours, z.grad.numpy(), rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize("classes", [2, 5])
    def test_keras(self, loss: Loss, classes: int):
        os.environ.setdefault("KERAS_BACKEND", "jax")
        if not (find_spec("keras") and find_spec("jax")):
            pytest.skip("the bench extra (Keras on JAX) is not installed")
        import jax
        import keras

        logits, labels, weights = case(3, loss, classes, 7, True)
        logits = logits.astype(np.float32)
        onehot = labels[:, None] if logits.shape[1] == 1 else np.eye(classes)[labels]
        theirs = getattr(keras.losses, type(loss).__name__)(from_logits=True, label_smoothing=0.15)
        # Keras's mean over the batch divides by its samples, whatever their weights
        mean = lambda z: theirs(onehot.astype(np.float32), z, sample_weight=weights[labels])  # noqa: E731
        value, gradient = jax.value_and_grad(mean)(logits)
        targets = Targets(0.15, weights)
        assert loss.objective(logits, labels, targets) / 7 == pytest.approx(float(value), rel=1e-5)
        ours = gradient_of(loss, logits, labels, targets) / np.float32(7)
        np.testing.assert_allclose(ours, np.asarray(gradient), rtol=1e-4, atol=1e-6)
