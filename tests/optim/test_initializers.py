"""The distributions that initial weights come from: mean, variance, bounds, against their formulas."""

from __future__ import annotations

import math
import os
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from nnstudio.core.layer import INITIALIZERS
from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.network import Network
from nnstudio.layers import Dense, Input
from nnstudio.optim.initializers import TRUNCATION, Initializer, fans
from nnstudio.optim.losses import CategoricalCrossentropy

DENSE, CONVOLUTION = (300, 500), (3, 3, 80, 120)
SHAPES = [DENSE, CONVOLUTION]
FIXED = {"Zeros", "Ones", "Constant"}
"""Nothing is drawn for these."""
VARIANCES = {"He": lambda i, o: 2 / i, "Glorot": lambda i, o: 2 / (i + o), "LeCun": lambda i, o: 1 / i}
KERAS_NAMES = {"Normal": "RandomNormal", "Uniform": "RandomUniform", "LeCunNormal": "LecunNormal"}
KERAS_NAMES["LeCunUniform"] = "LecunUniform"


def draw(name: str, shape: tuple[int, ...] = DENSE, seed: int = 0, **fields: float) -> np.ndarray:
    initializer = INITIALIZERS.create(name, **fields)
    assert isinstance(initializer, Initializer)
    return initializer.draw(np.random.default_rng(seed), shape)


def close_to(values: np.ndarray, mean: float, variance: float, kurtosis: float = 3.0) -> None:
    """Mean and variance within five standard errors; ``kurtosis`` is 3 for a normal, 1.8 for a uniform."""
    values = values.astype(np.float64).ravel()
    assert abs(values.mean() - mean) < 5 * math.sqrt(variance / values.size)
    assert abs(values.var() / variance - 1) < 5 * math.sqrt((kurtosis - 1) / values.size)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((7,), (7, 7)),
        ((784, 10), (784, 10)),
        ((3, 5, 16, 32), (3 * 5 * 16, 3 * 5 * 32)),
        ((1, 1, 4, 8), (4, 8)),
        ((5, 4, 8), (20, 40)),
    ],
)
def test_fans_count_what_meets_in_a_weight(shape: tuple[int, ...], expected: tuple[int, int]):
    assert fans(shape) == expected


