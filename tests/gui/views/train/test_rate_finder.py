"""The search for a learning rate: in the background, shown as a curve, taken over as one undo step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.engine.lr_finder import RateTest
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.views.train import rate_finder
from nnstudio.gui.views.train.rate_finder import RateFinder
from nnstudio.gui.views.train.rate_plot import RatePlot
from tests.gui.runs import ENDLESS
from tests.gui.windows import shown_window, spiral_project

RATES = np.geomspace(1e-6, 10.0, 8)
LOSSES = np.array([2.3, 2.3, 2.2, 1.6, 0.9, 0.7, 1.1, 9.0])
TEST = RateTest(RATES, LOSSES, LOSSES, float(RATES[3]), True)


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        made.document.open(spiral_project(ENDLESS), None)
        made.files.opened.emit()
        yield made


@pytest.fixture
def plot(qtbot: QtBot) -> RatePlot:
    made = RatePlot()
    qtbot.addWidget(made)
    made.resize(560, 260)
    made.show_test(TEST)
    made.show()
    return made


def opened(window: MainWindow) -> RateFinder | None:
    window.actions_["find_rate"].trigger()
    return window.findChild(RateFinder)


def test_a_search_shows_its_curve_and_one_click_takes_the_rate_over(window: MainWindow, qtbot: QtBot) -> None:
    before, document = window.document.project, window.document
    dialog = opened(window)
    assert dialog is not None
    assert not dialog.isModal()
    assert dialog.close_button.text() == "Cancel"
    qtbot.waitUntil(dialog.use.isVisible, timeout=20_000)
    rate = dialog.rate
    assert rate is not None
    assert 1e-6 < rate < 10
    assert dialog.plot.isVisible()
    assert document.project == before, "the search changes nothing"
    assert dialog.use.hasFocus()
    QTest.keyClick(dialog.use, Qt.Key.Key_Return)
    assert document.project.train.learning_rate == rate
    document.undo()
    assert document.project == before
    qtbot.waitUntil(lambda: window.findChild(RateFinder) is None)


def test_a_search_can_be_cancelled(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_finder, "find_learning_rate", endless)
    dialog = opened(window)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.text.text() == "Trying", timeout=20_000)
    task = dialog._task
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert task.cancelled
    qtbot.waitUntil(lambda: task.finished)
    assert window.document.undo_label is None


def test_a_run_that_begins_ends_the_search(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_finder, "find_learning_rate", endless)
    dialog = opened(window)
    assert dialog is not None
    window.live.train()
    assert dialog._task.cancelled
    assert "a run has begun" in dialog.text.text()
    assert not dialog.use.isVisible()
    QTest.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(RateFinder) is None)


def test_the_command_says_why_no_rate_can_be_searched(window: MainWindow) -> None:
    network, action = window.document.network, window.actions_["find_rate"]
    window.document.apply_network("Empty it", network.remove(*(layer.name for layer in network.layers[1:])))
    assert opened(window) is None
    assert action.toolTip() == "Train needs an output layer with 2 units."
    window.document.undo()
    assert "growing size" in action.toolTip()
    window.live.train()
    assert opened(window) is None
    assert "Stop the run first" in action.toolTip()


def test_data_that_cannot_be_read_are_told_in_the_dialog(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    project = window.document.project
    data = project.data.replace(source=str(tmp_path / "gone.npz"))
    window.document.apply("Other data", project.replace(data=data))
    dialog = opened(window)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.close_button.text() == "Close", timeout=20_000)
    assert "gone.npz" in dialog.text.text()
    dialog.close()


def test_it_opens_once(window: MainWindow) -> None:
    first = opened(window)
    assert opened(window) is first
    assert len(window.findChildren(RateFinder)) == 1


def test_a_one_cycle_schedule_gets_the_rate_that_rises_to_the_marked_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    project = window.document.project
    window.document.apply("One cycle", project.replace(train=project.train.replace(schedule="OneCycle")))
    dialog = opened(window)
    assert dialog is not None
    qtbot.waitUntil(dialog.use.isVisible, timeout=20_000)
    assert dialog.plot.rate is not None
    assert dialog.rate == pytest.approx(dialog.plot.rate / 10)
    assert "rises to 10 times" in dialog.text.text()
    dialog.close()


def test_the_suggestion_is_marked_and_keys_choose_another(plot: RatePlot) -> None:
    assert plot.rate == TEST.suggestion
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.rate == pytest.approx(RATES[4], rel=0.05)
    assert "loss 0.900" in plot.accessibleDescription()
    for _ in range(20):
        QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.rate == pytest.approx(RATES[0])
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert plot.rate == TEST.suggestion


def test_a_click_marks_the_nearest_rate_that_was_tried(plot: RatePlot) -> None:
    there = plot.place(float(RATES[5]), 0.7)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(there.x()) + 3, 100))
    assert plot.rate == pytest.approx(RATES[5], rel=0.05)


def test_without_a_suggestion_nothing_is_marked_until_somebody_chooses(qtbot: QtBot) -> None:
    made = RatePlot()
    qtbot.addWidget(made)
    made.resize(560, 260)
    made.show_test(RateTest(RATES, LOSSES, LOSSES, None, False))
    assert made.rate is None
    made.grab()
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    assert made.rate is not None


def endless(project: object, data: object, progress: Callable[[str, float | None], None]) -> None:
    """A search that only its progress report can end."""
    while True:
        progress("Trying", 0.5)
