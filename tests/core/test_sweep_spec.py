"""The sweep set-up: what it takes, how it is written, and what it refuses."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.fields import describe
from nnstudio.core.history import History
from nnstudio.core.newer import understood
from nnstudio.core.spec import ProjectSpec, SweepSpec
from nnstudio.core.sweep_check import check_sweep, check_vary
from nnstudio.core.sweep_spec import Vary, parse_vary
from nnstudio.errors import SpecError


@pytest.mark.parametrize(
    ("text", "vary"),
    [
        ("16,24, 32", {"values": (16, 24, 32)}),
        ("0.5", {"values": (0.5,)}),
        ("Adam,SGD", {"values": ("Adam", "SGD")}),
        ("true,off", {"values": (True, None)}),
        ("1e-4..3e-2:log", {"kind": "log", "low": 1e-4, "high": 3e-2}),
        ("0..0.5", {"kind": "range", "low": 0, "high": 0.5}),
        ("0.1..0.5:0.05", {"kind": "range", "low": 0.1, "high": 0.5, "step": 0.05}),
        ("-2..-1", {"kind": "range", "low": -2, "high": -1}),
        ("1e-4 to 3e-2", {"kind": "range", "low": 1e-4, "high": 3e-2}),
        ("0 to 0.5, 0.05", {"kind": "range", "low": 0, "high": 0.5, "step": 0.05}),
    ],
)
def test_lists_and_ranges_are_read(text: str, vary: dict[str, object]):
    assert parse_vary("train.x", text) == Vary.build({"path": "train.x", **vary})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to try"),
        (" , ", "nothing to try"),
        ("5..1", "range of train.x is empty.*received: 5 to 1"),
        ("1..1", "is empty"),
        ("0..1:log", "can't be logarithmic"),
        ("-1..1:log", "can't be logarithmic"),
        ("a..b", "isn't understood"),
        ("0..inf", "isn't understood"),
        ("nan..1", "isn't understood"),
        ("0..1:2", "step of train.x"),
        ("0..1:-1", "step"),
        ("2,3,2", "2 twice"),
        ("nan,1", "finite"),
    ],
)
def test_empty_and_senseless_values_are_refused_in_words(text: str, message: str):
    with pytest.raises(SpecError, match=message):
        parse_vary("train.x", text)


numbers = st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.12g}")) | st.integers(-(10**6), 10**6)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(numbers, min_size=1, max_size=5, unique=True))
def test_what_a_field_shows_of_a_list_reads_back_as_the_same_values(values: list[float]):
    shown = Vary(path="p", values=tuple(values)).text()
    assert parse_vary("p", shown).values == tuple(values)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(numbers, numbers, st.none() | st.floats(0.1, 0.9))
def test_what_a_field_shows_of_a_range_reads_back_as_the_same_range(a: float, b: float, part: float | None):
    if a == b:
        return
    step = None if part is None else float(f"{abs(b - a) * part:.6g}") or None
    vary = Vary(path="p", kind="range", low=min(a, b), high=max(a, b), step=step)
    assert parse_vary("p", vary.text()) == vary


def test_a_project_carries_its_sweep():
    vary = (parse_vary("train.learning_rate", "1e-4..1e-1:log"), parse_vary("train.batch_size", "32,64"))
    sweep = SweepSpec(vary=vary, strategy="tpe", trials=24, repeats=3, prune=6, workers=2)
    project = ProjectSpec(sweep=sweep)
    assert ProjectSpec.loads(project.dumps()) == project
    assert understood({**project.to_json(), "version": 2}) == (project, ())


def test_a_project_without_a_sweep_is_written_as_before_and_old_ones_load():
    text = ProjectSpec(name="old").dumps()
    assert "sweep" not in json.loads(text)
    assert ProjectSpec.loads(text).sweep == SweepSpec()


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({"trials": 0}, "trials"),
        ({"repeats": 101}, "repeats"),
        ({"strategy": "luck"}, "'grid', 'random' or 'tpe'"),
        ({"vary": [{"path": "a", "values": [1]}, {"path": "a", "values": [2]}]}, "a varies twice"),
        ({"vary": [{"path": "a", "values": []}]}, "nothing to try"),
        ({"vary": [{"path": "a", "kind": "range", "low": 2, "high": 1}]}, "is empty"),
        ({"vary": [{"path": "a", "kind": "range"}]}, "received: nothing to nothing"),
        ({"vary": [{"values": [1]}]}, "path"),
    ],
)
def test_a_bad_sweep_in_a_project_file_is_refused_in_words(sweep: dict[str, object], message: str):
    document = {"format": "nnstudio-project", "version": 1, "sweep": sweep}
    with pytest.raises(SpecError, match=message):
        ProjectSpec.from_json(document)


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("learning_rate", "1,2", "did you mean 'train.learning_rate'"),
        ("train.optimizer", "Adam,SDG", "did you mean 'SGD'"),
        ("train.optimizer", "1..2", "has no range.*allowed: SGD, Momentum"),
        ("train.batch_size", "0..256", "greater than or equal to 1"),
        ("train.batch_size", "16..32.5", "whole numbers"),
        ("train.learning_rate", "0.1,-1", "greater than 0"),
        ("data.scaling", "unit,most", "per_channel"),
    ],
)
def test_what_the_project_does_not_allow_is_refused(path: str, text: str, message: str):
    with pytest.raises(SpecError, match=message):
        check_vary(ProjectSpec(), parse_vary(path, text))


def test_a_sweep_that_fits_names_its_settings_and_one_of_nothing_is_refused():
    vary = (parse_vary("train.learning_rate", "1e-4..1e-1:log"), parse_vary("train.clip_norm", "off,1"))
    project = ProjectSpec(sweep=SweepSpec(vary=vary))
    assert [setting.row.label for setting in check_sweep(project)] == ["Learning rate", "Clip gradients"]
    with pytest.raises(SpecError, match="varies nothing"):
        check_sweep(ProjectSpec())


def test_changes_of_the_sweep_are_undone_like_any_other():
    history = History(ProjectSpec())
    sweep = SweepSpec().with_vary(0, parse_vary("train.l2", "0,1e-4"))
    change = history.apply("Vary L2 penalty", history.project.replace(sweep=sweep))
    assert change is not None
    assert (change.sweep, change.train) == (True, False)
    history.apply("Remove L2 penalty", history.project.replace(sweep=sweep.with_vary(0, None)))
    history.undo()
    assert history.project.sweep == sweep
    history.undo()
    assert history.project == ProjectSpec()


def test_its_fields_make_a_form():
    names = [row.name for row in describe(SweepSpec)]
    assert names == ["strategy", "goal", "trials", "repeats", "prune", "workers", "seed"]
    assert all(row.help for row in describe(SweepSpec))
