"""The residual block: shapes, skip path, nesting, frozen and disabled layers."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.layer import LAYERS
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.engine.gradcheck import check_gradients
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.errors import ShapeError, SpecError
from nnstudio.layers import Activation, Conv2D, Dense, Dropout, Flatten, Input, Residual
from nnstudio.optim.losses import CategoricalCrossentropy


def dense_block(**fields: object) -> Residual:
    """Two dense layers of six units around which a skip leads."""
    return Residual(layers=(Dense(6, "tanh"), Dropout(rate=0.25), Dense(6)), **fields)


def network(*layers: object, features: int = 6) -> Network:
    stack = NetworkSpec(layers=(Input(shape=(features,)), *layers, Dense(3)))
    return Network(stack, CategoricalCrossentropy())


def test_the_output_is_the_activation_of_the_sum():
    net = network(Residual(layers=(Dense(6),), activation="relu"))
    weights = net.initial_weights(1)
    x = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    workspace = net.workspace(weights, 4)
    workspace.forward(x)
    kernel = net.views(weights)["dense"]["kernel"]
    np.testing.assert_allclose(workspace.outputs()["residual"], np.maximum(x @ kernel + x, 0), rtol=1e-6)


def test_gradients_through_nested_blocks_agree_with_central_differences():
    inner = Residual(layers=(Dense(6, "gelu"), Dense(6)), activation="silu")
    net = network(dense_block(), Residual(layers=(Dense(6), inner), activation="tanh"))
    random = np.random.default_rng(2)
    rows = check_gradients(
        net, net.initial_weights(2), random.standard_normal((5, 6)), random.integers(0, 3, 5)
    )
    assert len(rows) == 2 * 6
    assert [row for row in rows if not row.ok] == []


def test_an_activation_card_behind_a_linear_block_is_computed_with_it():
    drawn = network(Residual(layers=(Dense(6),), activation="linear"), Activation(function="tanh"))
    field = network(Residual(layers=(Dense(6),), activation="tanh"))
    x = np.random.default_rng(3).standard_normal((4, 6)).astype(np.float32)
    weights = field.initial_weights(3)
    np.testing.assert_array_equal(
        drawn.workspace(weights, 4).forward(x), field.workspace(weights, 4).forward(x).copy()
    )


def test_layers_inside_have_names_of_their_own_and_survive_json():
    spec = NetworkSpec(layers=(Input(shape=(6,)), dense_block(), dense_block(), Dense(3)))
    names = [layer.name for layer in spec.walk()]
    assert len(set(names)) == len(names)
    assert names[1:5] == ["residual", "dense", "dropout", "dense_1"]
    project = ProjectSpec(network=spec)
    assert ProjectSpec.loads(project.dumps()) == project


def test_names_are_unique_over_the_whole_tree():
    block = Residual(layers=(Dense(6, name="twin"),))
    with pytest.raises(SpecError, match="twin"):
        NetworkSpec.build({"layers": (Input(shape=(6,)), block, Dense(3, name="twin"))})


class TestEdits:
    """Edits of the tree find layers by name wherever they stand."""

    spec = NetworkSpec(layers=(Input(shape=(6,)), dense_block(), Dense(3)))

    def test_insert_into_and_remove_from_a_block(self):
        longer = self.spec.insert(1, Flatten(), into="residual")
        assert [layer.name for layer in longer.stack("residual")] == [
            "dense",
            "flatten",
            "dropout",
            "dense_1",
        ]
        assert longer.remove("flatten") == self.spec

    def test_replace_inside_a_block(self):
        changed = self.spec.replace_layer("dropout", Dropout(rate=0.5, name="dropout"))
        assert changed.layer("dropout").rate == 0.5
        assert self.spec.layer("dropout").rate == 0.25

    def test_move_out_of_a_block_and_back(self):
        out = self.spec.move("dropout", 2, into="")
        assert [layer.name for layer in out.layers] == ["input", "residual", "dropout", "dense_2"]
        assert out.move("dropout", 1, into="residual") == self.spec

    def test_move_within_a_block(self):
        moved = self.spec.move("dense", 3)
        assert [layer.name for layer in moved.stack("residual")] == ["dropout", "dense_1", "dense"]

    def test_a_block_cannot_move_into_itself(self):
        with pytest.raises(SpecError, match="into itself"):
            self.spec.move("residual", 0, into="residual")

    def test_a_copy_of_a_block_gets_new_names_inside(self):
        twice = self.spec.insert(2, self.spec.layer("residual"))
        names = [layer.name for layer in twice.walk()]
        assert len(set(names)) == len(names)
        assert infer_shapes(twice).ok


class TestProblems:
    """Every problem names its layer, and the fix that is offered mends it."""

    def test_an_empty_block(self):
        report = infer_shapes(NetworkSpec(layers=(Input(shape=(6,)), Residual(), Dense(3))))
        assert [problem.layer for problem in report.errors] == ["residual"]

    def test_a_problem_inside_is_told_of_the_layer_inside(self):
        spec = NetworkSpec(layers=(Input(shape=(4, 4, 1)), Residual(layers=(Dense(6),)), Flatten(), Dense(3)))
        report = infer_shapes(spec)
        assert [problem.layer for problem in report.errors] == ["dense"]
        assert report.row("residual").parameters is None
        mended = report.errors[0].fixes[0].apply(spec, "dense")
        assert [layer.name for layer in mended.stack("residual")] == ["flatten_1", "dense"]

    def test_identity_over_another_shape_offers_a_projection(self):
        block = Residual(layers=(LAYERS.create("Conv2D", filters=5, padding="same"),), skip="identity")
        spec = NetworkSpec(layers=(Input(shape=(6, 6, 2)), block, Flatten(), Dense(3)))
        problem = infer_shapes(spec).errors[0]
        assert infer_shapes(problem.fixes[0].apply(spec, problem.layer)).ok

    def test_no_projection_leads_from_a_vector_to_another(self):
        with pytest.raises(ShapeError, match="no projection"):
            Residual(layers=(Dense(5),)).output_shape((6,))


@pytest.mark.parametrize(("size", "stride"), [(28, 2), (7, 2), (5, 3), (8, 1)])
def test_a_projection_has_the_stride_that_fits(size: int, stride: int):
    inside = LAYERS.create("Conv2D", filters=4, kernel_size=3, strides=stride, padding="same")
    spec = NetworkSpec(layers=(Input(shape=(size, size, 2)), Residual(layers=(inside,)), Flatten(), Dense(3)))
    report = infer_shapes(spec).require()
    projection, norm = report.row("residual").branches["skip"]
    assert projection.layer.strides == (stride, stride)
    assert norm.output_shape == report.row("residual").output_shape
    net = Network(spec, CategoricalCrossentropy())
    random = np.random.default_rng(4)
    x, labels = random.standard_normal((4, size, size, 2)), random.integers(0, 3, 4)
    assert all(row.ok for row in check_gradients(net, net.initial_weights(4), x, labels))


class TestFrozenAndDisabled:
    def test_frozen_weights_lie_behind_those_that_train_and_have_no_gradient(self):
        free = network(dense_block())
        net = network(dense_block(frozen=True), Dense(4, "relu"))
        assert free.trainable == free.size
        assert net.trainable == net.report.trainable == (6 * 4 + 4) + (4 * 3 + 3)
        assert net.report.parameters == net.size == net.trainable + 2 * (6 * 6 + 6)
        weights = net.initial_weights(5)
        gradients = np.full(net.trainable, np.nan, dtype=np.float32)
        workspace = net.workspace(weights, 5, gradients)
        x = np.random.default_rng(5).standard_normal((5, 6)).astype(np.float32)
        workspace.loss(workspace.forward(x, Noise(0)), np.array([0, 1, 2, 0, 1]), backward=True)
        workspace.backward(workspace.d_logits)
        assert np.isfinite(gradients).all()
        assert set(net.views(gradients)["dense"]) == set()

    def test_freezing_does_not_change_the_initial_weights(self):
        first, second = network(dense_block()), network(dense_block(frozen=True))
        one, two = (net.views(net.initial_weights(6)) for net in (first, second))
        for layer, arrays in one.items():
            for name, array in arrays.items():
                np.testing.assert_array_equal(array, two[layer][name])

    def test_a_disabled_layer_is_skipped(self):
        with_it = network(Dense(6, "relu", disabled=True), Dense(4))
        without = network(Dense(4))
        assert with_it.report.parameters == without.report.parameters
        x = np.random.default_rng(7).standard_normal((3, 6)).astype(np.float32)
        weights = without.initial_weights(7)
        np.testing.assert_array_equal(
            with_it.workspace(weights, 3).forward(x), without.workspace(weights, 3).forward(x).copy()
        )

    def test_a_disabled_block_takes_its_layers_along(self):
        net = network(dense_block(disabled=True))
        assert net.size == 6 * 3 + 3


def test_noise_inside_a_block_follows_from_seed_step_and_layer():
    net = network(dense_block())
    workspace = net.workspace(net.initial_weights(8), 50, np.zeros(net.trainable, np.float32))
    x = np.ones((50, 6), dtype=np.float32)
    first, again, other = (workspace.forward(x, Noise(1, step)).copy() for step in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_layers_inside_that_shrink_the_image_are_offered_same_padding_together() -> None:
    inside = (Conv2D(filters=4), Conv2D(filters=4))
    network = NetworkSpec(layers=(Input(), Residual(layers=inside)))
    problem = infer_shapes(network).problems[0]
    assert [fix.label for fix in problem.fixes] == ["Use same padding"]
    mended = problem.fixes[0].apply(network, problem.layer)
    assert [layer.padding for layer in mended.layer("residual").children] == ["same", "same"]
    assert infer_shapes(mended).output_shape == (28, 28, 4)
