"""Convolutions on the compiled path are those of the NumPy path, whatever their sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.window import Window
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.jit.instructions import convolution, depthwise, gradients, images, winograd
from nnstudio.engine.ops.jit.operands import Matrix, Weights
from nnstudio.engine.ops.jit.plans import winograd as winograd_plans
from nnstudio.engine.ops.jit.plans.convolution import Convolution
from nnstudio.engine.ops.jit.plans.depthwise import Depthwise
from nnstudio.engine.ops.jit.program import Program
from nnstudio.engine.ops.winograd_matrices import matrices
from nnstudio.layers import Conv2D, Dense, DepthwiseConv2D, Dropout, Flatten, Residual, ZeroPadding
from tests.engine.jit.helpers import assert_same_steps, noise_data, project_of, run_once

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

CHANNELS = st.sampled_from([1, 2, 5, 8, 16, 17, 33, 70])
PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))
PADDINGS = st.sampled_from(["valid", "same"])


@pytest.fixture(scope="module", params=["native", "AVX2"])
def code(request, kernels, avx2_kernels):
    return kernels if request.param == "native" else avx2_kernels


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    """Any convolution that a Conv2D can be, on a small image."""
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    kernel, strides = draw(PAIRS), draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation, padding = draw(st.tuples(st.integers(1, 2), st.integers(1, 2))), draw(PADDINGS)
    window = Window(kernel, strides, dilation, padding)
    size = [draw(st.integers(1 if padding == "same" else reach, 12)) for reach in window.reach]
    return Convolution(window, (*size, groups * draw(CHANNELS)), groups * draw(CHANNELS), groups)


@st.composite
def plain_ones(draw: st.DrawFn) -> Convolution:
    """3×3 with stride 1 and some channels: what Winograd's transforms are for."""
    padding = draw(PADDINGS)
    least = 2 if padding == "same" else 4
    size = (draw(st.integers(least, 15)), draw(st.integers(least, 15)), draw(st.integers(8, 40)))
    return Convolution(Window((3, 3), padding=padding), size, draw(st.integers(8, 80)))


