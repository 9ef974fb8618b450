"""The status bar over a real run: the checkpoints that the recipe keeps, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.shell.status_bar import StatusBar
from tests.gui.windows import shown_window, spiral_project


@pytest.mark.parametrize(("every", "words"), [(2, "2 checkpoints kept, 0.0 MB"), (None, "")])
def test_the_checkpoints_of_the_run_are_counted_as_they_are_kept(
    tmp_path: Path, qtbot: QtBot, every: int | None, words: str
) -> None:
    with shown_window(tmp_path) as window:
        project = spiral_project(epochs=4)
        train = project.train.replace(keep_every=every)
        window.document.open(project.replace(train=train), None)
        window.files.opened.emit()
        with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
            window.live.train()
        assert window.status.kept == words
        window.live.reset()
        assert window.status.kept == ""


def test_figures_that_change_every_second_move_nothing(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.resize(1280, 24)
    bar.show_counts((54_000, 6_000, 10_000))
    bar.show()
    places = []
    for text in ("CPU 0%", "CPU 16%", "CPU 100%"):
        bar._processor.setText(text)
        QApplication.sendPostedEvents()
        places.append([label.geometry() for label in (bar._memory, bar._processor, bar._counts)])
        assert bar._processor.width() >= bar._processor.sizeHint().width()
    assert places[0] == places[1] == places[2]
