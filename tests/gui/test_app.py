"""Starting the application, and living on after an unexpected error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.gui.app import Excepthook, make_application
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.widgets.buttons import Button
from tests.gui.windows import shown_window, spiral_project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


def start(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "NNSTUDIO_TIMING": "exit",
        "NNSTUDIO_HOME": str(tmp_path),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-W", "error", "-m", "nnstudio", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_says_how_long_it_took_and_ends_well(tmp_path: Path) -> None:
    result = start(tmp_path)
    assert result.returncode == 0, result.stderr
    assert [line[:24].strip() for line in result.stderr.splitlines()] == [
        "modules imported",
        "application and theme",
        "window made",
        "window painted",
        "usable",
    ]


def test_a_file_on_the_command_line_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "spiral.nnstudio"
    path.write_text(spiral_project().dumps(), encoding="utf-8")
    assert start(tmp_path, str(path)).returncode == 0


def test_pyqtgraph_and_the_pages_wait_until_they_are_needed(tmp_path: Path) -> None:
    code = (
        "import sys, nnstudio.gui.app\n"
        "late = ('pyqtgraph', 'h5py', 'nnstudio.gui.views.evaluate', 'nnstudio.gui.views.predict')\n"
        "print([name for name in late if name in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def test_the_application_has_its_names_and_icon(qapp: QApplication) -> None:
    before = qapp.applicationName()
    try:
        app = make_application(["nnstudio"])
        assert app is qapp
        assert app.applicationName() == "NNStudio"
        assert app.desktopFileName() == "nnstudio"
        assert not app.windowIcon().isNull()
    finally:
        qapp.setApplicationName(before)


def test_an_unexpected_error_is_told_in_the_window(
    window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ZeroDivisionError("a mistake of ours")
    except ZeroDivisionError as error:
        Excepthook(window)(type(error), error, error.__traceback__)
    assert window.messages.title.startswith("Something in NNStudio went wrong.")
    assert "a mistake of ours" in window.messages.text
    assert "Traceback" in capsys.readouterr().err
    copy = next(button for button in window.messages.findChildren(Button) if button.text() == "Copy details")
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert "ZeroDivisionError: a mistake of ours" in QApplication.clipboard().text()
    assert copy.text() == "Copied"
