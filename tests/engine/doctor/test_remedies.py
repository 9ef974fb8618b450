"""The changes the doctor offers: exact, valid, and made where the cause is."""

from __future__ import annotations

import pytest

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.engine.doctor import ProjectFix, diagnose, remedies
from nnstudio.engine.doctor.finding import one_digit, percent, set_train, short
from nnstudio.engine.network import Network
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Flatten, Input, Residual
from nnstudio.optim.losses import CategoricalCrossentropy
from tests.engine.doctor.cases import case, layer, records, statistics
from tests.engine.doctor.trials import mlp, project


def stack(*layers, shape=(8, 8, 1), classes: int = 10) -> ProjectSpec:
    """A project of these layers, with an output behind them."""
    network = NetworkSpec(layers=(Input(shape=shape), *layers, Flatten(), Dense(units=classes)))
    return ProjectSpec(network=network, data=DataSpec(source="x"), train=TrainSpec())


def only(fixes: tuple[ProjectFix, ...]) -> ProjectFix:
    assert len(fixes) == 1
    return fixes[0]


def initializers(recipe: ProjectSpec) -> dict[str, str]:
    return {
        one.name: one.kernel_initializer.type_name()
        for one in recipe.network.walk()
        if hasattr(one, "kernel_initializer")
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.334, "0.334"),
        (0.001, "0.001"),
        (5e-4, "5e-4"),
        (1.25e-7, "1.25e-7"),
        (2513.4, "2,513"),
        (4.25e30, "4.25e30"),
        (1.0, "1"),
        (0, "0"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_are_written_as_people_do(value: float, text: str):
    assert short(value) == text


def test_shares_and_settings_are_rounded():
    assert percent(0.0049) == "0.49%"
    assert percent(1) == "100%"
    assert one_digit(0.00468) == 0.005


def test_a_fix_names_the_setting_as_its_form_does():
    assert set_train("clip_norm", 1.0).label == "Clip gradients → 1"
    assert set_train("learning_rate", 3e-4).label == "Learning rate → 3e-4"


def test_a_fix_says_whether_a_run_can_take_it_over():
    assert not set_train("learning_rate", 0.1).needs_new_run
    assert only(remedies.adam(case(project(mlp(16))))).needs_new_run
    assert ProjectFix("", data={"scaling": "none"}).needs_new_run


def test_activation_and_weights_are_changed_in_the_layer_that_has_both():
    recipe = stack(Flatten(), Dense(units=4, activation="relu", name="a"), shape=(8, 8, 1))
    fix = only(remedies.he_weights(case(recipe), ["a"], "leaky_relu"))
    assert fix.label == "LeakyReLU + He init in a"
    after = fix.apply(recipe)
    assert after.network.layer("a").activation == "leaky_relu"
    assert initializers(after)["a"] == "HeNormal"


def test_a_card_of_its_own_is_changed_instead():
    """The layer in front of a card computes it, so that its name is the one in the statistics."""
    recipe = stack(Conv2D(filters=4, name="a"), Activation(function="sigmoid", name="f"))
    network = Network(recipe.network, CategoricalCrossentropy())
    assert "f" in [step.layer.name for step in network.steps if step.skip]
    after = only(remedies.he_weights(case(recipe), ["a"], "relu")).apply(recipe)
    assert after.network.layer("f").function == "relu"
    assert after.network.layer("a").activation == "linear"
    assert initializers(after)["a"] == "HeNormal"


def test_the_kernel_is_found_across_a_normalisation():
    recipe = stack(Conv2D(filters=4, name="a"), BatchNorm(name="n"), Activation(function="relu", name="f"))
    for name in ("n", "f"):
        after = only(remedies.he_weights(case(recipe), [name], "leaky_relu")).apply(recipe)
        assert after.network.layer("f").function == "leaky_relu"
        assert initializers(after)["a"] == "HeNormal"


def test_a_card_behind_another_layer_is_left_alone():
    recipe = stack(Conv2D(filters=4, name="a"), BatchNorm(), Activation(function="relu", name="f"))
    after = only(remedies.he_weights(case(recipe), ["a"], "leaky_relu")).apply(recipe)
    assert after.network.layer("f").function == "relu"


def test_layers_inside_blocks_are_mended_there():
    inside = (Conv2D(filters=4, padding="same", activation="sigmoid", name="inner"),)
    recipe = stack(Conv2D(filters=4), Residual(layers=inside, activation="relu", name="block"))
    after = only(remedies.he_weights(case(recipe), ["inner"], "relu")).apply(recipe)
    assert after.network.layer("inner").activation == "relu"
    assert infer_shapes(after.network).ok
    after = only(remedies.he_weights(case(recipe), ["block"], "leaky_relu")).apply(recipe)
    assert after.network.layer("block").activation == "leaky_relu"


def test_layers_that_a_block_made_itself_have_no_card_to_change():
    recipe = stack(Residual(layers=(Conv2D(filters=4, padding="same"),), skip="projection", name="block"))
    network = Network(recipe.network, CategoricalCrossentropy())
    made = [step.layer.name for step in network.tree() if recipe.network.find(step.layer.name) is None]
    assert made
    assert remedies.he_weights(case(recipe), made) == ()


def test_batch_norm_goes_behind_every_hidden_kernel():
    recipe = stack(Conv2D(filters=4), Conv2D(filters=4))
    after = only(remedies.batch_norm(case(recipe))).apply(recipe)
    assert [one.type_name() for one in after.network.layers].count("BatchNorm") == 2
    assert infer_shapes(after.network).ok
    assert remedies.batch_norm(case(after)) == ()


def test_dropout_goes_in_front_of_the_last_layer():
    recipe = stack(Conv2D(filters=4))
    after = only(remedies.dropout(case(recipe))).apply(recipe)
    assert [one.type_name() for one in after.network.layers[-2:]] == ["Dropout", "Dense"]
    assert remedies.dropout(case(after)) == ()
    assert remedies.dropout(case(stack())) == ()  # inputs are left alone


def test_images_are_varied_and_other_samples_are_not():
    fix = only(remedies.vary_images(case(stack())))
    assert fix.label == "Shift images by up to 10%"
    assert fix.apply(stack()).data.augmentation.active == ("shift",)
    assert remedies.vary_images(case(fix.apply(stack()))) == ()
    assert remedies.vary_images(case(project(mlp(16)))) == ()


def test_hidden_units_are_doubled_and_outputs_are_not():
    recipe = project(mlp(16, 8))
    after = only(remedies.wider(case(recipe))).apply(recipe)
    assert [one.units for one in after.network.layers if hasattr(one, "units")] == [32, 16, 3]


def test_the_learning_rate_comes_down_to_one_that_people_use():
    assert remedies.lower_rate(case(project(mlp(16), learning_rate=0.5))).train["learning_rate"] == 0.05
    assert remedies.lower_rate(case(project(mlp(16), learning_rate=1e5))).train["learning_rate"] == 0.1


def test_only_inputs_that_are_large_and_raw_are_scaled():
    large, small = statistics(inputs=11.0), statistics(inputs=9.0)
    assert remedies.scale_inputs(case(statistics=large))
    assert not remedies.scale_inputs(case(statistics=small))
    assert not remedies.scale_inputs(case(project(mlp(16), scaling="standardise"), statistics=large))
    assert not remedies.scale_inputs(case())


def test_a_fix_that_would_break_the_network_is_not_offered():
    """Twice the filters in front of a block whose skip path needs as many as it gives."""
    inside = (Conv2D(filters=4, padding="same"),)
    recipe = stack(Conv2D(filters=4), Residual(layers=inside, skip="identity"))
    recipe = recipe.replace(train=TrainSpec(optimizer="Adam"))
    assert remedies.wider(case(recipe))
    found = diagnose(case(recipe, history=records([2.0, *[1.0] * 9])))
    assert [finding.kind for finding in found] == ["plateau"]
    assert [fix.label for fix in found[0].fixes] == ["Learning rate → 1e-4"]


def test_a_fix_that_changes_nothing_is_not_offered():
    recipe = project(mlp(16, classes=10), learning_rate=1e-12)
    dead = statistics(layer("dense", dead=0.9))
    (finding,) = diagnose(case(recipe, history=records([1.0]), statistics=dead))
    assert finding.kind == "dead"
    assert [fix.label for fix in finding.fixes] == ["LeakyReLU in dense"]
