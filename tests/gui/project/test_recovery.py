"""Work survives the death of its window: processes that are killed, and the window that comes after."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.history import History
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.errors import FormatError, NNStudioError
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.project import autosave, recovery_files
from nnstudio.gui.project.recovery_files import Sitting
from nnstudio.gui.shell import dialogs
from nnstudio.gui.widgets.buttons import Button
from nnstudio.layers import Dense
from tests.gui.crashing import process
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr(autosave, "DELAY_MS", 20)
    with shown_window(tmp_path) as made:
        yield made


def home() -> Path:
    return recovery_files.recovery_dir().parent


def sitting(steps: int = 4) -> Sitting:
    history = History(spiral_project())
    for units in range(1, steps):
        network = history.project.network.insert(1, Dense(units=units))
        history.apply(f"Insert {units}", history.project.replace(network=network))
    history.undo()
    return Sitting(
        history.steps, history.position, spiral_project(), Path("/a/b.nnstudio"), Path("/run"), True
    )


def leave_behind(name: str = "one") -> None:
    """What a crashed window leaves: a recovery file that nobody holds."""
    folder = recovery_files.recovery_dir()
    folder.mkdir(parents=True, exist_ok=True)
    left = dataclasses.replace(sitting(), run=None, training=False)
    (folder / f"{name}.json").write_text(recovery_files.dumps(left), encoding="utf-8")


def offered(window: MainWindow, qtbot: QtBot) -> str:
    window.recovery.look()
    qtbot.waitUntil(lambda: "was not closed properly" in window.messages.title, timeout=10_000)
    return f"{window.messages.title} {window.messages.text}"


def click(window: MainWindow, text: str) -> None:
    buttons = [one for one in window.messages.findChildren(Button) if one.text() == text and one.isVisible()]
    assert len(buttons) == 1
    QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)


def wait_for_title(window: MainWindow, qtbot: QtBot, words: str) -> None:
    qtbot.waitUntil(lambda: words in window.messages.title, timeout=10_000)


def edit(window: MainWindow, rate: float = 0.25) -> None:
    project = window.document.project
    window.document.apply("Set rate", project.replace(train=project.train.replace(learning_rate=rate)))


def files() -> list[str]:
    folder = recovery_files.recovery_dir()
    return sorted(path.suffix for path in folder.iterdir()) if folder.is_dir() else []


def test_after_a_kill_the_project_comes_back_with_its_undo_history(window: MainWindow, qtbot: QtBot) -> None:
    with process("edit", home()) as crashed:
        crashed.kill()
    assert "“spiral” can be restored" in offered(window, qtbot)
    assert "3 steps of its undo history" in window.messages.text
    click(window, "Restore")
    wait_for_title(window, qtbot, "is restored")
    document = window.document
    assert document.project.train.learning_rate == 0.2
    assert (document.undo_label, document.redo_label) == ("Set rate 0.2", "Set rate 0.3")
    assert document.dirty
    document.redo()
    assert document.project.train.learning_rate == 0.3
    for _ in range(3):
        document.undo()
    assert document.project == spiral_project()


def test_after_a_kill_the_run_goes_on_where_it_was_saved(window: MainWindow, qtbot: QtBot) -> None:
    with process("train", home()) as crashed:
        crashed.kill()
    assert "Its run was under way" in offered(window, qtbot)
    click(window, "Restore")
    qtbot.waitUntil(lambda: "goes on exactly from there" in window.messages.text, timeout=10_000)
    folder = window.live.run_folder
    assert folder is not None
    kept = load_checkpoint(folder / "last.h5")
    assert kept.state is not None
    assert window.live.model is not None
    assert np.array_equal(window.live.model.weights, kept.weights)
    window.document.insert_layer(Dense(units=3), 1)
    click(window, "Resume training")
    qtbot.waitUntil(lambda: window.live.state == "running", timeout=20_000)
    assert window.document.undo_label == "Return to the run", "the draft gives way, as one step"
    assert window.live.run_folder == folder
    assert window.live.continued_at is not None
    assert int(window.live.continued_at) == kept.state.epoch


def test_the_work_of_a_living_window_is_not_offered(window: MainWindow, qtbot: QtBot) -> None:
    with process("edit", home()):
        window.recovery.look(tell=True)
        wait_for_title(window, qtbot, "There is nothing to restore.")


def test_discarded_work_is_gone_and_closed_offers_wait(window: MainWindow, qtbot: QtBot) -> None:
    leave_behind("one")
    leave_behind("two")
    assert "1 more waits behind it." in offered(window, qtbot)
    window.messages.clear()
    offered(window, qtbot)
    click(window, "Discard")
    qtbot.waitUntil(lambda: "was not closed properly" in window.messages.title, timeout=10_000)
    assert "more" not in window.messages.text
    click(window, "Discard")
    assert files() == []


def test_a_restored_project_is_kept_on(window: MainWindow, qtbot: QtBot) -> None:
    leave_behind()
    offered(window, qtbot)
    click(window, "Restore")
    edit(window, 0.77)
    found = recovery_files.recovery_dir() / "one.json"
    qtbot.waitUntil(lambda: recovery_files.read(found)[0].project == window.document.project, timeout=5_000)
    assert files() == [".json", ".lock"], "in the file that was restored"


def test_unsaved_changes_are_asked_about_before_restoring(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_behind()
    edit(window)
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "cancel")
    offered(window, qtbot)
    before = window.document.project
    click(window, "Restore")
    assert window.document.project == before
    assert "was not closed properly" in window.messages.title


def test_a_window_that_closes_properly_leaves_nothing(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogs, "ask_unsaved", lambda *_: "discard")
    edit(window)
    qtbot.waitUntil(lambda: window.recovery.saved_at is not None, timeout=5_000)
    assert window.project_label.state.startswith("Autosaved ")
    assert files() == [".json", ".lock"]
    assert window.close()
    assert files() == []


def test_nothing_is_written_before_the_first_edit(window: MainWindow, qtbot: QtBot) -> None:
    window.document.open(spiral_project(), None)
    qtbot.wait(60)
    assert files() == []


def test_a_run_is_kept_at_once(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "DELAY_MS", 1_000_000)
    with shown_window(tmp_path) as window:
        window.document.open(spiral_project(epochs=1_000_000), None)
        window.live.train()
        qtbot.waitUntil(lambda: files() == [".json", ".lock"], timeout=20_000)
        found = next(recovery_files.recovery_dir().glob("*.json"))
        qtbot.waitUntil(lambda: recovery_files.read(found)[0].run is not None, timeout=20_000)
        assert recovery_files.read(found)[0].training


def test_a_disk_that_refuses_is_told_once_and_tried_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def refuse(*_: object) -> None:
        tries.append(1)
        raise FormatError("it can't be written", received="No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("nnstudio.experiments.runs.write_text_atomically", refuse)
        edit(window)
        wait_for_title(window, qtbot, "Your work is not being kept")
        assert "No space left on device" in window.messages.text
        window.messages.clear()
        qtbot.waitUntil(lambda: len(tries) > 2, timeout=5_000)
        assert not window.messages.title
    qtbot.waitUntil(lambda: window.recovery.saved_at is not None, timeout=5_000)


@pytest.mark.parametrize("steps", [2, 60])
def test_a_sitting_is_read_as_it_was_written(steps: int) -> None:
    written = sitting(steps)
    text = recovery_files.dumps(written)
    assert recovery_files.loads(text) == written
    assert len(text) < 4_000 + 700 * steps, "a step costs what it changes, not the whole project"


DAMAGED = (
    "",
    "[]",
    "{",
    '{"format": "nnstudio-recovery"}',
    recovery_files.dumps(sitting()).replace('"position": 2', '"position": 9'),
    recovery_files.dumps(sitting()).replace('"type": "Dense"', '"type": "Telepathy"'),
    recovery_files.dumps(sitting()).replace('"data": 0', '"data": "x"'),
)


def test_a_damaged_file_is_refused_in_words_and_set_aside(window: MainWindow, qtbot: QtBot) -> None:
    folder = recovery_files.recovery_dir()
    folder.mkdir(parents=True)
    for text in DAMAGED:
        with pytest.raises(NNStudioError):
            recovery_files.loads(text)
        (folder / "one.json").write_text(text, encoding="utf-8")
        window.messages.clear()
        window.recovery.look(tell=True)
        wait_for_title(window, qtbot, "There is nothing to restore.")
        assert files() == [".damaged"], text
        next(folder.iterdir()).unlink()
