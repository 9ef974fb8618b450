"""Every layer on the compiled path trains and evaluates as in NumPy, alone and among others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from nnstudio.core.layer import LAYERS
from nnstudio.core.spec import NetworkSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.measure import measure
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit import program
from nnstudio.engine.ops.jit.evaluation import JitEvaluator
from nnstudio.engine.ops.jit.lowering.chain import LOWERINGS
from nnstudio.layers import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAvgPool,
    LayerNorm,
    MaxPool,
    Reshape,
    Residual,
    SpatialDropout,
)
from tests.drawn import networks
from tests.engine.jit.helpers import assert_same_steps, jit_steps, noise_data, numpy_steps, project_of

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

IMAGE = (Dense(75, "relu"), Reshape((5, 5, 3)))
EVEN = (Dense(72, "relu"), Reshape((6, 4, 3)))
END = (Flatten(), Dense(3))
CASES = {
    "batch norm": (Dense(12), BatchNorm(), Activation("relu"), Dense(3)),
    "batch norm before dropout": (
        Dense(12),
        BatchNorm(momentum=0.5),
        Activation("gelu"),
        Dropout(0.2),
        Dense(3),
    ),
    "batch norm of images": (*IMAGE, BatchNorm(center=False), Conv2D(4, 3), BatchNorm(scale=False), *END),
    "batch norm without either": (*IMAGE, BatchNorm(center=False, scale=False), *END),
    "batch norm first": (BatchNorm(), Dense(3)),
    "frozen batch norm": (Dense(12), BatchNorm(frozen=True), Dense(9), BatchNorm(frozen=True), Dense(3)),
    "layer norm": (Dense(12), LayerNorm(), Activation("relu"), Dense(3)),
    "layer norm of images": (*IMAGE, LayerNorm(center=False), Conv2D(8, 2), LayerNorm(scale=False), *END),
    "layer norm first": (LayerNorm(), Dense(3)),
    "pooled batch norm": (*EVEN, BatchNorm(), Activation("relu"), MaxPool(), Dropout(0.3), *END),
    "pooled batch norm without either": (*EVEN, BatchNorm(center=False, scale=False), MaxPool(), *END),
    "frozen pooled batch norm": (*EVEN, BatchNorm(frozen=True), Activation("relu"), MaxPool(), *END),
    "pooled batch norm of convolutions": (
        Conv2D(8, 3, padding="same", use_bias=False),
        BatchNorm(),
        Activation("relu"),
        MaxPool(),
        Conv2D(9, 3, padding="same", activation="relu"),
        *END,
    ),
    "max pool": (Dense(72, "tanh"), Reshape((6, 6, 2)), MaxPool(), Dropout(0.3), *END),
    "max pool over edges": (*IMAGE, MaxPool((3, 2), (2, 1), padding="same"), MaxPool(padding="same"), *END),
    "max pool of equal values": (*IMAGE, MaxPool(3, 1), *END),
    "average pool": (*IMAGE, AvgPool((3, 2), (2, 1), padding="same"), AvgPool(), *END),
    "global average": (*IMAGE, GlobalAvgPool(), Dense(3)),
    "spatial dropout": (*IMAGE, SpatialDropout(0.4), *END),
    "noise": (GaussianNoise(0.3), Dense(20, "relu"), GaussianNoise(0.5), Dense(3)),
    "dropout twice": (Dense(20, "relu"), Dropout(0.3), Dropout(0.2), Dense(9, "relu"), LayerNorm(), Dense(3)),
    "softmax of channels": (*IMAGE, Activation("softmax"), *END),
    "rarer activations": (Dense(20, "selu"), Dense(30, "softplus"), Activation("selu"), Dense(3)),
    "block": (
        Dense(12, "relu"),
        Residual(layers=(Dropout(0.3), Dense(8, "relu"), Dropout(0.1), Dense(12))),
        Dropout(0.2),
        Dense(3),
    ),
    "block in a block": (
        Dense(12),
        Residual(layers=(Dense(12), LayerNorm(), Residual(layers=(Dense(12, "tanh"),))), activation="gelu"),
        Dense(3),
    ),
    "block first": (Residual(layers=(Dense(10, "relu"), Dense(10))), Dense(3)),
    "frozen block": (Dense(10), Residual(layers=(Dense(10, "relu"), Dense(10)), frozen=True), Dense(3)),
    "wide block": (Dense(700, "relu"), Residual(layers=(Dense(700, "relu"), Dense(700))), Dense(3)),
    "residual convolution": (
        Conv2D(6, 3, padding="same"),
        Residual(
            layers=(
                Conv2D(9, 3, strides=2, padding="same", use_bias=False),
                BatchNorm(),
                Activation("relu"),
                Conv2D(9, 3, padding="same", use_bias=False),
                BatchNorm(),
            )
        ),
        MaxPool(),
        Flatten(),
        Dense(3),
    ),
}


def test_every_layer_has_kernels():
    assert set(LAYERS) == set(LOWERINGS)


@pytest.mark.parametrize("name", CASES)
def test_every_layer_trains_as_in_numpy(kernels, name: str):
    images = isinstance(CASES[name][0], Conv2D)
    shape = (7, 8, 2) if images else (10,)
    assert_same_steps(project_of(CASES[name], shape), noise_data(80, shape, 3), kernels, tolerance=1e-4)


@pytest.mark.parametrize("recipe", [{"clip_norm": 0.05}, {"optimizer": "AdamW", "l2": 0.01}], ids=str)
def test_normalisation_with_every_kind_of_update(kernels, recipe):
    layers = (Dense(12, use_bias=False), BatchNorm(), Dense(9, "relu"), LayerNorm(), Dense(3))
    project = project_of(layers, (10,), learning_rate=0.002, **recipe)
    assert_same_steps(project, noise_data(80, (10,), 3), kernels, tolerance=1e-4)


def test_statistics_of_large_offsets_keep_their_digits(kernels):
    """And a channel that is constant comes out as beta."""
    data = noise_data(96, (6, 5, 2), 3, floats=True)
    x = data.train.x.copy()
    x[..., 0] += 1000
    x[..., 1] = 7
    data = type(data)("noise", "Noise", type(data.train)(x, data.train.y), data.test, data.classes)
    layers = (BatchNorm(momentum=0.5), Flatten(), Dense(3))
    project = project_of(layers, (6, 5, 2), scaling="none")
    prepared = prepare_dataset(data, project.data)
    ours, theirs = jit_steps(project, prepared, kernels, steps=3), numpy_steps(project, prepared, steps=3)
    np.testing.assert_allclose(ours.state.weights, theirs.state.weights, rtol=1e-4, atol=1e-5)


def continuous(samples: int, shape: tuple[int, ...], classes: int) -> Dataset:
    """Samples without a value twice, so that no activation is met exactly at its kink."""
    x = np.random.default_rng(3).standard_normal((samples, *shape)).astype(np.float32)
    part = Part(x, np.arange(samples) % classes)
    return Dataset("noise", "Noise", part, part.none(), tuple(f"c{k}" for k in range(classes)))


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.generate,))
@given(spec=networks(), batch=st.sampled_from([1, 3, 8]), seed=st.integers(0, 1000))
def test_drawn_networks_train_and_evaluate_as_in_numpy(kernels, spec: NetworkSpec, batch: int, seed: int):
    assume(all(type(layer) in LOWERINGS for outer in spec.layers for layer in outer.tree()))
    shape = spec.input_shape
    assert shape is not None
    recipe = {"batch_size": batch, "learning_rate": 0.01, "seed": seed, "scaling": "none"}
    project = project_of(spec.layers[1:], shape, **recipe)
    data = prepare_dataset(continuous(50, shape, 5), project.data)
    ours = jit_steps(project, data, kernels, steps=3, threads=2)
    theirs = numpy_steps(project, data, steps=3)
    scale = max(1.0, float(np.abs(theirs.state.weights).max()))
    np.testing.assert_allclose(ours.state.weights, theirs.state.weights, rtol=1e-3, atol=1e-4 * scale)
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-3)
    network = Network(project.network, project.train.loss)
    found = JitEvaluator(network, theirs.state.weights, data.scaling, kernels, threads=2).measure(data.train)
    expected = measure(network, theirs.state.weights, data.train, data.scaling)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_images_pass_in_blocks_of_a_few_without_a_trace(kernels, monkeypatch):
    """As long as the block is, the bits are the same."""
    shape, layers = (12, 12, 2), CASES["residual convolution"]
    project = project_of(layers, shape)
    data = prepare_dataset(noise_data(64, shape, 3), project.data)
    found = []
    for size in (1, 20_000, 1 << 40):
        monkeypatch.setattr(program, "BLOCK_BYTES", size)
        found.append(jit_steps(project, data, kernels, steps=3, threads=2).state.weights)
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[1], found[2])
