"""Dense layers with far more inputs than units: shared by inputs, both gradients and the update in one go."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.ops.jit.instructions import deep_dense
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.lowering import dense as lowering
from nnstudio.engine.ops.jit.operands import Weights
from nnstudio.engine.ops.jit.program import Program
from nnstudio.layers import Conv2D, Dense, Dropout, Flatten, MaxPool
from tests.engine.jit.helpers import (
    assert_same_steps,
    jit_steps,
    noise_data,
    operations_of,
    project_of,
    run_once,
)
from tests.engine.jit.test_gemm import close, drawn, random

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

SIZES = [(1, 1, 8), (3, 5, 1031), (16, 17, 2048), (32, 64, 9000), (33, 130, 1100), (600, 3, 40)]
FRONT = (Conv2D(8, 3, activation="relu"), Conv2D(9, 3, activation="relu"))
END = (Flatten(), Dense(7, "relu"), Dense(3))
NETWORKS = {
    "behind a convolution": (*FRONT, *END),
    "behind a linear one": (Conv2D(9, 3), *END),
    "behind dropout": (*FRONT, Dropout(0.3), *END),
    "behind pooling": (*FRONT, MaxPool(), *END),
    "frozen": (*FRONT, Flatten(), Dense(7, "gelu", frozen=True), Dense(3)),
    "without a bias": (*FRONT, Flatten(), Dense(7, "gelu", use_bias=False), Dense(3)),
    "first": END,
    "twice": (Dense(700, "relu"), Dense(40, "tanh"), Dense(3)),
}


@pytest.fixture(params=["native", "AVX2"])
def code(request, kernels, avx2_kernels):
    return kernels if request.param == "native" else avx2_kernels


@pytest.fixture
def small(monkeypatch):
    """A core's own cache holds nothing, so that small layers are shared like large ones."""
    monkeypatch.setattr(lowering, "OWN_CACHE", 0)


@pytest.mark.parametrize(("rows", "units", "inputs"), SIZES)
def test_forward_is_numpys_and_the_same_bits_for_any_threads(code, rows: int, units: int, inputs: int):
    found = []
    for threads in (1, 2, 3):
        program = Program(rows)
        x, out, cut = program.matrix(inputs), program.matrix(units), program.matrix(units)
        a, kernel, bias = drawn(x, 1), random(inputs, units) / np.sqrt(np.float32(inputs)), random(units)
        deep_dense.affine(program, x, kernel, None, out)
        deep_dense.affine(program, x, kernel, bias, cut, rectify=True)
        run_once(program, code, rows, threads=threads)
        close(out.array[:, :units], a @ kernel)
        close(cut.array[:, :units], np.maximum(a @ kernel + bias, 0))
        assert not out.array[:, units:].any()  # nothing is written behind a row
        found.append(out.array)
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize("undo", [False, True], ids=["linear", "relu"])
@pytest.mark.parametrize("again", [False, True], ids=["beside", "in place"])
@pytest.mark.parametrize(("rows", "units", "inputs"), SIZES)
def test_both_gradients_are_numpys(code, rows: int, units: int, inputs: int, again: bool, undo: bool):
    found = []
    for threads in (1, 3):
        program = Program(rows)
        x, dz = program.matrix(inputs), program.matrix(units)
        a, b = drawn(x, 1), drawn(dz, 2)
        dx = x.again() if again else program.matrix(inputs)
        vector = random(inputs * units)
        kernel = vector.copy().reshape(inputs, units)
        program.share(by_features=True)
        weights = Weights(vector, None, 0)
        deep_dense.gradients(program, x, dz, weights, 0.0, dx, undo=undo)
        run_once(program, code, rows, threads=threads)
        close(kernel.ravel() - vector, (a.T @ b).ravel())
        close(dx.array[:, :inputs], np.where(a > 0, b @ kernel.T, 0) if undo else b @ kernel.T)
        assert not dx.array[:, inputs:].any()  # nothing is written behind a row
        assert dx.undone == undo
        found.append((vector, dx.array))
    for one, three in zip(*found, strict=True):
        np.testing.assert_array_equal(one, three)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_train_as_in_numpy(kernels, small, name: str):
    shape = (40,) if name == "twice" else (12, 11, 1)
    project = project_of(NETWORKS[name], shape, optimizer="Momentum")
    assert_same_steps(project, noise_data(80, shape, 3), kernels, tolerance=1e-4)


@pytest.mark.parametrize(
    "recipe", [{"clip_norm": 0.05}, {"l1": 0.003, "l2": 0.01, "clip_value": 0.002}], ids=str
)
def test_clipping_and_penalties(kernels, small, recipe):
    project = project_of(NETWORKS["behind a convolution"], (12, 11, 1), **recipe)
    assert_same_steps(project, noise_data(80, (12, 11, 1), 3), kernels, tolerance=1e-4)


def test_no_step_behind_a_loss_that_is_not_finite(kernels, small):
    """Though the update comes in the middle of the backward pass."""
    project = project_of((Dense(90), Dense(8), Dense(3)), (6,), learning_rate=1e6, batch_size=1)
    data = prepare_dataset(noise_data(64, (6,), 3), project.data)
    done = jit_steps(project, data, kernels, steps=40, threads=2)
    assert 1 < len(done.losses) < 40
    before = jit_steps(project, data, kernels, steps=len(done.losses) - 1)
    np.testing.assert_array_equal(done.state.weights, before.state.weights)  # those that made it


def test_only_a_deep_and_large_kernel_is_shared_by_inputs():
    layers = (Flatten(), Dense(9000, "relu"), Dense(64, "relu"), Dense(3))
    project = project_of(layers, (5, 5, 1))
    operations = operations_of(project, prepare_dataset(noise_data(20, (5, 5, 1), 3), project.data), 16)
    assert operations.count(codes.AFFINE_PARTS) == operations.count(codes.DENSE_GRADIENTS) == 1
    assert operations.count(codes.KERNEL_GRADIENT) == 2
    assert operations.index(codes.TALLY) < operations.index(codes.DENSE_GRADIENTS)
