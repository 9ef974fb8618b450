"""The recipe and the data that a run is made with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.gui.document import Document
from tests.gui.runs import ENDLESS, Watched, small_project


@pytest.fixture
def watched(qtbot: QtBot) -> Iterator[Watched]:
    made = Watched(qtbot, Document(small_project()), lambda name, folder: None)
    yield made
    assert made.live.shutdown()


def test_prepared_data_are_reused_until_the_recipe_changes(watched: Watched) -> None:
    watched.live.train()
    watched.to_end()
    first = watched.live.prepared
    watched.live.reset()
    assert watched.live.prepared is first
    watched.live.train()
    watched.to_end()
    assert watched.live.prepared is first
    project = watched.document.project
    watched.document.apply("Split", project.replace(data=project.data.replace(validation=0.5)))
    watched.live.train()
    watched.to_end()
    assert watched.live.prepared is not first


def test_a_changed_recipe_reaches_the_run_at_its_next_epoch(watched: Watched) -> None:
    watched.set_train(epochs=ENDLESS)
    watched.live.step_epoch()
    watched.until("paused")
    watched.set_train(learning_rate=0.5, batch_size=7)  # the batch size is locked: it is left out
    watched.live.apply_recipe(watched.document.project.train)
    watched.live.step_epoch()
    watched.qtbot.waitUntil(lambda: len(watched.live.records) == 2)
    watched.until("paused")
    trainer = watched.trainer
    assert watched.live.records[1].learning_rate == 0.5
    assert trainer.spec.batch_size == 32
    watched.document.undo()
    watched.live.apply_recipe(watched.document.project.train)
    watched.live.step_epoch()
    watched.qtbot.waitUntil(lambda: len(watched.live.records) == 3)
    assert watched.live.records[2].learning_rate == 0.01
