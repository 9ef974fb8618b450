"""The polynomials against NumPy's functions, as the activations use them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnstudio.engine.ops.jit.instructions import pointwise
from nnstudio.engine.ops.jit.kernels.elementwise import FUNCTIONS
from nnstudio.engine.ops.jit.program import Program
from tests.engine.jit.helpers import run_once

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

X = np.concatenate([np.linspace(-100, 100, 20_011), np.linspace(-1e-3, 1e-3, 2_001), [0.0, -0.0]])


def over(kernels, name: str, x: np.ndarray) -> np.ndarray:
    program = Program(1)
    values = program.matrix(len(x))
    values.array[0, : len(x)] = x
    pointwise.activate(program, FUNCTIONS.index(name), 1.0, values)
    run_once(program, kernels, 1)
    return values.array[0, : len(x)]


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("elu", lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x)),
        ("tanh", np.tanh),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("silu", lambda x: x / (1 + np.exp(-x))),
    ],
)
def test_relative_error_is_a_few_units_in_the_last_place(kernels, name: str, reference):
    x = X[np.abs(X) < 80]
    exact = reference(x.astype(np.float32).astype(np.float64))
    np.testing.assert_allclose(over(kernels, name, x), exact, rtol=6e-7, atol=1e-37)


def test_normal_distribution(kernels):
    x = np.linspace(-9, 9, 4_001)
    exact = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x.astype(np.float32).astype(np.float64)]
    np.testing.assert_allclose(over(kernels, "gelu", x), exact, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["elu", "tanh", "sigmoid"])
def test_large_arguments_stay_finite_and_nan_is_kept(kernels, name: str):
    assert np.isfinite(over(kernels, name, np.array([-1e30, -200, 200, 1e30, -np.inf]))).all()
    assert np.isnan(over(kernels, name, np.array([np.nan]))).all()
