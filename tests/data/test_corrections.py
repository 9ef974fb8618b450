"""Corrections of single samples: recorded in the recipe, honoured by every run, never moving others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.correction_spec import Correction, with_corrections
from nnstudio.core.spec import DataSpec, ProjectSpec
from nnstudio.data.corrections import correction_of, lasting
from nnstudio.data.dataset import Dataset
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.errors import DataError, SpecError
from tests.data.sample_data import byte_set

RECIPE = DataSpec(fraction=0.5, validation=0.2)


def corrected(dataset: Dataset, *corrections: dict[str, Any]) -> Prepared:
    return prepare_dataset(dataset, RECIPE.replace(corrections=corrections))


def rows(part: Any) -> list[int]:
    return part.rows(slice(None)).tolist()  # type: ignore[no-any-return]


def named(dataset: Dataset, names: list[str]) -> Dataset:
    return replace(dataset, train_names=tuple(names))


def test_another_class_counts_in_training_and_changes_no_source() -> None:
    dataset = byte_set(train=600)
    before = prepare_dataset(dataset, RECIPE)
    row = rows(before.train)[3]
    old = int(dataset.train.y[row])
    after = corrected(dataset, {"row": row, "label": dataset.classes[(old + 1) % 3]})
    assert rows(after.train) == rows(before.train)
    assert int(after.train.labels[3]) == (old + 1) % 3
    assert int(dataset.train.y[row]) == old
    assert np.shares_memory(after.train.x, dataset.train.x)


@given(st.sets(st.integers(0, 599), max_size=40), st.integers(0, 9))
@settings(deadline=None, max_examples=25, derandomize=True)
def test_leaving_samples_out_moves_no_other(left_out: set[int], seed: int) -> None:
    dataset, recipe = byte_set(train=600), RECIPE.replace(seed=seed)
    before = prepare_dataset(dataset, recipe)
    after = prepare_dataset(
        dataset, recipe.replace(corrections=[{"row": row, "label": None} for row in left_out])
    )
    for one, other in ((before.train, after.train), (before.validation, after.validation)):
        assert rows(other) == [row for row in rows(one) if row not in left_out]
    assert rows(after.test) == rows(before.test)


def test_a_test_sample_is_told_from_a_training_sample_of_the_same_row() -> None:
    dataset = byte_set(train=60, test=30)
    everything = DataSpec(validation=0, corrections=[{"part": "test", "row": 7, "label": None}])
    ready = prepare_dataset(dataset, everything)
    assert 7 in rows(ready.train)
    assert 7 not in rows(ready.test)


def test_test_samples_that_were_split_off_are_found_among_the_training_samples() -> None:
    dataset = byte_set(train=300, test=0)
    row = rows(prepare_dataset(dataset, DataSpec()).test)[2]
    ready = prepare_dataset(dataset, DataSpec(corrections=[{"row": row, "label": None}]))
    assert row not in rows(ready.test)


def test_the_name_of_a_sample_counts_more_than_its_row() -> None:
    names = [f"{number}.png" for number in range(60)]
    dataset = named(byte_set(train=60), names)
    correction = {"row": 5, "name": "5.png", "label": None}
    assert 5 not in rows(prepare_dataset(dataset, DataSpec(validation=0, corrections=[correction])).train)
    moved = named(byte_set(train=60), ["new.png", *names[:-1]])
    after = rows(prepare_dataset(moved, DataSpec(validation=0, corrections=[correction])).train)
    assert 6 not in after
    assert 5 in after


@pytest.mark.parametrize(
    ("correction", "words"),
    [
        ({"row": 600, "label": None}, "number 600"),
        ({"part": "test", "row": 300, "label": "0"}, "number 300"),
        ({"row": 0, "label": "nine"}, "a class that isn't there"),
    ],
)
def test_a_correction_that_fits_nothing_is_refused_with_what_to_do(
    correction: dict[str, Any], words: str
) -> None:
    with pytest.raises(DataError, match=words) as error:
        corrected(byte_set(train=600, test=300), correction)
    assert "correction" in error.value.fix or error.value.fix.startswith("did you mean")


def test_a_name_that_is_gone_is_refused_and_can_be_forgotten() -> None:
    dataset = named(byte_set(train=60), [f"{number}.png" for number in range(60)])
    gone, there = Correction(row=3, name="gone.png"), Correction(row=4, name="4.png")
    with pytest.raises(DataError, match="doesn't hold"):
        prepare_dataset(dataset, DataSpec(corrections=(gone, there)))
    assert lasting(dataset, (gone, there)) == (there,)


def test_a_correction_of_any_part_names_its_sample() -> None:
    names = [f"cat/{number}.png" for number in range(60)]
    dataset = named(byte_set(train=60, test=30), names)
    ready = prepare_dataset(dataset, DataSpec(validation=0.5))
    assert ready.source is dataset
    assert ready.validation is not None
    row = rows(ready.validation)[4]
    found = correction_of(dataset, ready.validation, 4, 2)
    assert found == Correction(row=row, name=names[row], label=dataset.classes[2])
    assert correction_of(dataset, ready.test, 1, None) == Correction(part="test", row=rows(ready.test)[1])


def test_a_recipe_keeps_them_in_its_file_and_refuses_two_of_one_sample() -> None:
    recipe = DataSpec(corrections=(Correction(row=3, label="cat"), Correction(row=3, part="test")))
    project = ProjectSpec(data=recipe)
    assert ProjectSpec.loads(project.dumps()).data == recipe
    assert hash(recipe) != hash(DataSpec())
    with pytest.raises(SpecError, match="one correction for each sample"):
        DataSpec.build({"corrections": [{"row": 3}, {"row": 3, "label": "a"}]})


def test_corrections_are_added_replaced_and_forgotten() -> None:
    one, two = Correction(row=9, label="a"), Correction(row=2)
    assert with_corrections((), (one, two)) == (two, one)
    assert with_corrections((one,), (Correction(row=9),)) == (Correction(row=9),)
    assert with_corrections((one, two), (), [("train", 9), ("test", 2)]) == (two,)


def test_other_data_leave_the_corrections_behind() -> None:
    recipe = DataSpec(source="digits", validation=0.3, corrections=(Correction(row=1),))
    assert recipe.of_source("mnist") == DataSpec(source="mnist", validation=0.3)
    assert recipe.of_source("digits").corrections == recipe.corrections
