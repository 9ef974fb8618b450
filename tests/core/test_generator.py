"""Networks drawn from width and depth."""

from __future__ import annotations

import itertools

import pytest

from nnstudio.cli.specs import find_project
from nnstudio.core.generator import MlpSpec
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.errors import SpecError
from nnstudio.layers import Dense


def units(network: NetworkSpec) -> list[int]:
    return [layer.units for layer in network.layers if isinstance(layer, Dense)]


def test_constant_width():
    assert units(MlpSpec(width=50, depth=3).network()) == [50, 50, 50, 10]


def test_each_layer_of_a_tapering_network_is_narrower_than_the_one_before():
    made = units(MlpSpec(width=500, depth=6, taper="tapering").network())
    assert made[0] == 500
    assert made[-1] == 10
    assert all(a > b for a, b in itertools.pairwise(made))


def test_dropout_stands_behind_every_hidden_layer_and_rectifiers_start_from_he():
    network = MlpSpec(width=20, depth=2, dropout=0.3, activation="leaky_relu").network()
    kinds = [layer.type_name() for layer in network.layers]
    assert kinds == ["Input", "Flatten", "Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert network.layers[2].kernel_initializer.type_name() == "HeNormal"
    assert MlpSpec(activation="tanh").network().layers[2].kernel_initializer.type_name() == "GlorotUniform"


@pytest.mark.parametrize("depth", [0, 1, 32])
def test_every_depth_makes_a_network_that_trains(depth: int):
    network = MlpSpec(width=64, depth=depth, input_shape=(7,), classes=3).network()
    assert infer_shapes(network, classes=3, input_shape=(7,)).ok


def test_a_project_keeps_its_generator_until_the_stack_is_edited():
    project = ProjectSpec().generated(MlpSpec(width=30, depth=2))
    assert ProjectSpec.loads(project.dumps()) == project
    edited = project.replace(network=project.network.remove("dense"))
    assert edited.generator is None
    assert project.generated(MlpSpec(width=31, depth=2)).network != project.network


def test_the_command_line_draws_the_network_anew():
    project = find_project("s3-mlp", ["generator.width=50", "generator.depth=4", "generator.taper=tapering"])
    assert units(project.network) == [50, 40, 30, 20, 10]
    assert project.generator is not None
    other = find_project("s3-mlp", ["network.layers.dense.units=12"])
    assert other.generator is None
    assert units(other.network)[0] == 12


def test_a_number_out_of_range_is_refused_in_words():
    with pytest.raises(SpecError, match=r"width.*allowed: greater than or equal to 1"):
        find_project("s3-mlp", ["generator.width=0"])


def test_dropout_may_stand_behind_the_last_hidden_layer_only():
    network = MlpSpec(width=20, depth=3, dropout=0.3, dropout_behind="last").network()
    kinds = [layer.type_name() for layer in network.layers]
    assert kinds == ["Input", "Flatten", "Dense", "Dense", "Dense", "Dropout", "Dense"]
