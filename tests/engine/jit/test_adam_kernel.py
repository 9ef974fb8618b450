"""Adam's kernel against float64, wherever its vectors begin."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.instructions import gradients
from nnstudio.engine.ops.jit.operands import Weights
from nnstudio.engine.ops.jit.program import Program
from nnstudio.engine.ops.jit.rules import rule_for
from nnstudio.engine.ops.jit.runner import Runner
from nnstudio.engine.ops.jit.team import Team
from nnstudio.optim import Adam

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

RATE = 0.01
SIZE = 1000


@pytest.fixture(params=["native", "AVX2"])
def code(request, kernels, avx2_kernels):
    return kernels if request.param == "native" else avx2_kernels


def step(code, w, m, v, g, start: int, stop: int) -> None:
    """Adam's second step for some weights, by way of a bias whose gradient is ``g``."""
    program = Program(1)
    dz = program.matrix(stop - start)
    dz.array[0, : dz.width] = g[start:stop]
    gradients.bias_gradient(program, dz, Weights(w[start:stop], None, start), 0.0)
    rule = rule_for(Adam())
    Runner(program, code, Team(1), rule, (m, v)).run(None, np.arange(1), rule.coefficients([RATE], 2))


def drawn() -> tuple[np.ndarray, ...]:
    """Weights, means, variances and gradients from tiny to large, each from a cache line on."""
    random, vectors = np.random.default_rng(0), [aligned(SIZE) for _ in range(4)]
    w, m, v, g = vectors
    w[:], g[:] = random.normal(size=(2, SIZE)) * 10.0 ** random.uniform(-12, 6, SIZE)
    m[:], v[:] = g * random.uniform(0, 1, SIZE), g**2 * random.uniform(0, 1, SIZE)
    m[:50] = v[:50] = g[:50] = 0
    return w, m, v, g


@pytest.mark.parametrize("start", [0, 1, 15, 16, 37])
@pytest.mark.parametrize("size", [1, 3, 16, 30, 500])
def test_a_step_is_right_to_the_last_digits_and_changes_nothing_else(code, start: int, size: int):
    w, m, v, g = drawn()
    wide, part = [vector.astype(np.float64) for vector in (w, m, v, g)], slice(start, start + size)
    before = [vector.copy() for vector in (w, m, v)]
    step(code, w, m, v, g, start, start + size)
    mean, variance = 0.9 * wide[1] + 0.1 * wide[3], 0.999 * wide[2] + 0.001 * wide[3] ** 2
    move = RATE * (mean / (1 - 0.9**2)) / (np.sqrt(variance / (1 - 0.999**2)) + Adam().epsilon)
    np.testing.assert_allclose(m[part], mean[part], rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(v[part], variance[part], rtol=2e-6, atol=1e-37)
    np.testing.assert_allclose(w[part], (wide[0] - move)[part], rtol=1e-6, atol=1e-8)
    for vector, old in zip((w, m, v), before, strict=True):
        vector[part] = old[part]
        np.testing.assert_array_equal(vector, old)


def test_a_step_is_the_same_bits_in_one_go_or_in_parts(code):
    whole, parts = drawn(), drawn()
    step(code, *whole, 3, SIZE)
    for start, stop in ((3, 20), (20, 21), (21, 400), (400, SIZE)):
        step(code, *parts, start, stop)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_not_a_number_is_noticed(code):
    w, m, v, g = drawn()
    g[[60, 61]] = np.nan, np.inf
    step(code, w, m, v, g, 0, SIZE)
    assert np.flatnonzero(np.isnan(w)).tolist() == [60, 61]
