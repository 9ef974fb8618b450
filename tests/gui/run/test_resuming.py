from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.state import TrainerState
from nnstudio.gui.document import Document
from nnstudio.gui.run.recording import RunKeeper
from nnstudio.gui.run.resuming import Reached
from nnstudio.layers import Dense
from nnstudio.optim.adaptive import Adagrad
from tests.gui.runs import Watched, epochs_of, losses_of, small_project


@pytest.fixture
def watched(qtbot: QtBot) -> Iterator[Watched]:
    made = Watched(qtbot, Document(small_project()), lambda name, folder: None)
    yield made
    assert made.live.shutdown()


def test_training_more_goes_on_bit_for_bit(watched: Watched, qtbot: QtBot) -> None:
    watched.live.train()
    watched.to_end()
    assert watched.live.can_continue
    watched.live.train()
    assert watched.live.continued_at == 3.0
    assert watched.to_end().epochs == 6
    assert epochs_of(watched.events) == [1, 2, 3, 4, 5, 6]
    assert watched.live.run_number == 1

    whole = Watched(qtbot, Document(small_project(epochs=6)), lambda name, folder: None)
    whole.live.train()
    whole.to_end()
    assert losses_of(whole.events) == losses_of(watched.events)
    assert whole.live.model is not None
    assert watched.live.model is not None
    assert np.array_equal(whole.live.model.weights, watched.live.model.weights)
    assert whole.live.shutdown()


def test_a_stopped_run_goes_on_to_its_plan(watched: Watched) -> None:
    watched.set_train(epochs=40)
    watched.live.step_epoch()
    watched.until("paused")
    watched.live.stop()
    assert watched.to_end().state == "stopped"
    watched.live.train()
    assert watched.live.session is not None
    assert watched.live.session.project.train.epochs == 40
    assert watched.to_end().epoch == 40
    assert epochs_of(watched.events) == list(range(1, 41))


@pytest.mark.parametrize("change", ["network", "optimizer", "data"])
def test_another_network_optimizer_or_data_set_begins_afresh(watched: Watched, change: str) -> None:
    watched.live.train()
    watched.to_end()
    records = list(watched.live.records)
    if change == "network":
        watched.document.insert_layer(Dense(units=4, activation="relu"), 1)
    elif change == "optimizer":
        watched.set_train(optimizer="SGD")
    else:
        project = watched.document.project
        watched.document.apply("Data", project.replace(data=project.data.replace(source="circles")))
    assert not watched.live.can_continue
    watched.live.train()
    watched.to_end()
    assert watched.live.run_number == 2
    assert watched.live.continued_at is None
    assert watched.live.ghost == records
    assert epochs_of(watched.events) == [1, 2, 3, 1, 2, 3]


def test_reset_goes_back_to_the_same_initial_weights(watched: Watched) -> None:
    dropped: list[bool] = []
    watched.live.run_dropped.connect(lambda: dropped.append(True))
    watched.live.train()
    watched.to_end()
    first = losses_of(watched.events)
    watched.events.clear()
    watched.live.reset()
    assert dropped == [True]
    assert (watched.live.state, watched.live.session, watched.live.model) == ("idle", None, None)
    watched.live.train()
    watched.to_end()
    assert losses_of(watched.events) == first
    assert watched.live.run_number == 2


def test_a_diverged_run_offers_a_smaller_rate_and_goes_on_from_its_last_good_epoch(watched: Watched) -> None:
    watched.set_train(optimizer="SGD", epochs=2)
    watched.live.train()
    watched.to_end()
    watched.set_train(learning_rate=1e6, l2=100.0, epochs=60)  # each step multiplies the weights by −2e8
    watched.events.clear()
    watched.live.train()
    assert watched.to_end().state == "diverged"
    assert not all(math.isfinite(loss) for loss in losses_of(watched.events))
    session = watched.live.session
    assert session is not None
    finding = next(finding for finding in session.findings if finding.kind == "nonfinite")
    assert finding.fixes[0].train["learning_rate"] < 1e6
    good = watched.ended[-1].epoch
    assert f"epoch {good}" in finding.evidence
    watched.set_train(learning_rate=1e-4, l2=0.0)
    assert watched.live.can_continue
    watched.events.clear()
    watched.live.train()
    assert watched.live.continued_at == good
    assert watched.to_end().state == "finished"
    assert epochs_of(watched.events)[0] == good + 1
    assert all(math.isfinite(loss) for loss in losses_of(watched.events))


def test_behind_a_divergence_the_optimizer_begins_as_it_began_the_run() -> None:
    project = small_project()
    project = project.replace(train=project.train.replace(optimizer=Adagrad(initial_accumulator_value=0.5)))
    state = TrainerState(np.ones(2, np.float32), {"accumulator": np.full(2, np.inf, np.float32)}, epoch=1)
    assert (Reached(project, state, 4, diverged=True).start().slots["accumulator"] == 0.5).all()


def test_a_new_rate_does_not_cut_short_a_run_that_trains_more(watched: Watched) -> None:
    watched.live.train()
    watched.to_end()
    watched.live.step_epoch()  # of 4 to 6
    watched.until("paused")
    assert watched.trainer.spec.epochs == 6
    assert watched.live.recipe_in_force == watched.document.project.train
    watched.set_train(learning_rate=0.02)  # the plan of 3 is not meant anew
    watched.live.apply_recipe(watched.document.project.train)
    assert watched.live.recipe_in_force != watched.document.project.train
    watched.live.train()
    assert watched.to_end().epoch == 6


def test_the_run_is_kept_in_one_folder_also_when_it_goes_on(qtbot: QtBot) -> None:
    watched = Watched(qtbot, Document(small_project()), RunKeeper)
    watched.live.train()
    watched.to_end()
    folder = watched.live.run_folder
    assert folder is not None
    watched.live.train()
    watched.to_end()
    assert watched.live.run_folder == folder
    lines = (folder / "metrics.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3", "4", "5", "6"]
    checkpoint = load_checkpoint(folder / "last.h5")
    assert checkpoint.state is not None
    assert checkpoint.state.epoch == 6
    assert watched.live.shutdown()


def test_a_run_read_from_a_file_goes_on(qtbot: QtBot) -> None:
    first = Watched(qtbot, Document(small_project()), RunKeeper)
    first.live.train()
    first.to_end()
    folder = first.live.run_folder
    assert folder is not None
    assert first.live.shutdown()

    checkpoint = load_checkpoint(folder / "last.h5")
    second = Watched(qtbot, Document(checkpoint.project), RunKeeper)
    second.live.adopt(checkpoint, folder)
    assert second.live.state == "finished"
    assert second.live.can_continue
    assert second.live.model is not None
    assert np.array_equal(second.live.model.weights, checkpoint.weights)
    assert second.live.best_model is not None
    assert [record.epoch for record in second.live.records] == [1, 2, 3]
    second.live.train()
    assert second.live.continued_at == 3.0
    assert second.to_end().epoch == 6
    assert second.live.run_folder == folder
    assert second.live.shutdown()
