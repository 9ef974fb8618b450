"""The training recipe: what it takes, what it refuses, and recipes from before a setting existed."""

from __future__ import annotations

import json
import math

import pytest

from nnstudio.core.fields import describe
from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.errors import SpecError

FIRST_KEYS = ("optimizer", "learning_rate", "batch_size", "epochs", "seed", "l2", "clip_norm")
FIRST_KEYS += ("early_stopping", "gradient", "loss")  # the settings of the first version


def test_a_recipe_without_the_newer_settings_has_their_defaults():
    document = ProjectSpec().to_json()
    document["train"] = {name: document["train"][name] for name in FIRST_KEYS}
    assert ProjectSpec.loads(json.dumps(document)) == ProjectSpec()


@pytest.mark.parametrize("weights", [None, "balanced", (1.0, 2.0, 0.0)])
def test_class_weights_survive_json(weights: object):
    project = ProjectSpec(train=TrainSpec(class_weights=weights))
    assert ProjectSpec.loads(project.dumps()) == project
    assert project.train.class_weights == weights


@pytest.mark.parametrize(
    "bad", ["even", "", (), (1,), (0, 0), (1, -1), (1, math.nan), (1, math.inf), (1, 1e7), (1, True), 3, {}]
)
def test_class_weights_that_make_no_sense_are_refused(bad: object):
    with pytest.raises(SpecError, match="class weights are off, balanced, or one number per class"):
        TrainSpec.build({"class_weights": bad})


def test_class_weights_are_numbers_or_a_word_in_a_form():
    row = next(row for row in describe(TrainSpec) if row.name == "class_weights")
    assert (row.kind, row.choices, row.optional) == ("numbers", ("balanced",), True)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("warmup", -1),
        ("l1", -0.1),
        ("clip_value", 0),
        ("label_smoothing", 1),
        ("validate_every", 0),
        ("keep_every", 0),
        ("keep_megabytes", 0),
        ("schedule", "Cosin"),
    ],
)
def test_values_out_of_bounds_are_refused_by_name(name: str, bad: object):
    with pytest.raises(SpecError, match=name):
        TrainSpec.build({name: bad})


def test_what_a_run_can_change_is_what_needs_no_new_start():
    locked = {"optimizer", "batch_size", "seed", "gradient", "loss"}
    assert TrainSpec.locked_while_training == locked
    assert locked < set(TrainSpec.model_fields)
