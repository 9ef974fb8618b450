from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.state import EpochRecord
from nnstudio.gui.document import Document
from nnstudio.layers import Dense
from tests.gui.runs import ENDLESS, Watched, epochs_of, losses_of, small_project


@pytest.fixture
def watched(qtbot: QtBot) -> Iterator[Watched]:
    made = Watched(qtbot, Document(small_project()), lambda name, folder: None)
    yield made
    assert made.live.shutdown()


def test_a_run_tells_every_point_in_order_and_then_its_end(watched: Watched) -> None:
    assert watched.live.train()
    assert watched.live.running
    snapshot = watched.to_end()
    assert snapshot.state == "finished"
    assert epochs_of(watched.events) == [1, 2, 3]
    assert len(losses_of(watched.events)) == snapshot.step == 30
    assert watched.live.records == [event for event in watched.events if isinstance(event, EpochRecord)]
    sequences = [snapshot.sequence for snapshot in watched.snapshots]
    assert sequences == sorted(set(sequences))
    assert watched.states[0] == "preparing"
    assert watched.states[-1] == "finished"
    assert not watched.live.running
    assert watched.live.run_number == 1


def test_the_run_keeps_its_copy_while_the_stack_is_edited(watched: Watched) -> None:
    watched.set_train(epochs=ENDLESS)
    watched.live.train()
    network = watched.document.network
    watched.document.insert_layer(Dense(units=4), 1)
    assert watched.live.session is not None
    assert watched.live.session.project.network == network
    watched.live.stop()
    assert watched.to_end().state == "stopped"


def test_pause_step_and_resume(watched: Watched) -> None:
    watched.set_train(epochs=ENDLESS)
    watched.live.train()
    watched.qtbot.waitUntil(lambda: len(watched.events) > 3)
    watched.live.pause()
    watched.until("paused")
    assert watched.live.paused
    assert watched.live.snapshot is not None
    step = watched.live.snapshot.step
    watched.live.step_batch()
    watched.qtbot.waitUntil(lambda: watched.step == step + 1)
    epoch = watched.trainer.state.epoch
    watched.live.step_epoch()
    watched.qtbot.waitUntil(lambda: watched.trainer.state.epoch == epoch + 1)
    watched.until("paused")
    assert watched.trainer.state.batch == 0
    watched.live.train()
    watched.until("running")
    watched.live.stop()
    watched.to_end()


def test_a_single_step_can_begin_a_run(watched: Watched) -> None:
    assert watched.live.step_batch()
    watched.until("paused")
    assert watched.live.snapshot is not None
    assert watched.step == 1


def test_reset_during_a_run_ends_its_thread_and_its_points(watched: Watched) -> None:
    watched.set_train(epochs=ENDLESS)
    watched.live.train()
    watched.qtbot.waitUntil(lambda: len(watched.events) > 3)
    session = watched.live.session
    watched.live.reset()
    watched.events.clear()
    assert session is not None
    watched.qtbot.waitUntil(lambda: not session.alive)
    watched.qtbot.wait(40)
    assert watched.events == []
    assert watched.ended == []


def test_the_model_is_renewed_only_while_somebody_looks(watched: Watched) -> None:
    renewed: list[bool] = []
    watched.set_train(epochs=ENDLESS)
    watched.live.train()
    watched.qtbot.waitUntil(lambda: len(watched.events) > 3)
    watched.live.model_changed.connect(lambda: renewed.append(True))
    watched.qtbot.wait(150)
    assert renewed == []
    first, second = object(), object()
    watched.live.set_model_wanted(True, first)
    watched.live.set_model_wanted(True, second)
    watched.live.set_model_wanted(False, first)
    watched.qtbot.waitUntil(lambda: len(renewed) >= 3)
    watched.live.set_model_wanted(False, second)
    watched.qtbot.wait(120)
    renewed.clear()
    watched.qtbot.wait(150)
    assert renewed == []
    assert watched.live.model is not None


def test_another_project_drops_the_run(watched: Watched) -> None:
    watched.set_train(epochs=ENDLESS)
    watched.live.train()
    watched.qtbot.waitUntil(lambda: len(watched.events) > 3)
    watched.document.open(small_project(epochs=2), None)
    assert watched.live.session is None
    assert (watched.live.run_number, watched.live.ghost, watched.live.records) == (0, [], [])
    watched.live.train()
    watched.to_end()
    assert watched.live.run_number == 1


def test_shutdown_stops_and_joins(qtbot: QtBot) -> None:
    watched = Watched(qtbot, Document(small_project(epochs=ENDLESS)), lambda name, folder: None)
    watched.live.train()
    qtbot.waitUntil(lambda: len(watched.events) > 3)
    assert watched.live.shutdown()
    assert not watched.live.running
    assert watched.ended[-1].state == "stopped"
    assert "nnstudio-training" not in [thread.name for thread in threading.enumerate()]
