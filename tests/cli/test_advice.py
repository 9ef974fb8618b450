"""The doctor's word at the end of a run in the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnstudio.cli.advice import finding_line
from nnstudio.cli.specs import with_settings
from nnstudio.core.spec import EarlyStopping, ProjectSpec
from nnstudio.engine.doctor import Finding, ProjectFix
from tests.cli.conftest import Command


def advice_in(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("doctor: ")]


def test_a_run_that_goes_wrong_ends_with_the_finding_and_its_fix(command: Command, tmp_path: Path):
    options = ("--lr", 1e-6, "--optimizer", "SGD", "--epochs", 3, "--out", tmp_path / "run")
    output = command("train", "spiral-mlp", *options)
    (line,) = advice_in(output.err)
    assert line.startswith("doctor: Learning rate is low: A step changes the weights by ")
    assert "; fix: Learning rate → 1e-4 (--set train.learning_rate=0.0001)" in line
    assert output.code == 0
    assert "doctor" not in output.out


def test_the_layer_that_broke_is_named_before_the_error(command: Command, tmp_path: Path):
    linear = [
        part for number in (1, 2, 3) for part in ("--set", f"network.layers.{number}.activation=linear")
    ]
    options = ("--lr", 1e6, "--optimizer", "SGD", "--epochs", 30, "--out", tmp_path / "run", "--json")
    output = command("train", "spiral-mlp", *linear, *options)
    (line,) = advice_in(output.err)
    assert "Loss became NaN or infinite at batch " in line
    assert "First in the outputs of dense" in line
    assert output.code == 1
    assert output.err.index("doctor: ") < output.err.index("error: ")
    assert output.json["epochs"] == 0


def test_a_run_that_goes_well_ends_without_a_word(command: Command, tmp_path: Path):
    output = command("train", "spiral-mlp", "--epochs", 8, "--out", tmp_path / "run")
    assert advice_in(output.err) == []


@pytest.mark.parametrize(
    ("fix", "options"),
    [
        (ProjectFix("x", train={"l2": 5e-4}), ["train.l2=0.0005"]),
        (ProjectFix("x", train={"class_weights": "balanced"}), ["train.class_weights=balanced"]),
        (
            ProjectFix("x", train={"early_stopping": EarlyStopping()}),
            ["train.early_stopping.patience=5"],
        ),
        (ProjectFix("x", data={"scaling": "standardise"}), ["data.scaling=standardise"]),
    ],
)
def test_the_options_do_what_the_fix_does(fix: ProjectFix, options: list[str]):
    line = finding_line(Finding("plateau", "caution", "Title", "Evidence.", "", fixes=(fix,)))
    assert line == f"doctor: Title: Evidence; fix: x ({' '.join('--set ' + one for one in options)})"
    assert with_settings(ProjectSpec(), options) == fix.apply(ProjectSpec())


def test_changes_of_the_network_are_named_without_options():
    fix = ProjectFix("Insert Dropout 0.3", layers=(("dense", None),))
    line = finding_line(Finding("overfitting", "caution", "Title", "Evidence.", "", fixes=(fix,)))
    assert line == "doctor: Title: Evidence; fix: Insert Dropout 0.3"
    assert finding_line(Finding("healthy", "good", "Title", "Evidence.", "")) == "doctor: Title: Evidence"
