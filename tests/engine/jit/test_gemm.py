"""Matrix products out of microkernels, for both instruction sets and any sizes."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.ops.jit.instructions import dense, gradients, pointwise
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.elementwise import RELU
from nnstudio.engine.ops.jit.kernels.updates import PART
from nnstudio.engine.ops.jit.operands import Matrix, Samples, Weights
from nnstudio.engine.ops.jit.program import LEAST_ROWS, Program
from tests.engine.jit.helpers import run_once

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

SIZES = [(1, 1, 1), (2, 3, 5), (7, 10, 33), (16, 64, 17), (33, 65, 600), (13, 129, 1025), (5, 1000, 3)]
SIZES += [(58, 171, 530)]  # whose kernel's panels are copied together, for either way of sharing


@pytest.fixture(params=["native", "AVX2"])
def code(request, kernels, avx2_kernels):
    return kernels if request.param == "native" else avx2_kernels


def drawn(matrix: Matrix, seed: int) -> np.ndarray:
    """Random values in a matrix; its gaps stay 0."""
    values = np.random.default_rng(seed).normal(size=(matrix.batch, matrix.width)).astype(np.float32)
    matrix.array[:, : matrix.width] = values
    return values


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(9).normal(size=shape).astype(np.float32)


def close(actual: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("by_features", [False, True])
@pytest.mark.parametrize(("rows", "units", "inputs"), SIZES)
def test_forward_and_backward_are_numpys(code, rows: int, units: int, inputs: int, by_features: bool):
    program = Program(rows)
    program.by_features = by_features
    x, out, cut, dz, dx = (program.matrix(width) for width in (inputs, units, units, units, inputs))
    a, b = drawn(x, 1), drawn(dz, 2)
    kernel, bias = random(inputs, units), random(units)
    dense.affine(program, x, kernel, None, out)
    dense.affine(program, x, kernel, bias, cut, rectify=True)
    dense.affine_input(program, dz, kernel, dx)
    run_once(program, code, rows, threads=2)
    close(out.array[:, :units], a @ kernel)
    close(cut.array[:, :units], np.maximum(a @ kernel + bias, 0))
    close(dx.array[:, :inputs], b @ kernel.T)
    for matrix in (out, cut, dx):
        assert not matrix.array[:, matrix.width :].any()  # nothing is written behind a row


@pytest.mark.parametrize("by_features", [False, True])
@pytest.mark.parametrize(("rows", "units", "inputs"), SIZES)
def test_a_relu_is_undone_in_the_product_as_by_itself(
    code, rows: int, units: int, inputs: int, by_features: bool
):
    """Also behind dropout, whose factor comes first; the same bits for any number of threads."""
    kernel, found = random(inputs, units), []
    for threads in (1, 2, 3):
        program = Program(rows)
        program.by_features = by_features
        x, dz, dx, plain = (program.matrix(width) for width in (inputs, units, inputs, inputs))
        drawn(x, 1), drawn(dz, 2)
        x.array[:] = np.maximum(x.array, 0)
        x.factor = 1 / (1 - 0.3)
        dense.affine_input(program, dz, kernel, dx, x)
        assert dx.undone
        assert dx.scaled
        dense.affine_input(program, dz, kernel, plain)
        pointwise.scale(program, plain, x.factor)
        pointwise.activate_backward(program, RELU, 0.0, plain, x, None)
        run_once(program, code, rows, threads=threads)
        assert (dx.array != 0).sum() == (x.array > 0).sum()
        found.extend((dx.array, plain.array))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


@pytest.mark.parametrize(("rows", "units", "inputs"), SIZES)
def test_weights_go_down_their_gradient(code, rows: int, units: int, inputs: int):
    program = Program(rows)
    x, dz = program.matrix(inputs), program.matrix(units)
    a, b = drawn(x, 1), drawn(dz, 2)
    vector = random(inputs * units + units + 1)
    before, size = vector.copy(), inputs * units
    gradients.kernel_gradient(program, x, dz, Weights(vector[:size], None, 0), 0.0)
    gradients.bias_gradient(program, dz, Weights(vector[size:-1], None, size), 0.0)
    run_once(program, code, rows, threads=2)
    change = before - vector
    close(change[:size], (a.T @ b).ravel())
    close(change[size:-1], b.sum(axis=0))
    assert change[-1] == 0


def test_a_large_batchs_gradient_is_the_same_bits_added_up_in_parts_or_at_once(code):
    found = []
    for sums in (None, np.full(35 * 70, np.nan, np.float32)):
        program = Program(PART + 33)
        x, dz = program.matrix(70), program.matrix(35)
        drawn(x, 1), drawn(dz, 2)
        vector = random(70 * 35)
        gradients.kernel_gradient(program, x, dz, Weights(vector, None, 0, l2=0.1, sums=sums), 0.0)
        run_once(program, code, PART + 33, threads=2)
        found.append(vector)
    np.testing.assert_array_equal(*found)


def test_a_sample_has_the_same_outputs_in_any_company_also_in_the_last_columns(code):
    rows, kernel, bias = np.tile(random(100), (9, 1)), random(100, 50), random(50)
    found = []
    for count in (9, 3, 1):
        program = Program(count)
        x, out = program.matrix(100), program.matrix(50)
        x.array[:, :100] = rows[:count]
        dense.affine(program, x, kernel, bias, out, rectify=True)
        run_once(program, code, count)
        found.extend(out.array[:, :50])
    np.testing.assert_array_equal(found, [found[0]] * 13)
    close(found[0], np.maximum(rows[0] @ kernel + bias, 0))


@pytest.mark.parametrize(("units", "inputs"), [(50, 70), (3, 40), (64, 33)])
def test_whole_gradients_are_the_same_bits_as_those_that_are_used_up(code, units: int, inputs: int):
    found, size = [], inputs * units
    for whole in (None, np.full(size, np.nan, np.float32)):
        program = Program(90)
        x, dz = program.matrix(inputs), program.matrix(units)
        drawn(x, 1), drawn(dz, 2)
        vector = np.zeros(size, np.float32)
        gradients.kernel_gradient(program, x, dz, Weights(vector, whole, 0), 0.0)
        run_once(program, code, 90, threads=2)
        found.append(-vector if whole is None else whole)
    np.testing.assert_array_equal(*found)


def test_operations_on_rows_go_together_for_some_samples_at_a_time():
    program = Program(200_000)
    x, out = program.matrix(3), program.matrix(2)
    dense.affine(program, x, random(3, 2), None, out)
    pointwise.scale(program, out, 2.0)
    program.barrier()
    pointwise.scale(program, out, 2.0)
    integers, _ = program.tables()
    place = [codes.BLOCK, codes.RUN]
    assert integers[0, place].tolist()[1] == 2
    assert integers[0, codes.BLOCK] >= LEAST_ROWS
    assert not integers[1:, place].any()


def test_nan_is_not_cut_away(code):
    program = Program(1)
    x, out = program.matrix(1), program.matrix(1)
    x.array[:] = np.nan
    dense.affine(program, x, random(1, 1), random(1), out, rectify=True)
    run_once(program, code, 1)
    assert np.isnan(out.array).all()


def test_arrays_of_another_size_type_or_layout_are_refused():
    program = Program(4)
    x, out = program.matrix(3), program.matrix(2)
    for kernel in (random(3, 3), random(3, 2).astype(np.float64), np.asfortranarray(random(3, 2))):
        with pytest.raises(ValueError, match="wrong size, type or layout"):
            dense.affine(program, x, kernel, None, out)
    with pytest.raises(ValueError, match="wrong size"):
        pointwise.copy(program, x, out)
    with pytest.raises(ValueError, match="wrong size"):
        pointwise.copy(program, x, Matrix(3, 3))
    with pytest.raises(ValueError, match="labels"):
        Samples(random(2, 3), np.array([0, 2]), 2)
