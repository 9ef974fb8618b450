"""A fork from the window: a checkpoint, changed settings, and a run of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.experiments.kept import kept_checkpoints, load_kept
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.views.train.fork_dialog import ForkDialog
from nnstudio.layers import Dense
from tests.gui.windows import shown_window, spiral_project

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with an ended run of 8 epochs that kept checkpoints of epochs 3, 6 and 8."""
    with shown_window(tmp_path) as made:
        project = spiral_project(epochs=8)
        made.document.open(project.replace(train=project.train.replace(keep_every=3)), None)
        made.files.opened.emit()
        with qtbot.waitSignal(made.live.run_ended, timeout=20_000):
            made.live.train()
        yield made


def opened(window: MainWindow) -> ForkDialog:
    window.actions_["fork_run"].trigger()
    dialog = window.findChild(ForkDialog)
    assert dialog is not None
    return dialog


def titles(dialog: ForkDialog) -> list[str]:
    items = [dialog.table.item(row, 0) for row in range(dialog.table.rowCount())]
    return [item.text() for item in items if item is not None]


def type_rate(dialog: ForkDialog, text: str) -> None:
    rate = dialog.form.editor("learning_rate")
    QTest.keyClick(rate, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(rate, text)


def forked(window: MainWindow, dialog: ForkDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        QTest.mouseClick(dialog.fork, LEFT)


def test_a_fork_begins_at_the_chosen_checkpoint_with_changed_settings(
    window: MainWindow, qtbot: QtBot
) -> None:
    parent = window.live.run_folder
    assert parent is not None
    first = list(window.live.records)
    dialog = opened(window)
    assert titles(dialog) == ["Last state", "Epoch 6", "Epoch 3"]
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    type_rate(dialog, "0.02")
    forked(window, dialog, qtbot)
    live = window.live
    assert live.session is not None
    assert live.session.trainer is not None
    state = live.session.trainer.state
    assert state.parent is not None
    assert (state.parent.run, state.parent.epoch) == (parent.name, 3)
    assert live.run_number == 2
    assert live.run_folder not in (None, parent)
    assert live.records[:3] == first[:3]
    assert [record.epoch for record in live.records] == list(range(1, 9))
    assert live.records[3].learning_rate == pytest.approx(0.02)
    assert live.ghost == first, "the parent is what the fork is compared with"
    assert window.document.undo_label == "Set up a fork"
    window.document.undo()
    assert window.document.project.train.learning_rate == pytest.approx(0.001)


def test_the_parent_keeps_its_files_and_the_weights_come_from_it(window: MainWindow, qtbot: QtBot) -> None:
    parent = window.live.run_folder
    assert parent is not None
    before = {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()}
    weights = load_kept(parent, 6).model().weights
    dialog = opened(window)
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    type_rate(dialog, "1e-30")  # steps that move no weight
    forked(window, dialog, qtbot)
    assert window.live.model is not None
    np.testing.assert_array_equal(window.live.model.weights, weights)
    assert [one.epoch for one in kept_checkpoints(parent)] == [3, 6, 8]
    assert {path: path.read_bytes() for path in parent.rglob("*") if path.is_file()} == before


def test_what_could_not_be_taken_over_is_told(window: MainWindow, qtbot: QtBot) -> None:
    window.document.insert_layer(Dense(units=5, activation="tanh"), 2)
    name = window.document.selection
    notices: list[object] = []
    window.live.notice.connect(notices.append)
    forked(window, opened(window), qtbot)
    told = [notice.detail for notice in notices if notice is not None]  # type: ignore[attr-defined]
    assert any(name in detail and "fresh weights" in detail for detail in told)


def test_the_last_state_trains_as_many_epochs_again(window: MainWindow, qtbot: QtBot) -> None:
    forked(window, opened(window), qtbot)
    assert len(window.live.records) == 16


def test_a_run_that_was_reset_can_still_be_forked(window: MainWindow, qtbot: QtBot) -> None:
    folder = window.live.run_folder
    assert folder is not None
    window.live.reset()
    window.actions_["fork_run"].trigger()
    qtbot.waitUntil(lambda: window.findChild(ForkDialog) is not None)
    dialog = window.findChild(ForkDialog)
    assert dialog is not None
    assert titles(dialog) == ["Last state", "Epoch 6", "Epoch 3"]
    forked(window, dialog, qtbot)
    assert window.live.session is not None
    assert window.live.session.trainer is not None
    parent = window.live.session.trainer.state.parent
    assert parent is not None
    assert (parent.run, parent.epoch) == (folder.name, 8)


def test_without_a_run_and_during_one_the_command_says_why_not(window: MainWindow, qtbot: QtBot) -> None:
    fork = window.actions_["fork_run"]
    assert fork.isEnabled()
    window.document.open(spiral_project(), None)
    assert not fork.isEnabled()
    assert fork.toolTip().startswith("There is no run to fork yet.")
    assert window.actions_.menus["Train"].toolTipsVisible()
    window.live.step_batch()
    qtbot.waitUntil(lambda: window.live.paused)
    assert not fork.isEnabled()
    assert fork.toolTip().startswith("Stop the run first")
    with qtbot.waitSignal(window.live.run_ended):
        window.live.stop()
    qtbot.waitUntil(fork.isEnabled)
    assert fork.toolTip().startswith("Fork this run.")


def test_a_damaged_checkpoint_is_told_in_the_dialog(window: MainWindow, qtbot: QtBot) -> None:
    folder = window.live.run_folder
    assert folder is not None
    (folder / "last.h5").write_bytes(b"no longer HDF5")
    dialog = opened(window)
    QTest.mouseClick(dialog.fork, LEFT)
    qtbot.waitUntil(lambda: dialog.fork.isEnabled())
    assert "last.h5" in dialog.said
    assert window.live.run_number == 1
    dialog.reject()


def test_the_bookmark_keeps_a_checkpoint_of_the_epoch_under_way(window: MainWindow, qtbot: QtBot) -> None:
    bookmark = window.inspector.training.bookmark
    assert not bookmark.isEnabled()
    train = window.document.project.train
    window.document.apply(
        "Keep none", window.document.project.replace(train=train.replace(keep_every=None, seed=7))
    )
    window.live.step_batch()
    qtbot.waitUntil(lambda: window.live.paused and bookmark.isEnabled())
    QTest.mouseClick(bookmark, LEFT)
    window.live.step_epoch()
    qtbot.waitUntil(lambda: len(window.live.records) == 1 and window.live.paused)
    folder = window.live.run_folder
    assert folder is not None
    assert [one.epoch for one in kept_checkpoints(folder)] == [1]
    qtbot.waitUntil(lambda: "1 checkpoint kept" in window.status.kept)
    window.live.stop()
    qtbot.waitUntil(lambda: not window.live.running)
