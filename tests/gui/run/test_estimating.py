"""Times before a training begins, and what the start page knows of presets and projects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.experiments.estimate import Speed, Speeds
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.views.start import StartPage
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path, measuring=True) as made:
        made.estimating.speeds = Speeds(tmp_path / "speeds.json", lambda *_: Speed(0.1))
        yield made


def card_text(window: MainWindow, name: str) -> str:
    start = window.pages.page("start")
    assert isinstance(start, StartPage)
    return next(card for card in start.cards() if card.name == name).facts_text()


def test_presets_on_show_tell_the_time_they_take_here(window: MainWindow, qtbot: QtBot) -> None:
    assert "60 epochs" in card_text(window, "spiral-mlp")
    qtbot.waitUntil(lambda: "trains in" in card_text(window, "spiral-mlp"), timeout=20_000)
    # 186 points in batches of 8, and an evaluation of 33 at a third of a step each
    assert "trains in 2:32" in card_text(window, "spiral-mlp")


def test_the_status_bar_and_train_tell_the_time_beforehand(window: MainWindow, qtbot: QtBot) -> None:
    window.document.open(spiral_project(epochs=10), None)
    window.files.opened.emit()
    qtbot.waitUntil(lambda: "Training will take about 0:" in window.status.hint, timeout=20_000)
    assert "Training will take about" in window.toolbar.training.buttons["train"].toolTip()
    train = window.document.project.train
    window.document.apply("More", window.document.project.replace(train=train.replace(epochs=1000)))
    assert "Training will take" not in window.status.hint, "no longer true"
    qtbot.waitUntil(lambda: "about 5:" in window.status.hint, timeout=20_000)


def test_a_run_corrects_the_time_that_was_measured(window: MainWindow, qtbot: QtBot) -> None:
    window.document.open(spiral_project(epochs=4), None)
    window.files.opened.emit()
    qtbot.waitUntil(lambda: window.estimating.seconds is not None, timeout=20_000)
    measured = window.estimating.seconds
    assert measured is not None
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.live.train()
    rate = window.live.records[-1].samples_per_second
    qtbot.waitUntil(lambda: window.estimating.seconds not in (None, measured), timeout=20_000)
    known = window.estimating.speeds.known(window.document.project)
    assert known is not None
    assert known.step == pytest.approx(window.document.project.train.batch_size / rate)


def test_a_paused_run_that_is_reset_has_a_time_again(window: MainWindow, qtbot: QtBot) -> None:
    window.document.open(spiral_project(epochs=10), None)
    window.files.opened.emit()
    qtbot.waitUntil(lambda: window.estimating.seconds is not None, timeout=20_000)
    window.live.step_batch()
    reset = window.toolbar.training.buttons["reset"]
    qtbot.waitUntil(lambda: window.live.state == "paused" and reset.isEnabled(), timeout=20_000)
    assert window.estimating.seconds is None
    QTest.mouseClick(reset, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Training will take about" in window.status.hint, timeout=20_000)


def test_a_network_with_a_problem_has_no_time(window: MainWindow, qtbot: QtBot) -> None:
    project = spiral_project()
    window.document.open(project.replace(network=project.network.remove("dense_1")), None)
    window.files.opened.emit()
    qtbot.wait(1100)
    assert window.estimating.seconds is None


def test_recent_projects_show_the_best_accuracy_their_runs_reached(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mine.nnstudio"
    path.write_text(spiral_project(epochs=2).dumps())
    with qtbot.waitSignal(window.files.opened, timeout=5000):
        window.files.open_path(path)
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.live.train()
    (recent,) = window.settings.recent.projects()
    assert recent.accuracy is not None
    assert 0.3 < recent.accuracy <= 1
    window.settings.recent.add(path, "mine", 0.01)
    (again,) = window.settings.recent.projects()
    assert again.accuracy == recent.accuracy, "the best one stays"
    QApplication.processEvents()


def test_a_run_ends_the_measurement_under_way(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(_project: object, _device: object, tick: Callable[[], object]) -> Speed:
        begun.set()
        try:
            while True:
                tick()
                time.sleep(0.002)
        finally:
            ended.set()

    window.estimating.speeds = Speeds(tmp_path / "others.json", endless)
    window.document.open(spiral_project(epochs=2), None)
    window.files.opened.emit()
    qtbot.waitUntil(begun.is_set, timeout=20_000)
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.live.train()
    qtbot.waitUntil(ended.is_set)
