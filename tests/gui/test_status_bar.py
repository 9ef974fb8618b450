"""The status bar over a real run: the checkpoints that the recipe keeps, in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

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
