from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.points_spec import PLANE_INPUTS, PointsSpec
from nnstudio.core.spec import DataSpec
from nnstudio.data.catalog import load_recipe, points_info
from nnstudio.data.plane_inputs import FUNCTIONS, plane_inputs
from nnstudio.data.points2d import draw_points, load_points, make_points
from nnstudio.data.prepare import prepare
from nnstudio.errors import SpecError


def test_every_input_of_the_recipe_has_its_function() -> None:
    assert tuple(FUNCTIONS) == PLANE_INPUTS
    got = plane_inputs(np.array([[0.5, -2.0]]), PLANE_INPUTS)
    np.testing.assert_allclose(got, [[0.5, -2, 0.25, 4, -1, 1, 0]], atol=1e-6)
    assert got.dtype == np.float32


def test_the_plain_recipe_draws_the_points_of_no_recipe() -> None:
    plain, drawn = make_points("spiral"), load_points("spiral", PointsSpec())
    np.testing.assert_array_equal(plain.train.x, drawn.train.x)
    np.testing.assert_array_equal(plain.test.x, drawn.test.x)


def test_more_noise_moves_the_same_points() -> None:
    still, labels = draw_points("moons", 50, 10, 0.0)
    noisy, same_labels = draw_points("moons", 50, 10, 0.05)
    np.testing.assert_array_equal(labels, same_labels)
    assert 0 < np.abs(still - noisy).max() < 0.5


def test_inputs_change_what_the_network_sees_but_not_which_points_are_where() -> None:
    plane = prepare(DataSpec(source="xor", points=PointsSpec(inputs=("x", "y"))))
    product = prepare(DataSpec(source="xor", points=PointsSpec(inputs=("xy",))))
    assert product.shape == (1,)
    expected = plane_inputs(plane.train.samples(slice(None)), ("xy",))
    np.testing.assert_allclose(product.train.samples(slice(None)), expected, atol=1e-6)
    np.testing.assert_array_equal(plane.train.labels, product.train.labels)


def test_counts_and_shape_are_known_without_drawing() -> None:
    spec = PointsSpec(points=220, test_share=0.27, inputs=("x", "y", "sin_x"))
    info = points_info("spiral", spec)
    assert (info.shape, info.train, info.test) == ((3,), 161, 59)
    loaded = load_points("spiral", spec)
    assert (loaded.shape, len(loaded.train), len(loaded.test)) == ((3,), 161, 59)
    assert loaded.features == ("x", "y", "sin πx")


def test_inputs_stand_in_one_order_and_there_is_at_least_one() -> None:
    assert PointsSpec(inputs=("xy", "x", "x")).inputs == ("x", "xy")
    with pytest.raises(SpecError, match="inputs"):
        PointsSpec().replace(inputs=())
    with pytest.raises(SpecError, match="inputs"):
        PointsSpec().replace(inputs=("z",))


def test_a_recipes_points_are_loaded_as_it_says_and_once() -> None:
    recipe = DataSpec(source="spiral", points=PointsSpec(points=40, inputs=("xy",)))
    first, again = load_recipe(recipe), load_recipe(recipe)
    assert first.features == ("xy",)
    assert len(first.train) + len(first.test) == 40
    assert np.shares_memory(first.train.x, again.train.x), "a correction finds its sample again"