class Example:
    """A convolution's arrays, and its results on both paths."""

    def __init__(self, made: Convolution, batch: int, kernels, *, threads: int = 1) -> None:
        random = np.random.default_rng(3)
        draw = lambda *shape: random.normal(size=shape).astype(np.float32)  # noqa: E731
        channels = made.image[2]
        shape = (*made.window.kernel, channels // made.groups, made.filters)
        self.x, self.dz = draw(batch, *made.image), draw(batch, *made.output)
        self.kernel, self.bias = draw(*shape) / math.sqrt(math.prod(shape[:3])), draw(made.filters)
        self._compiled(made.flattened(), batch, kernels, threads)
        self._numpys(made)

    def _compiled(self, made: Convolution, batch: int, kernels, threads: int) -> None:
        program = Program(batch)
        x, dz = filled(self.x), filled(self.dz)
        y, dx = program.matrix(dz.width), program.matrix(x.width)
        weights = self.kernel.copy()
        forward = convolution.forward_kernel(program, made, weights)
        convolution.convolve(program, made, x, forward, self.bias, y, rectify=True)
        own = Weights(weights.ravel(), None, 0)
        fits = winograd_plans.fits(made)
        parts = winograd.kernel_parts(program, made) if fits and winograd_plans.gradient_fits(made) else None
        if fits:
            turned = winograd.transposed_kernel(program, made, weights)
            winograd.gradients(program, made, x, dz, parts=parts, kernel=turned, dx=dx)
        else:
            backward = convolution.backward_kernel(program, made, weights)
            convolution.convolve_input(program, made, dz, backward, dx)
        each = program.matrix(weights.size)
        if made.adds_up_later:
            convolution.gradient_of_each(program, made, x, dz, each)
        program.barrier()
        if parts is not None:
            winograd.finish_gradient(program, made, parts, own, 0.0)
        elif made.adds_up_later:
            gradients.bias_gradient(program, each, own, 0.0)
        else:
            convolution.convolution_gradient(program, made, x, dz, own, 0.0)
        run_once(program, kernels, batch, threads=threads)
        for matrix in (y, dx):
            assert not matrix.array[:, matrix.width :].any()  # nothing is written behind a sample
        self.results = [y.array[:, : y.width], dx.array[:, : dx.width], self.kernel - weights]

    def _numpys(self, made: Convolution) -> None:
        ops, exact = NumpyOps(), np.float64
        x, dz, kernel = self.x.astype(exact), self.dz.astype(exact), self.kernel.astype(exact)
        y, dx, d_kernel = np.empty_like(dz), np.empty_like(x), np.empty_like(kernel)
        ops.convolve(x, kernel, self.bias.astype(exact), made.window, y)
        ops.convolve_backward(dz, x, kernel, made.window, d_kernel, None, dx)
        self.expected = [np.maximum(y, 0), dx, d_kernel]

    def errors(self) -> list[float]:
        """Largest error of output, input's and kernel's gradient, by their size."""
        pairs = zip(self.results, self.expected, strict=True)
        return [np.abs(a.reshape(b.shape) - b).max() / max(1.0, np.abs(b).max()) for a, b in pairs]


def filled(values: np.ndarray) -> Matrix:
    matrix = Matrix(len(values), values[0].size)
    matrix.array[:, : matrix.width] = values.reshape(len(values), -1)
    return matrix


@settings(deadline=None, derandomize=True, max_examples=60)
@given(made=convolutions(), batch=st.integers(1, 5))
def test_forward_and_gradients_of_any_convolution_are_numpys(code, made: Convolution, batch: int):
    assert max(Example(made, batch, code, threads=2).errors()) < 1e-5


@settings(deadline=None, derandomize=True, max_examples=40)
@given(made=plain_ones(), batch=st.integers(1, 9))
def test_winograds_transforms_are_about_as_exact(code, made: Convolution, batch: int):
    assert winograd_plans.fits(made)
    limit = {2: 3e-6, 4: 1e-5}[winograd_plans.outputs(made)]
    assert max(Example(made, batch, code, threads=2).errors()) < limit


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    kernel=PAIRS,
    strides=PAIRS,
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=PADDINGS,
    size=st.tuples(st.integers(8, 14), st.integers(8, 14)),
    channels=CHANNELS,
    multiplier=st.integers(1, 3),
    batch=st.integers(1, 4),
)
def test_depthwise_convolution_is_numpys(
    code, kernel, strides, dilation, padding, size, channels, multiplier, batch
):
    made = Depthwise(Window(kernel, strides, dilation, padding), (*size, channels), multiplier)
    random, ops = np.random.default_rng(3), NumpyOps()
    x = random.normal(size=(batch, *made.image)).astype(np.float32)
    dz = random.normal(size=(batch, *made.window.output(*size), made.filters)).astype(np.float32)
    weights = random.normal(size=(*kernel, channels, multiplier)).astype(np.float32)
    bias = random.normal(size=made.filters).astype(np.float32)
    program = Program(batch)
    given_x, given_dz = filled(x), filled(dz)
    y, dx, each = (program.matrix(width) for width in (dz[0].size, x[0].size, weights.size))
    depthwise.depthwise(program, made, given_x, weights, bias, y, rectify=True)
    depthwise.depthwise_input(program, made, given_dz, weights, dx)
    depthwise.depthwise_gradient(program, made, given_x, given_dz, each)
    run_once(program, code, batch, threads=2)
    expected_y, expected_dx, d_kernel = np.empty_like(dz), np.empty_like(x), np.empty_like(weights)
    ops.depthwise(x, weights, bias, made.window, expected_y)
    ops.depthwise_backward(dz, x, weights, made.window, d_kernel, None, expected_dx)
    for matrix, expected in ((y, np.maximum(expected_y, 0)), (dx, expected_dx)):
        close(matrix.array[:, : matrix.width], expected.reshape(batch, -1))
        assert not matrix.array[:, matrix.width :].any()
    close(each.array[:, : each.width].sum(axis=0), d_kernel.ravel())


