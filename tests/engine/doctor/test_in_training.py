"""Every finding is shown by a real small training, and not by one that only lacks its cause."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.data.dataset import Dataset
from nnstudio.data.points2d import make_points
from nnstudio.engine.doctor import CHECKS
from nnstudio.layers import Dense, Input
from nnstudio.optim.initializers import GlorotUniform, Normal
from tests.engine.doctor.trials import clouds, findings, mlp, project


@dataclass(frozen=True)
class Trial:
    """A training that shows a finding, and one that doesn't.

    Attributes:
        kind: The finding.
        shows: Shows it.
        data: Its data.
        well: Doesn't show it.
        well_data: Its data, if they are others.
        mended: The first fix makes the finding go away.
    """

    kind: str
    shows: ProjectSpec
    data: Dataset
    well: ProjectSpec
    well_data: Dataset | None = None
    mended: bool = True


def negative_bias(mean: float) -> NetworkSpec:
    """A hidden layer whose units start so far below zero that hardly any sample wakes them."""
    hidden = Dense(units=16, activation="relu", bias_initializer=Normal(mean=mean, stddev=2.0))
    return NetworkSpec(layers=(Input(shape=(10,)), hidden, Dense(units=3)))


SIX = (16,) * 6

TRIALS = [
    Trial(
        "nonfinite",
        project(mlp(16, 16, 16), learning_rate=1e6),
        clouds(),
        project(mlp(16, 16, 16)),
    ),
    Trial(
        "exploding",
        project(mlp(32, 32, 32, initializer=Normal(stddev=1.0)), optimizer="Adam", learning_rate=1e-4),
        clouds(),
        project(mlp(32, 32, 32), optimizer="Adam", learning_rate=1e-4),
    ),
    Trial(
        "diverging",
        project(mlp(16), learning_rate=3, epochs=1),
        clouds(),
        project(mlp(16), learning_rate=0.3, epochs=1),
    ),
    Trial(
        "dead",
        project(negative_bias(-12)),
        clouds(),
        project(negative_bias(0)),
    ),
    Trial(
        "vanishing",
        project(mlp(*SIX, activation="sigmoid", initializer=GlorotUniform())),
        clouds(),
        project(mlp(16, activation="sigmoid", initializer=GlorotUniform())),
    ),
    Trial(
        "chance",
        project(mlp(features=2, classes=2), epochs=20),
        make_points("circles"),
        project(mlp(16, features=2, classes=2), epochs=20),
    ),
    Trial(
        "rate_high",
        project(mlp(32, 32, activation="tanh"), optimizer="Adam", learning_rate=0.1, epochs=8),
        clouds(distance=0.6),
        project(mlp(32, 32, activation="tanh"), optimizer="Adam", learning_rate=0.003, epochs=8),
    ),
    Trial(
        "rate_low",
        project(mlp(16), learning_rate=1e-4),
        clouds(),
        project(mlp(16), learning_rate=1e-2),
    ),
    Trial(
        "overfitting",
        project(mlp(64), optimizer="Adam", learning_rate=0.01, epochs=40),
        clouds(120, distance=0.5),
        project(mlp(64), optimizer="Adam", learning_rate=0.001, epochs=10),
        clouds(1200),
    ),
    Trial(
        "imbalance",
        project(mlp(16, classes=2)),
        clouds([300, 30]),
        project(mlp(16, classes=2)),
        clouds([300, 200]),
    ),
    Trial(
        "plateau",
        project(mlp(16, features=2, classes=2, activation="tanh"), epochs=30),
        make_points("spiral"),
        project(mlp(16, 16, features=2, classes=2), optimizer="Adam", learning_rate=0.01, epochs=30),
        mended=False,
    ),
    Trial(  # inputs as large as raw bytes
        "exploding",
        project(mlp(16), optimizer="Adam", learning_rate=1e-3),
        clouds(size=100),
        project(mlp(16), optimizer="Adam", learning_rate=1e-3),
        clouds(),
    ),
    Trial(  # units that start at the flat ends of the function
        "vanishing",
        project(mlp(32, 32, 32, activation="sigmoid", initializer=Normal(stddev=5.0)), learning_rate=0.01),
        clouds(),
        project(mlp(32, activation="sigmoid", initializer=GlorotUniform())),
    ),
    Trial(  # labels that belong to other samples: no setting can help
        "chance",
        project(mlp(8), learning_rate=0.03, epochs=10),
        clouds(shuffled=True),
        project(mlp(8), learning_rate=0.03, epochs=10),
        clouds(),
        mended=False,
    ),
]
by_kind = pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.kind)


def test_every_check_has_a_trial():
    assert {check.__name__ for check in CHECKS} | {"nonfinite"} == {trial.kind for trial in TRIALS}


@by_kind
def test_the_finding_shows_and_its_fixes_are_valid(trial: Trial):
    finding = findings(trial.shows, trial.data).get(trial.kind)
    assert finding is not None
    assert finding.title
    assert finding.meaning
    assert any(character.isdigit() for character in finding.evidence)
    assert finding.figures
    assert finding.fixes
    for fix in finding.fixes:
        after = fix.apply(trial.shows)
        assert after != trial.shows
        assert infer_shapes(after.network).ok
        assert ProjectSpec.loads(after.dumps()) == after


@by_kind
def test_the_finding_doesnt_show_without_its_cause(trial: Trial):
    assert trial.kind not in findings(trial.well, trial.well_data or trial.data)


@pytest.mark.parametrize("trial", [t for t in TRIALS if t.mended], ids=lambda trial: trial.kind)
def test_the_first_fix_mends_it(trial: Trial):
    finding = findings(trial.shows, trial.data)[trial.kind]
    assert trial.kind not in findings(finding.fixes[0].apply(trial.shows), trial.data)


def test_a_run_that_goes_well_is_called_healthy():
    found = findings(project(mlp(16)), clouds())
    assert list(found) == ["healthy"]
    assert found["healthy"].severity == "good"
    assert not found["healthy"].fixes
