"""Networks: the worked example, fusion, flat vectors, passes side by side."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest

from nnstudio.core.activations import TITLES
from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.errors import DataError, ShapeError
from nnstudio.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    LayerNorm,
    SpatialDropout,
)
from nnstudio.layers.base import Layer
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy
from tests.helpers import small_network


def s5_example() -> tuple[Network, np.ndarray]:
    """x = [1, 2], three hidden ReLU units, one sigmoid output, with the weights of S5."""
    layers = (Input(shape=(2,)), Dense(units=3, activation="relu"), Dense(units=1, activation="sigmoid"))
    network = Network(NetworkSpec(layers=layers), BinaryCrossentropy())
    weights = network.initial_weights(0)
    views = network.views(weights)
    views["dense"]["kernel"][...] = np.array([[5, 10], [1, 0], [3, 4]]).T
    views["dense"]["bias"][...] = [5, -5, -1]
    views["dense_1"]["kernel"][...] = np.array([[1], [2], [1]])
    views["dense_1"]["bias"][...] = -27
    return network, weights


def test_the_worked_example_of_s5():
    network, weights = s5_example()
    workspace = network.workspace(weights, 1)
    logits = workspace.forward(np.array([[1, 2]], dtype=np.float32))
    np.testing.assert_array_equal(workspace.outputs()["dense"], [[30, 0, 10]])
    assert logits[0, 0] == 13
    model = Model(network, weights, ("no", "yes"), Scaling())
    probability = model.predict(np.array([[1, 2]], dtype=np.float32))
    assert probability[0, 1] == pytest.approx(1 / (1 + np.exp(-13)), abs=6e-8)  # 0.9999977
    assert probability[0].sum() == pytest.approx(1)


def test_an_activation_card_is_computed_with_the_dense_in_front_of_it():
    cards = (Input(shape=(4,)), Dense(units=5), Activation(function="tanh"), Dense(units=2))
    fields = (Input(shape=(4,)), Dense(units=5, activation="tanh"), Dense(units=2))
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    outputs = []
    for layers in (cards, fields):
        network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
        outputs.append(network.workspace(network.initial_weights(1), 3).forward(x).copy())
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    "ending",
    [
        (Dense(units=3),),
        (Dense(units=3, activation="softmax"),),
        (Dense(units=3), Activation(function="softmax")),
    ],
)
def test_softmax_is_applied_once_however_it_is_written(ending):
    network = Network(NetworkSpec(layers=(Input(shape=(4,)), *ending)), CategoricalCrossentropy())
    weights = network.initial_weights(2)
    model = Model(network, weights, ("a", "b", "c"), Scaling())
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    kernel, bias = network.views(weights)["dense"].values()
    logits = (x @ kernel + bias).astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-5)


def test_views_share_the_flat_vector():
    network = Network(small_network(), CategoricalCrossentropy())
    weights = network.initial_weights(3)
    network.views(weights)["dense"]["kernel"][0, 0] = 42
    assert weights[0] == 42
    assert network.size == 36 * 12 + 12 + 12 * 3 + 3


def test_equal_seeds_give_equal_weights():
    network = Network(small_network(), CategoricalCrossentropy())
    np.testing.assert_array_equal(network.initial_weights(5), network.initial_weights(5))
    assert not np.array_equal(network.initial_weights(5), network.initial_weights(6))


def test_a_network_with_problems_is_refused_with_all_of_them():
    stack = NetworkSpec(layers=(Input(), Dense(units=3), Input()))
    with pytest.raises(ShapeError, match=r"(?s)2 problems.*flat vector.*first layer"):
        Network(stack, CategoricalCrossentropy())


def test_a_model_predicts_on_several_threads_at_a_time():
    network = Network(small_network(), CategoricalCrossentropy())
    model = Model(network, network.initial_weights(0), ("a", "b", "c"), Scaling(0, 1 / 255))
    x = np.random.default_rng(0).integers(0, 255, (4, 500, 6, 6, 1), dtype=np.uint8)
    expected = [model.predict(part) for part in x]
    wrong = []

    def work(i: int) -> None:
        for _ in range(20):
            if not np.array_equal(model.predict(x[i]), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_samples_of_another_shape_are_refused_in_words():
    network = Network(small_network(), CategoricalCrossentropy())
    model = Model(network, network.initial_weights(0), ("a", "b", "c"), Scaling())
    with pytest.raises(DataError, match=r"\(N, 6, 6, 1\).*\(2, 5, 5\)"):
        model.predict(np.zeros((2, 5, 5)))


def test_evaluate_agrees_with_the_definition():
    network = Network(small_network(), CategoricalCrossentropy())
    model = Model(network, network.initial_weights(0), ("a", "b", "c"), Scaling(0, 1 / 255))
    x = np.random.default_rng(0).integers(0, 255, (2500, 6, 6, 1), dtype=np.uint8)
    y = np.arange(2500) % 3
    result = model.evaluate(x, y)
    p = model.predict(x)
    assert result.loss == pytest.approx(-np.log(p[np.arange(2500), y]).mean(), rel=1e-5)
    assert result.accuracy == (p.argmax(axis=1) == y).mean()
    np.testing.assert_array_equal(result.predictions, p.argmax(axis=1))


def peak_of_a_step(layers: tuple[Layer, ...], n: int) -> int:
    """Bytes that the second training step allocates at its worst moment."""
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    weights = network.initial_weights(0)
    workspace = network.workspace(weights, n, np.zeros(network.trainable, np.float32))
    random = np.random.default_rng(0)
    x = random.random((n, *network.input_shape), dtype=np.float32)
    labels = random.integers(0, 10, n)

    def step() -> None:
        logits = workspace.forward(x, Noise(0))
        workspace.loss(logits, labels, backward=True)
        workspace.backward(workspace.d_logits[:n])

    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("activation", TITLES)
def test_a_step_allocates_nothing_as_large_as_a_batch(activation: str):
    layers = (
        Input(shape=(28, 28, 1)),
        Flatten(),
        Dense(units=64, activation=activation),
        Dropout(),
        Dense(units=10),
    )
    assert peak_of_a_step(layers, 512) < 512 * 64 * 4 // 2  # half of the smallest hidden activation


@pytest.mark.parametrize(
    "layer",
    [BatchNorm(), LayerNorm(), SpatialDropout(), GaussianNoise(), Activation(function="softmax")],
    ids=lambda layer: layer.title,
)
@pytest.mark.parametrize("channels", [2, 50])
def test_a_step_on_images_allocates_nothing_as_large_as_a_batch(layer: Layer, channels: int):
    side = 160 // channels
    layers = (
        Input(shape=(side, 40, channels)),
        layer.replace(name="first"),
        Activation(function="relu"),
        layer.replace(name="second"),
        Activation(function="gelu"),
        Flatten(),
        Dense(units=10),
    )
    assert peak_of_a_step(layers, 128) < 128 * side * 40 * channels * 4 // 8
