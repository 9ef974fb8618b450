"""Primitives against plain definitions, also at awkward numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnstudio.core.activations import ActivationFunction, activation_function
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.noise import Noise

Z = np.linspace(-30, 30, 4001)


def sigma(z: float) -> float:
    return 1 / (1 + math.exp(-z))


REFERENCE = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.2 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * math.expm1(z)),
    "gelu": lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2)),
    "silu": lambda z: z * sigma(z),
    "sigmoid": sigma,
    "tanh": math.tanh,
    "softplus": lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),
}


@pytest.mark.parametrize("name", sorted(REFERENCE))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_are_exact_to_their_precision(name, dtype):
    z = Z.astype(dtype)
    out = np.empty_like(z)
    NumpyOps().activate(activation_function(name), z, out)
    expected = np.array([REFERENCE[name](float(v)) for v in z])
    epsilon = np.finfo(dtype).eps
    np.testing.assert_allclose(out, expected, rtol=8 * epsilon, atol=4 * epsilon)


def test_activations_survive_huge_numbers():
    z = np.array([-1e4, -88.8, 0, 88.8, 1e4], dtype=np.float32)
    for name in REFERENCE:
        out = np.empty_like(z)
        NumpyOps().activate(activation_function(name), z, out)
        assert np.isfinite(out).all(), name


def test_softmax_sums_to_one_at_huge_logits():
    z = np.array([[1e4, -1e4, 0], [1e4, 1e4, 1e4]], dtype=np.float32)
    out = np.empty_like(z)
    NumpyOps().activate(ActivationFunction("softmax"), z, out)
    np.testing.assert_allclose(out, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)


def test_softmax_cross_entropy_is_stable_and_exact():
    logits = np.array([[1e4, 0, -1e4], [0.5, -0.25, 2.0]], dtype=np.float32)
    labels = np.array([1, 2])
    gradient = np.empty_like(logits)
    loss, hits = NumpyOps().softmax_cross_entropy(logits, labels, gradient)
    second = math.log(sum(math.exp(v) for v in (0.5, -0.25, 2.0))) - 2.0
    assert loss == pytest.approx(1e4 + second, rel=1e-6)
    assert hits == 1
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(gradient[0], [1, -1, 0], atol=1e-6)


def test_binary_cross_entropy_is_stable_and_exact():
    logits = np.array([[1e4], [-1e4], [0.3]], dtype=np.float32)
    labels = np.array([1, 1, 0])
    gradient = np.empty_like(logits)
    loss, hits = NumpyOps().sigmoid_cross_entropy(logits, labels, gradient)
    assert loss == pytest.approx(1e4 + math.log1p(math.exp(0.3)), rel=1e-6)
    assert hits == 1
    np.testing.assert_allclose(gradient[:, 0], [0, -1, sigma(0.3)], atol=1e-6)


def test_nan_is_not_hidden_by_relu():
    ops, y = NumpyOps(), np.array([[np.nan, 1.0]], dtype=np.float32)
    out = ops.activate(activation_function("relu"), y.copy(), np.empty_like(y))
    assert np.isnan(out[0, 0])


def test_dropout_keeps_the_expected_value():
    ops, x = NumpyOps(), np.ones((400, 100), dtype=np.float32)
    mask, out = np.empty_like(x), np.empty_like(x)
    ops.dropout(x, 0.3, Noise(0).key(3), mask, out)
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.7)}
    assert out.mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(mask, out)
