"""The data recipe: its bounds, and augmentation operation by operation."""

from __future__ import annotations

import json

import pytest

from nnstudio.core.augmentation_spec import Operation
from nnstudio.core.data_spec import AugmentationSpec, DataSpec
from nnstudio.core.fields import FormField, describe
from nnstudio.errors import SpecError


def operations() -> dict[str, FormField]:
    return {row.name: row for row in describe(AugmentationSpec)}


def test_everything_is_off_by_default() -> None:
    assert AugmentationSpec().active == ()
    assert DataSpec() == DataSpec(augmentation={})
    assert DataSpec().test is None


def test_a_recipe_survives_json_and_can_be_a_key() -> None:
    spec = DataSpec.build(
        {"test": 0.2, "augmentation": {"rotation": {"degrees": 12.5}, "cutout": {"size": 5}}}
    )
    again = DataSpec.build(json.loads(json.dumps(spec.model_dump(mode="json"))))
    assert again == spec
    assert hash(again) == hash(spec)
    assert again.augmentation.active == ("rotation", "cutout")


@pytest.mark.parametrize("name", AugmentationSpec.model_fields)
def test_a_form_can_be_made_of_every_operation(name: str) -> None:
    row = operations()[name]
    assert (row.kind, row.optional, row.default) == ("group", True, None)
    assert row.model is not None
    assert issubclass(row.model, Operation)
    assert row.help
    fields = describe(row.model)
    assert {"probability", *row.model.strengths} <= {field.name for field in fields}
    for field in fields:
        assert field.help, field.name
        assert field.step, field.name
        assert None not in (field.minimum, field.maximum), field.name


@pytest.mark.parametrize("name", AugmentationSpec.model_fields)
def test_values_beyond_the_bounds_are_refused(name: str) -> None:
    model = operations()[name].model
    assert model is not None
    for field in describe(model):
        assert field.minimum is not None
        assert field.maximum is not None
        for value in (field.minimum - 1, field.maximum + 1, "much"):
            with pytest.raises(SpecError, match=f"{name}.{field.name} is not valid"):
                AugmentationSpec.build({name: {field.name: value}})


@pytest.mark.parametrize("name", AugmentationSpec.model_fields)
def test_an_operation_without_strength_is_not_active(name: str) -> None:
    model = operations()[name].model
    assert model is not None
    assert AugmentationSpec.build({name: {}}).active == (name,)
    assert AugmentationSpec.build({name: {"probability": 0}}).active == ()
    strengths = dict.fromkeys(model.strengths, 0)
    assert AugmentationSpec.build({name: strengths}).active == (() if strengths else (name,))


@pytest.mark.parametrize("value", [-0.1, 1, "half"])
def test_a_test_share_is_a_share(value: object) -> None:
    with pytest.raises(SpecError, match="test is not valid"):
        DataSpec.build({"test": value})
