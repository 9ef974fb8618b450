"""BatchNorm, ReLU and max-pooling in one loop are what the three are one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.window import Window
from nnstudio.engine.ops.jit.instructions import normalisation, pointwise, pooling
from nnstudio.engine.ops.jit.instructions.normalisation import Moving, Statistics
from nnstudio.engine.ops.jit.kernels.elementwise import RELU
from nnstudio.engine.ops.jit.operands import Matrix
from nnstudio.engine.ops.jit.program import Program
from tests.engine.jit.helpers import run_once

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

POOL = Window((2, 2), (2, 2))


@pytest.fixture(scope="module", params=["native", "AVX2"])
def code(request, kernels, avx2_kernels):
    return kernels if request.param == "native" else avx2_kernels


class Example:
    """A program that computes either way, on the same images and gradients."""

    def __init__(self, image: tuple[int, int, int], batch: int, *, relu: bool, draw) -> None:
        channels = image[2]
        self.program, self.image, self.relu = Program(batch), image, relu
        self.x, self.dy = (
            self.filled(draw(batch, *image)),
            draw(batch, image[0] // 2, image[1] // 2, channels),
        )
        ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        self.statistics = Statistics(batch, self.x.width, channels)
        factors, shifts = draw(channels), draw(channels)
        factors[0] = 0
        moving = Moving(zeros, ones, 0.9, 1e-3)
        normalisation.batch_statistics(self.program, self.x, self.statistics, moving, factors, shifts)

    def filled(self, values: np.ndarray) -> Matrix:
        matrix = self.program.matrix(values[0].size)
        matrix.array[:, : matrix.width] = values.reshape(len(values), -1)
        return matrix

    def together(self) -> list[Matrix]:
        program, x, dy = self.program, self.x, self.filled(self.dy)
        y, winners, dx = (program.matrix(width) for width in (dy.width, dy.width, x.width))
        normalisation.pooled_norm(program, x, self.image, self.statistics, y, winners, rectify=self.relu)
        if self.relu:
            pointwise.activate_backward(program, RELU, 0.0, dy, y, None)
        d_gamma, d_beta = self.sums(dy, winners)
        normalisation.pooled_norm_backward(program, dy, x, winners, self.image, self.statistics, dx)
        return [y, d_gamma, d_beta, dx]

    def one_by_one(self) -> list[Matrix]:
        program, x, dy = self.program, self.x, self.filled(self.dy)
        z, y, dz = (program.matrix(width) for width in (x.width, dy.width, x.width))
        normalisation.batch_norm(program, x, self.statistics, z, rectify=self.relu)
        pooling.max_pool(program, z, POOL, self.image, y)
        pooling.max_pool_backward(program, dy, z, y, POOL, self.image, dz)
        if self.relu:
            pointwise.activate_backward(program, RELU, 0.0, dz, z, None)
        d_gamma, d_beta = self.sums(dz, x)
        normalisation.batch_norm_backward(program, dz, x, self.statistics)
        return [y, d_gamma, d_beta, dz]

    def sums(self, dz: Matrix, x: Matrix) -> tuple[Matrix, Matrix]:
        d_gamma, d_beta = (self.program.matrix(self.image[2]) for _ in range(2))
        normalisation.batch_sums_backward(self.program, dz, x, self.statistics, d_gamma, d_beta)
        normalisation.batch_statistics_backward(self.program, self.statistics, d_gamma, d_beta)
        return d_gamma, d_beta


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("image", [(2, 2, 1), (4, 6, 5), (6, 4, 16), (8, 8, 33), (2, 10, 70)])
def test_together_as_one_by_one(code, image: tuple[int, int, int], relu: bool):
    random = np.random.default_rng(4)
    example = Example(image, 3, relu=relu, draw=lambda *shape: random.normal(size=shape).astype(np.float32))
    found, expected = example.together(), example.one_by_one()
    run_once(example.program, code, 3, threads=2)
    for ours, theirs in zip(found, expected, strict=True):
        values, size = theirs.array[:, : theirs.width], ours.width
        np.testing.assert_allclose(ours.array[:, :size], values, rtol=1e-5, atol=1e-5 * np.abs(values).max())
        assert not ours.array[:, size:].any()  # nothing is written behind a sample


def test_the_first_of_equal_values_gets_the_gradient_and_nan_is_never_lost(code):
    few = np.random.default_rng(4)
    example = Example(
        (4, 4, 20), 3, relu=True, draw=lambda *shape: few.integers(-2, 3, shape).astype(np.float32)
    )
    found, expected = example.together(), example.one_by_one()
    run_once(example.program, code, 3)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.array, theirs.array, rtol=1e-5, atol=1e-5)
    spoilt = Example((4, 4, 20), 3, relu=True, draw=lambda *shape: few.normal(size=shape).astype(np.float32))
    y = spoilt.together()[0]
    spoilt.x.array[1, 25] = np.nan
    run_once(spoilt.program, code, 3)
    assert np.isnan(y.array[1, 5])


def test_odd_images_are_refused():
    program = Program(2)
    x, y, statistics = program.matrix(30), program.matrix(6), Statistics(2, 30, 2)
    with pytest.raises(ValueError, match="pooled_norm"):
        normalisation.pooled_norm(program, x, (3, 5, 2), statistics, y, None, rectify=True)
