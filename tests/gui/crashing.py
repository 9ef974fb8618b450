"""A window in a process of its own, for tests that kill it: ``python -m tests.gui.crashing WHAT``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = 200  # milliseconds from an edit to its saving, so that a test needn't wait long


def edit_and_wait() -> None:
    """Three edits, one of them undone; says so once they are kept."""
    from tests.gui.windows import spiral_project

    window = _window()
    window.document.open(spiral_project(), None)
    window.files.opened.emit()
    for rate in (0.1, 0.2, 0.3):
        project = window.document.project
        window.document.apply(f"Set rate {rate}", project.replace(train=_train(project, learning_rate=rate)))
    window.document.undo()
    window.recovery.kept.connect(lambda: window.recovery.saved_at and print("kept", flush=True))
    _stay()


def train_and_wait() -> None:
    """A long run behind one edit; says so once the run is saved too."""
    from PySide6.QtCore import QTimer

    from nnstudio.experiments import runs
    from tests.gui.runs import ENDLESS
    from tests.gui.windows import spiral_project

    runs.SAVE_SECONDS = 0.1
    window = _window()
    window.document.open(spiral_project(), None)
    window.files.opened.emit()
    project = window.document.project
    window.document.apply("Set epochs", project.replace(train=_train(project, epochs=ENDLESS)))
    window.start_training()

    def look() -> None:
        folder = window.live.run_folder
        if window.recovery.saved_at and folder and (folder / "last.h5").exists():
            print("kept", flush=True)
            timer.stop()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(20)
    _stay()


def hold_and_wait() -> None:
    """A window with a project's file open."""
    window = _window()
    window.files.opened.connect(lambda: print("kept", flush=True))
    window.open_any(Path(sys.argv[2]))
    _stay()


@contextmanager
def process(what: str, home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A window that does something and waits; it is killed at the end, if it wasn't before."""
    environment = os.environ | {
        "NNSTUDIO_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.gui.crashing", what, *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT) as made:
        try:
            assert made.stdout is not None
            assert made.stdout.readline() == "kept\n"
            yield made
        finally:
            made.send_signal(signal.SIGKILL)


def _window():  # type: ignore[no-untyped-def]
    from nnstudio.gui.app import make_application
    from nnstudio.gui.main_window import MainWindow
    from nnstudio.gui.project import autosave
    from nnstudio.gui.theme import theme

    autosave.DELAY_MS = KEPT
    theme().apply(make_application(["nnstudio"]))
    window = MainWindow()
    window.show()
    return window


def _train(project, **changes):  # type: ignore[no-untyped-def]
    return project.train.replace(**changes)


def _stay() -> None:
    from PySide6.QtWidgets import QApplication

    QApplication.exec()


if __name__ == "__main__":
    {"edit": edit_and_wait, "train": train_and_wait, "hold": hold_and_wait}[sys.argv[1]]()
