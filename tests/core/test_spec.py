"""Specs: validation, JSON, editing."""

from __future__ import annotations

import json

import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.errors import SpecError
from nnstudio.layers import Activation, Dense, Flatten, Input
from nnstudio.optim.adaptive import Adam
from nnstudio.optim.optimizers import Momentum


def stack(*layers) -> NetworkSpec:
    return NetworkSpec(layers=(Input(), Flatten(), *layers))


def test_a_project_survives_json_exactly():
    project = ProjectSpec(
        name="Übung 1",
        network=stack(Dense(units=3, activation="tanh", l2=0.1), Activation(function="elu", alpha=0.5)),
        data=DataSpec(source="mnist", fraction=0.3, scaling="standardise"),
        train=TrainSpec(optimizer=Momentum(damped=True), early_stopping={"patience": 7}, clip_norm=1.5),
    )
    assert ProjectSpec.loads(project.dumps()) == project


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", "not an NNStudio project"),
        ('{"format": "other"}', "not an NNStudio project"),
        ('{"format": "nnstudio-project", "version": 99}', "version"),
        ('{"format": "nnstudio-project", "version": "1"}', "version"),
        ('{"format": "nnstudio-project", "version": 1, "train": {"epochs": 0}}', "epochs"),
        ('{"format": "nnstudio-project", "version": 1, "surprise": 1}', "surprise"),
        ('{"format": "nnstudio-project", "version": 1, "network": {"layers": [{"type": "Dens"}]}}', "Dense"),
        ('{"format": "nnstudio-project", "version": 1, "network": {"layers": [{}]}}', "type"),
        ("[" * 100 + "]" * 100, "nested"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_project_is_refused_in_words(text: str, message: str):
    with pytest.raises(SpecError, match=message):
        ProjectSpec.loads(text)


def test_nan_in_json_is_refused():
    document = ProjectSpec().to_json()
    document["train"]["learning_rate"] = float("nan")
    with pytest.raises(SpecError, match="learning_rate"):
        ProjectSpec.loads(json.dumps(document))


def test_layers_get_unique_names_after_their_kind():
    names = [layer.name for layer in stack(Dense(), Dense(), Activation(function="leaky_relu")).layers]
    assert names == ["input", "flatten", "dense", "dense_1", "leaky_relu"]


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(SpecError, match="two layers are called 'a'"):
        NetworkSpec.build({"layers": [Input(), Dense(name="a"), Dense(name="a")]})


def test_inserted_copies_are_renamed():
    network = stack(Dense(units=5))
    doubled = network.insert(3, network.layer("dense"))
    assert [layer.name for layer in doubled.layers][2:] == ["dense", "dense_1"]


@pytest.mark.parametrize(
    ("position", "expected"),
    [(1, ["a", "c", "b"]), (0, ["c", "a", "b"]), (2, ["a", "b", "c"]), (3, ["a", "b", "c"])],
)
def test_move_puts_a_layer_in_front_of_a_position(position: int, expected: list[str]):
    network = NetworkSpec(layers=tuple(Dense(name=name) for name in "abc"))
    assert [layer.name for layer in network.move("c", position).layers] == expected


def test_moving_down_counts_from_the_stack_as_it_was():
    network = NetworkSpec(layers=tuple(Dense(name=name) for name in "abc"))
    assert [layer.name for layer in network.move("a", 3).layers] == ["b", "c", "a"]


def test_a_spec_is_chosen_by_name_alone():
    assert TrainSpec(optimizer="adam").optimizer == Adam()


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(SpecError, match="did you mean 'Momentum'"):
        TrainSpec.build({"optimizer": "momentm"})


def test_replace_checks_bounds_and_keeps_the_rest():
    train = TrainSpec(epochs=7)
    assert train.replace(batch_size=8).epochs == 7
    with pytest.raises(SpecError, match="batch_size"):
        train.replace(batch_size=0)


def test_specs_are_frozen():
    with pytest.raises(Exception, match="frozen"):
        TrainSpec().epochs = 3  # type: ignore[misc]
