"""Makes a main window for a test and takes it down again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtTest import QTest

from nnstudio.core.spec import ProjectSpec
from nnstudio.gui.background import shut_down_background
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.shell.settings import Settings


@contextmanager
def shown_window(
    folder: Path, width: int = 1440, height: int = 900, *, measuring: bool = False
) -> Iterator[MainWindow]:
    """A window with settings of its own; at the end everything in it is stopped and deleted.

    Args:
        folder: Where its settings are.
        width: Its width.
        height: Its height.
        measuring: It times the steps of projects in the background, as it does for a user.
    """
    settings = Settings(folder / "settings.ini")
    settings.set("measure/speed", measuring)
    window = MainWindow(settings)
    window.resize(width, height)
    window.show()
    QTest.qWaitForWindowExposed(window)
    try:
        yield window
    finally:
        window.experiments.shut_down()
        window.files.shut_down()
        window.datasets.cancel_download()
        shut_down_background()
        window.hide()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def spiral_project(epochs: int = 3, units: int = 8) -> ProjectSpec:
    """Something that trains in a moment."""
    layers = [
        {"type": "Input", "shape": [2]},
        {"type": "Dense", "units": units, "activation": "tanh"},
        {"type": "Dense", "units": 2, "activation": "softmax"},
    ]
    return ProjectSpec.build(
        {
            "name": "spiral",
            "network": {"layers": layers},
            "data": {"source": "spiral"},
            "train": {"epochs": epochs},
        }
    )
