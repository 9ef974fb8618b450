"""The doctor's visits: what it gets to know, and that looks keep to their share of the time."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine import checkup
from nnstudio.engine.checkup import SHARE, Checkup
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Conv2D, Dense, Flatten, Input, MaxPool, Residual
from tests.helpers import clouds, small_data, small_project


@pytest.fixture
def trainer() -> Trainer:
    project = small_project()
    return Trainer(project, small_data(project))


def test_the_case_holds_what_is_known_of_the_run(trainer: Trainer):
    for _ in trainer.run():
        pass
    visits = Checkup(trainer)
    seen = visits.look()
    case = visits.case(seen)
    assert case.history == tuple(trainer.state.history)
    assert case.statistics is seen
    assert sum(case.class_counts) == len(trainer.data.train)
    assert case.class_names == ("top", "middle", "bottom")
    assert case.validation_samples == len(trainer.data.validation)
    assert case.start_loss == pytest.approx(np.log(3), rel=0.5)
    assert case.guess_loss == pytest.approx(np.log(3), rel=1e-3)
    assert not case.diverged


def test_it_goes_by_the_recipe_in_force(trainer: Trainer):
    events = trainer.run()
    next(events)
    trainer.apply_at_next_epoch(trainer.spec.replace(learning_rate=0.002))
    for _ in events:
        pass
    assert Checkup(trainer).case(None).project.train.learning_rate == 0.002


def test_looks_keep_to_their_share_of_the_time(trainer: Trainer, monkeypatch: pytest.MonkeyPatch):
    now = iter([10.0, 10.0, 12.0, 12.0 + 37.9, 12.0 + 38.1])  # a look of 2 seconds, from 10 to 12
    monkeypatch.setattr(checkup.time, "perf_counter", lambda: next(now))
    visits = Checkup(trainer)
    assert visits.due
    visits.look()
    assert pytest.approx(0.05) == SHARE  # 2 seconds in 40
    assert not visits.due
    assert visits.due


def test_it_sees_into_convolutions_and_blocks():
    inside = (Conv2D(filters=4, padding="same", activation="relu", name="inner"),)
    network = NetworkSpec(
        layers=(
            Input(shape=(6, 6, 1)),
            Conv2D(filters=4, padding="same", activation="relu"),
            Residual(layers=inside, activation="relu", name="block"),
            MaxPool(),
            Flatten(),
            Dense(units=3),
        )
    )
    recipe = ProjectSpec(
        network=network,
        data=DataSpec(source="clouds", validation=0.2),
        train=TrainSpec(epochs=3, batch_size=32, learning_rate=0.01),
    )
    data: Dataset = clouds()
    trainer = Trainer(recipe, prepare_dataset(data, recipe.data))
    for _ in trainer.run():
        pass
    visits = Checkup(trainer)
    seen = {layer.name: layer for layer in visits.look().layers}
    assert list(seen)[:3] == ["conv2d", "inner", "block"]
    assert seen["inner"].update_ratio is not None
    assert seen["block"].dead is not None
    assert seen["max_pool"].weights is None
    assert [finding.kind for finding in visits.findings()] == ["healthy"]


def test_a_visit_says_what_there_is_to_say(trainer: Trainer):
    visits = Checkup(trainer)
    for _ in trainer.run():
        pass
    visit = visits.visit()
    assert visit.case is not None
    assert visit.case.statistics is not None
    assert list(visit.findings) == visits.findings()
    assert visit.problem == ""


def test_without_a_look_the_last_one_counts(trainer: Trainer, monkeypatch: pytest.MonkeyPatch):
    visits = Checkup(trainer)
    seen = visits.look()
    for _ in trainer.run():
        pass
    monkeypatch.setattr(checkup, "look", lambda trainer: pytest.fail("nobody asked for a look"))
    case = visits.visit(inside=False).case
    assert case is not None
    assert case.statistics is seen
    assert len(case.history) == len(trainer.state.history)


def test_a_look_that_fails_is_told_and_tried_again_later(trainer: Trainer, monkeypatch: pytest.MonkeyPatch):
    def fail(trainer: Trainer):
        raise MemoryError("no room for a look")

    visits = Checkup(trainer)
    before = visits.visit()
    monkeypatch.setattr(checkup, "look", fail)
    visit = visits.visit()
    assert visit.problem == "no room for a look"
    assert visit.case is before.case  # what was known stays known