def test_the_truncation_constant_is_the_deviation_of_a_cut_normal():
    # Var of N(0,1) cut at ±2: 1 − 2·2·φ(2) / (2Φ(2) − 1)
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    assert math.sqrt(1 - 4 * density / math.erf(math.sqrt(2))) == pytest.approx(TRUNCATION, rel=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("family", VARIANCES)
class TestScaled:
    def test_normals_have_the_variance_and_end_at_two_deviations(self, family: str, shape):
        variance = VARIANCES[family](*fans(shape))
        values = draw(f"{family}Normal", shape)
        close_to(values, 0, variance)
        limit = 2 * math.sqrt(variance) / TRUNCATION
        assert 0.99 * limit < np.abs(values).max() <= limit * (1 + 1e-6)
        inner = np.abs(values) < limit / 2  # within one deviation of the uncut normal
        expected = math.erf(1 / math.sqrt(2)) / math.erf(math.sqrt(2))
        assert inner.mean() == pytest.approx(expected, abs=0.01)

    def test_uniforms_have_the_variance_and_fill_their_bounds(self, family: str, shape):
        variance = VARIANCES[family](*fans(shape))
        values = draw(f"{family}Uniform", shape)
        close_to(values, 0, variance, kurtosis=1.8)
        limit = math.sqrt(3 * variance)
        assert np.abs(values).max() <= limit * (1 + 1e-6)
        counts, _ = np.histogram(values, bins=10, range=(-limit, limit))
        assert counts.min() > 0.95 * values.size / 10

    def test_a_vector_counts_as_its_own_length_on_both_sides(self, family: str, shape):
        values = np.concatenate([draw(f"{family}Uniform", (100,), seed) for seed in range(500)])
        close_to(values, 0, VARIANCES[family](100, 100), kurtosis=1.8)


def test_normal_and_uniform_take_their_numbers():
    close_to(draw("Normal", mean=0.3, stddev=0.02), 0.3, 0.02**2)
    assert (draw("Normal", mean=0.3, stddev=0) == np.float32(0.3)).all()
    values = draw("Uniform", limit=0.25)
    close_to(values, 0, 0.25**2 / 3, kurtosis=1.8)
    assert np.abs(values).max() <= 0.25


@pytest.mark.parametrize("shape", [(10,), (784, 10), (3, 3, 4, 8)])
def test_l2_normalised_has_length_one_over_the_whole_array(shape: tuple[int, ...]):
    values = draw("L2Normalised", shape).astype(np.float64)
    assert np.linalg.norm(values) == pytest.approx(1, abs=1e-6)
    again = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    np.testing.assert_allclose(values * np.linalg.norm(again), again, rtol=1e-5)


def test_zeros():
    assert not draw("Zeros").any()


@pytest.mark.parametrize("name", INITIALIZERS.names())
class TestEveryInitializer:
    def test_a_seed_fixes_the_draw(self, name: str):
        np.testing.assert_array_equal(draw(name, (20, 30), 1), draw(name, (20, 30), 1))
        if name not in FIXED:
            assert not np.array_equal(draw(name, (20, 30), 1), draw(name, (20, 30), 2))

    @pytest.mark.parametrize("shape", [(1,), (6, 3), (3, 2, 4, 5)])
    def test_shape_and_type(self, name: str, shape: tuple[int, ...]):
        values = draw(name, shape)
        assert (values.shape, values.dtype) == (shape, np.float32)
        assert np.isfinite(values).all()


def test_ones_and_constants():
    assert (draw("Ones") == 1).all()
    assert (draw("Constant", value=0.01) == np.float32(0.01)).all()


def test_truncated_normal_ends_at_two_deviations():
    values = draw("TruncatedNormal", mean=0.3, stddev=0.02)
    close_to(values, 0.3, (0.02 * TRUNCATION) ** 2, kurtosis=2.4)
    assert 0.0398 < np.abs(values - 0.3).max() <= 0.04 * (1 + 1e-5)


@pytest.mark.parametrize(
    "shape", [(10,), (30, 30), (50, 20), (20, 50), (3, 3, 4, 16), (3, 3, 2, 40), (3, 3, 5, 1)]
)
def test_orthogonal_columns_or_rows_have_one_length(shape: tuple[int, ...]):
    matrix = draw("Orthogonal", shape, gain=2.0).reshape(-1, shape[-1]).astype(np.float64)
    short = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(short @ short.T, 4 * np.eye(len(short)), atol=1e-5)


def test_orthogonal_matrices_have_no_favourite_direction():
    """Every entry has mean 0, which needs the signs: a plain QR gives a first column of one sign."""
    draws = np.array([draw("Orthogonal", (3, 3), seed) for seed in range(4_000)])
    assert np.abs(draws.mean(axis=0)).max() < 5 * math.sqrt(1 / 3 / len(draws))
    np.testing.assert_allclose((draws**2).mean(axis=0), 1 / 3, atol=0.03)
    assert abs(np.sign(np.linalg.det(draws)).mean()) < 5 / math.sqrt(len(draws))


def test_first_weights_are_the_same_on_one_thread_and_on_two():
    from threadpoolctl import threadpool_limits

    layers = (Input(shape=(1_500,)), Dense(units=1_000, kernel_initializer="Orthogonal"))
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    with threadpool_limits(limits=2, user_api="blas"):
        two = network.initial_weights(3)
    with threadpool_limits(limits=1, user_api="blas"):
        np.testing.assert_array_equal(network.initial_weights(3), two)


@pytest.fixture
def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    if not (find_spec("keras") and find_spec("jax")):
        pytest.skip("the bench extra (Keras on JAX) is not installed")
    import keras

    return keras


@pytest.mark.bench
@pytest.mark.parametrize("shape", [(7,), (784, 10), (3, 5, 16, 32), (3, 3, 8, 1), (3, 3, 2, 16), (5, 4, 8)])
def test_fans_are_those_of_keras(keras: Any, shape: tuple[int, ...]):
    from keras.src.initializers.random_initializers import compute_fans

    assert fans(shape) == compute_fans(shape)


@pytest.mark.bench
@pytest.mark.parametrize("name", sorted(set(INITIALIZERS.names()) - {"L2Normalised", *FIXED}))
def test_keras_draws_from_the_same_distribution(keras: Any, name: str):
    theirs = np.asarray(getattr(keras.initializers, KERAS_NAMES.get(name, name))(seed=1)(CONVOLUTION)).ravel()
    ours = draw(name, CONVOLUTION).ravel()
    assert ours.var() == pytest.approx(theirs.var(), rel=0.03)
    # the largest difference of the two distributions (Kolmogorov and Smirnov), far below its limit
    points = np.linspace(min(ours.min(), theirs.min()), max(ours.max(), theirs.max()), 400)
    shares = [np.searchsorted(np.sort(values), points) / values.size for values in (ours, theirs)]
    assert np.abs(shares[0] - shares[1]).max() < 2 * math.sqrt(2 / ours.size)