def close(actual: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_tiles_of_a_large_image_and_many_channels_are_worked_on_in_parts(kernels):
    for size, filters in ((41, 24), (7, 130)):
        made = Convolution(Window((3, 3), padding="same"), (size, size + 2, 136), filters)
        assert max(Example(made, 3, kernels, threads=3).errors()) < 1e-5


@pytest.mark.parametrize(("size", "later"), [(12, True), (5, False)])
def test_a_small_kernel_of_few_channels_has_its_samples_gradients_added_up_later(
    code, size: int, later: bool
):
    made = Convolution(Window((3, 3), padding="same"), (size, size, 1), 6)
    assert made.adds_up_later == later
    assert max(Example(made, 5, code, threads=3).errors()) < 1e-5


def test_a_kernel_that_is_too_large_when_transformed_has_its_gradient_directly(kernels):
    made = Convolution(Window((3, 3), padding="same"), (3, 2, 448), 470)
    assert winograd_plans.fits(made)
    assert not winograd_plans.gradient_fits(made)
    assert max(Example(made, 2, kernels).errors()) < 1e-5


@pytest.mark.parametrize("outputs", [2, 4])
def test_the_transforms_matrices_make_a_convolution(outputs: int):
    input_, kernel, output, gradient, kernel_gradient, input_gradient = map(np.array, matrices(outputs))
    d, g = np.arange(1, outputs + 3), np.array([3, -5, 7])
    expected = [sum(g[j] * d[i + j] for j in range(3)) for i in range(outputs)]
    assert list(output @ ((kernel @ g) * (input_ @ d))) == expected  # in fractions: exactly
    np.testing.assert_array_equal(gradient, output.T)
    np.testing.assert_array_equal(kernel_gradient, kernel.T)
    np.testing.assert_array_equal(input_gradient, input_.T)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_kernels_larger_than_the_image_and_its_strides(kernels, padding: str):
    window = Window((7, 9), (5, 2), padding=padding)
    made = Convolution(window, (7, 9, 3) if padding == "valid" else (2, 3, 3), 4)
    assert max(Example(made, 2, kernels).errors()) < 1e-5


def test_borders_go_on_and_come_off(kernels):
    program, pads = Program(3), ((1, 0), (2, 3))
    values = np.random.default_rng(1).normal(size=(3, 4, 5, 2)).astype(np.float32)
    x, out, back = filled(values), program.matrix(5 * 10 * 2), program.matrix(4 * 5 * 2)
    images.pad(program, x, (4, 5, 2), pads, out)
    images.crop(program, out, (4, 5, 2), pads, back)
    run_once(program, kernels, 3, threads=2)
    np.testing.assert_array_equal(out.array.reshape(3, 5, 10, 2), np.pad(values, ((0, 0), *pads, (0, 0))))
    np.testing.assert_array_equal(back.array, x.array)


def test_images_of_another_size_are_refused():
    program, made = Program(2), Convolution(Window((3, 3)), (5, 5, 2), 4)
    kernel = convolution.forward_kernel(program, made, np.zeros((3, 3, 2, 4), np.float32))
    with pytest.raises(ValueError, match="images"):
        convolution.convolve(program, made, program.matrix(49), kernel, None, program.matrix(36))
    with pytest.raises(ValueError, match="array"):
        convolution.forward_kernel(program, made, np.zeros((3, 3, 2, 5), np.float32))
    with pytest.raises(ValueError, match="images"):
        images.pad(program, program.matrix(8), (2, 2, 2), ((1, 1), (1, 1)), program.matrix(30))


def conv(filters: int, kernel: int = 3, **settings_: object) -> Conv2D:
    return Conv2D(filters=filters, kernel_size=(kernel, kernel), **settings_)


NETWORKS = {
    "plain": (conv(8, activation="relu"), conv(16, activation="relu"), Flatten(), Dense(5, "relu")),
    "strided": (conv(6, 2, strides=(2, 2), padding="same"), conv(70, 3, padding="same", activation="tanh")),
    "grouped": (conv(6, 1), conv(12, 3, groups=3, activation="gelu"), conv(4, 2, dilation_rate=(2, 2))),
    "bordered": (ZeroPadding(((1, 0), (2, 1))), conv(9, 3, use_bias=False), ZeroPadding(), conv(8, 4)),
    "depthwise": (
        DepthwiseConv2D(depth_multiplier=2, padding="same", activation="relu"),
        DepthwiseConv2D(kernel_size=(2, 3), strides=(2, 1), activation="silu", use_bias=False),
    ),
    "softmax": (conv(5, activation="softmax"), Dropout(0.3), conv(4, activation="relu"), Dropout(0.2)),
    "dropped": (
        conv(8, activation="relu"),
        Dropout(0.3),
        conv(9, activation="relu"),
        conv(8, activation="elu"),
    ),
    "residual": (
        conv(8, padding="same", activation="relu"),
        Residual((conv(8, padding="same", activation="relu"), conv(8, padding="same")), activation="relu"),
        conv(8, padding="same", use_bias=False, activation="relu"),
    ),
    "frozen": (conv(8, frozen=True), conv(8, activation="relu"), conv(8, frozen=True, padding="same")),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_of_whole_networks(kernels, name: str):
    layers = (*NETWORKS[name], Flatten(), Dense(3))
    assert_same_steps(project_of(layers, (9, 8, 3)), noise_data(64, (9, 8, 3), 3), kernels)


@pytest.mark.parametrize(
    "recipe", [{"clip_norm": 0.05, "l2": 0.01}, {"clip_value": 0.01, "l1": 0.01}], ids=str
)
def test_penalties_and_clipping(kernels, recipe):
    layers = (conv(8, activation="relu"), conv(9, activation="relu"), conv(4, 2), Flatten(), Dense(3))
    project = project_of(layers, (12, 11, 1), optimizer="Adam", learning_rate=0.001, **recipe)
    assert_same_steps(project, noise_data(64, (12, 11, 1), 3), kernels, steps=3, tolerance=1e-4)
