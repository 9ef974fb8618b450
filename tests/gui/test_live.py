from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.state import EpochRecord
from nnstudio.engine.stepper import NumpyStepper
from nnstudio.gui.document import Document
from nnstudio.gui.recording import RunKeeper
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


def test_a_network_with_a_problem_is_refused_with_its_fix(qtbot: QtBot) -> None:
    project = small_project()
    document = Document(project.replace(network=project.network.remove("dense", "dense_1")))
    document.expect((2,), 2)
    watched = Watched(qtbot, document, lambda name, folder: None)
    assert not watched.live.train()
    notice = watched.notices[-1]
    assert notice is not None
    assert notice.kind == "error"
    assert notice.action == "Add Dense 2"
    assert notice.edit is not None
    document.apply(notice.action, notice.edit(document.project))
    assert watched.notices[-1] is None  # what is mended is no longer complained about
    document.undo()
    assert watched.notices[-1] is None  # and is complained about again when somebody wants to train
    document.redo()
    assert watched.live.train()
    watched.to_end()
    assert watched.live.shutdown()


def test_an_error_in_the_worker_is_told_with_its_trace(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NumpyStepper, "_step", lambda *_: 1 / 0)
    watched.live.train()
    assert watched.to_end().state == "failed"
    notice = watched.notices[-1]
    assert notice is not None
    assert "unexpected error" in notice.detail
    assert "ZeroDivisionError" in notice.trace


def test_a_missing_file_is_told_with_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    missing = tmp_path / "missing.npz"
    watched = Watched(qtbot, Document(small_project(source=str(missing))), lambda name, folder: None)
    watched.live.train()
    assert watched.to_end().state == "failed"
    notice = watched.notices[-1]
    assert notice is not None
    assert "missing.npz" in notice.detail
    assert watched.live.shutdown()


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


def test_a_run_that_cannot_be_written_goes_on_and_says_so(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "file"))
    watched = Watched(qtbot, Document(small_project()), RunKeeper)
    watched.live.train()
    assert watched.to_end().state == "finished"
    told = [notice for notice in watched.notices if notice is not None]
    assert [notice.title for notice in told] == ["This run is not being saved"]
    assert watched.live.shutdown()


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
