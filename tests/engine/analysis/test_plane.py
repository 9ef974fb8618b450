from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.analysis.plane import (
    REACH,
    decision_surface,
    hidden_dense,
    plane_grid,
    unit_lines,
    unit_responses,
)
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.layers import Activation, Dense, Input
from nnstudio.optim.losses import CategoricalCrossentropy

XY = ("x", "y")


def model(*hidden: Dense | Activation, scaling: Scaling | None = None) -> Model:
    layers = (Input(shape=(2,)), *hidden, Dense(units=2, activation="softmax", name="out"))
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    return Model(network, network.initial_weights(3), ("A", "B"), scaling or Scaling())


def test_a_grid_begins_at_the_upper_left_and_is_centred() -> None:
    grid = plane_grid(4)
    assert grid[0] == pytest.approx([-0.75 * REACH, 0.75 * REACH])
    assert grid[1] == pytest.approx([-0.25 * REACH, 0.75 * REACH])
    assert grid[-1] == pytest.approx([0.75 * REACH, -0.75 * REACH])
    assert grid.mean(axis=0) == pytest.approx([0, 0])


def test_the_surface_is_what_the_model_predicts_there() -> None:
    tested = model(Dense(units=5, activation="tanh"), scaling=Scaling(0.3, 2.0))
    surface = decision_surface(tested, XY, 6)
    answers = tested.predict(plane_grid(6).astype(np.float32))
    np.testing.assert_allclose(surface.ravel(), answers[:, 1])


def test_units_respond_as_computed_by_hand_also_with_an_activation_behind() -> None:
    for hidden in (
        (Dense(units=3, activation="tanh", name="dense"),),
        (Dense(units=3, name="dense"), Activation(name="act", function="tanh")),
    ):
        tested = model(*hidden)
        arrays = tested.network.views(tested.weights)["dense"]
        by_hand = np.tanh(plane_grid(5) @ arrays["kernel"] + arrays["bias"])
        responses = unit_responses(tested, XY, 5)
        assert list(responses) == ["dense"], "the answering layer has no tiles"
        assert responses["dense"].shape == (3, 5, 5)
        np.testing.assert_allclose(responses["dense"].reshape(3, 25), by_hand.T, rtol=1e-4, atol=1e-6)


def test_a_disabled_layer_has_no_responses() -> None:
    tested = model(Dense(units=3, name="off", disabled=True), Dense(units=4, name="on"))
    assert [layer.name for layer in hidden_dense(tested.spec)] == ["on"]
    assert list(unit_responses(tested, XY, 4)) == ["on"]


def test_lines_lie_where_a_unit_of_the_first_layer_is_zero() -> None:
    tested = model(Dense(units=1, activation="relu", name="dense"))
    arrays = tested.network.views(tested.weights)["dense"]
    arrays["kernel"][...] = [[1.0], [0.0]]
    arrays["bias"][...] = 0.0
    lines = unit_lines(tested, XY, 10)
    assert lines[:, 5].all(), "x = 0 is the middle"
    assert lines.sum() == 10


def test_weights_that_overflow_give_a_surface_all_the_same() -> None:
    tested = model(Dense(units=3, activation="relu"))
    tested.weights[:] = np.inf
    assert decision_surface(tested, XY, 4).shape == (4, 4)
    assert unit_lines(tested, XY, 4).shape == (4, 4)
