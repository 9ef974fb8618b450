from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec
from nnstudio.engine.gradcheck import (
    TOLERANCE,
    Comparison,
    Effort,
    affordable_effort,
    check_gradients,
    directional_error,
)
from nnstudio.engine.network import Network
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.noise import Noise
from nnstudio.layers import (
    Activation,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool,
    Residual,
)
from nnstudio.layers.base import Layer
from nnstudio.optim.losses import CategoricalCrossentropy


def network_of(*layers: Layer) -> Network:
    return Network(NetworkSpec(layers=layers), CategoricalCrossentropy())


def deep() -> Network:
    """A block with a projection inside a stack, normalisation, dropout, many kinks."""
    inside = (Conv2D(filters=6, kernel_size=3, strides=2, padding="same"), BatchNorm(), Dropout(rate=0.2))
    return network_of(
        Input(shape=(9, 9, 2)),
        Conv2D(filters=4, kernel_size=3, padding="same", name="first"),
        BatchNorm(name="norm"),
        Activation(function="relu"),
        MaxPool(pool_size=2, strides=1),
        Residual(layers=inside, name="block"),
        GlobalAvgPool(),
        Dense(units=3),
    )


def batch(network: Network, n: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.standard_normal((n, *network.input_shape)), random.integers(0, 3, n)


def test_there_is_a_row_for_every_array_that_trains_also_inside_blocks():
    network = deep()
    rows = check_gradients(network, network.initial_weights(0), *batch(network))
    assert [(row.layer, row.weight) for row in rows] == [
        ("first", "kernel"),
        ("first", "bias"),
        ("norm", "gamma"),
        ("norm", "beta"),
        ("conv2d", "kernel"),
        ("conv2d", "bias"),
        ("batch_norm", "gamma"),
        ("batch_norm", "beta"),
        ("block_projection", "kernel"),
        ("block_projection_norm", "gamma"),
        ("block_projection_norm", "beta"),
        ("dense", "kernel"),
        ("dense", "bias"),
    ]
    assert all(row.ok for row in rows)
    silent = {(row.layer, row.weight) for row in rows if abs(row.analytic) < 1e-10}
    assert silent == {("first", "bias"), ("conv2d", "bias")}  # BatchNorm takes them out again


def test_a_wrong_gradient_is_found_in_its_row_alone(monkeypatch: pytest.MonkeyPatch):
    right = NumpyOps.affine_backward

    def wrong(self, dz, x, kernel, d_kernel, d_bias, dx):
        right(self, dz, x, kernel, d_kernel, d_bias, dx)
        if d_bias is not None and len(d_bias) == 7:
            d_bias[2] *= 1.001

    monkeypatch.setattr(NumpyOps, "affine_backward", wrong)
    network = network_of(
        Input(shape=(5,)), Dense(units=7, activation="tanh", name="bad"), Dense(units=3, name="good")
    )
    rows = check_gradients(network, network.initial_weights(0), *batch(network))
    assert [(row.layer, row.weight) for row in rows if not row.ok] == [("bad", "bias")]


def test_a_direction_across_a_kink_says_nothing_and_a_wrong_gradient_says_so():
    at, random = np.array([3e-8]), np.random.default_rng(0)  # |x| turns within every step
    across = directional_error(lambda: float(np.abs(at[0])), at, np.ones(1), random)
    assert across.relative_error > TOLERANCE
    assert not across.settled
    at = np.array([0.5])
    smooth = directional_error(lambda: float(at[0] ** 2), at, np.array([1.001]), random)
    assert smooth.relative_error == pytest.approx(0.001, rel=1e-2)
    assert smooth.settled


def test_a_direction_that_says_nothing_is_drawn_again_a_few_times(monkeypatch: pytest.MonkeyPatch):
    nothing, good = Comparison(1.0, 2.0, 0.5, False), Comparison(1.0, 1.0, 0.0, True)
    network = network_of(Input(shape=(2,)), Dense(units=3, use_bias=False))
    for draws, ok in (([nothing, nothing, good], True), ([nothing] * 20, False)):
        found = iter(draws)
        monkeypatch.setattr("nnstudio.engine.gradcheck.directional_error", lambda *_: next(found))  # noqa: B023
        rows = check_gradients(network, network.initial_weights(0), *batch(network), directions=1)
        assert [row.ok for row in rows] == [ok]
    assert len(list(found)) == 15


def test_many_kinks_dont_look_like_wrong_gradients():
    network = network_of(
        Input(shape=(20, 20, 1)),
        Conv2D(filters=32, kernel_size=3, activation="relu", kernel_initializer="HeNormal"),
        MaxPool(pool_size=2),
        Flatten(),
        Dense(units=3),
    )
    rows = check_gradients(network, network.initial_weights(1), *batch(network, 16))
    assert {(row.layer, row.weight): row.relative_error for row in rows if not row.ok} == {}


@pytest.mark.parametrize("name", ["norm", "conv2d", "block_projection", "dense"])
def test_a_repeated_pass_sees_the_changed_weights_of_a_layer(name: str):
    network = deep()
    weights = network.initial_weights(0).astype(np.float64)
    workspace, other = (network.workspace(weights, 8, np.zeros(network.trainable)) for _ in range(2))
    x = batch(network)[0]
    before = workspace.forward(x, Noise(1)).copy()
    for array in network.views(weights)[name].values():
        array += 0.1
    again = workspace.chain.repeat(name).copy()
    np.testing.assert_array_equal(again, other.forward(x, Noise(1)))
    assert not np.array_equal(again, before)


def test_large_networks_are_checked_on_less():
    def stack(units: int) -> Network:
        return network_of(Input(shape=(100,)), Dense(units=units), Dense(units=units), Dense(units=3))

    efforts = [affordable_effort(stack(units)) for units in (100, 5000, 10_000, 60_000)]
    assert efforts[0] == Effort(16, 3)
    assert efforts[1].directions == 3
    assert efforts[1].samples < 16
    assert efforts[2].directions == 1
    assert efforts[2].samples > 1
    assert efforts[3] == Effort(1, 1)


def test_progress_names_what_is_checked_and_how_far_it_is():
    network, told = deep(), []
    check_gradients(
        network, network.initial_weights(0), *batch(network), directions=1, progress=lambda *a: told.append(a)
    )
    assert told[0] == ("Checking gradients: dense bias", 0)
    assert [share for _, share in told] == [i / 13 for i in range(13)]
