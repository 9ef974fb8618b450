"""Layers go from one window to another, and to and from text, with two real processes on one screen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.layers import Dense, Dropout, Input
from tests.gui.virtual_screen import Keys, application, screen, skip_without_screen, wait_for

TEXT_OF_CLIPBOARD = """
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
print(app.clipboard().text())
"""
PUT_ON_CLIPBOARD = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
app.clipboard().setText(sys.argv[1])
QTimer.singleShot(0, lambda: print("there", flush=True))
app.exec()
"""


def project(folder: Path, name: str, *layers: Dense | Dropout) -> Path:
    """A file with a small network."""
    network = NetworkSpec(
        layers=(Input(shape=(2,)), *layers, Dense(units=2, activation="softmax", name="out"))
    )
    made = ProjectSpec.build({"name": name, "data": {"source": "spiral"}}).replace(network=network)
    folder.mkdir()
    file = folder / f"{name}.nnstudio"
    file.write_text(made.dumps(), encoding="utf-8")
    return file


def kinds(file: Path) -> list[str]:
    return [layer["type"] for layer in json.loads(file.read_text(encoding="utf-8"))["network"]["layers"]]


@pytest.mark.xvfb
@pytest.mark.timeout(300)
def test_layers_are_copied_from_one_window_into_another_and_as_text(tmp_path: Path) -> None:
    skip_without_screen()
    source = project(tmp_path / "one", "giver", Dropout(rate=0.4), Dense(units=7))
    target = project(tmp_path / "two", "taker")
    with (
        screen() as environment,
        application(environment, source.parent, source),
        application(environment, target.parent, target),
    ):
        keys = Keys(environment)
        keys.wait_for_window("giver")
        keys.wait_for_window("taker")
        keys.front("giver")
        keys.press("shift+F6", "Home", "Down", "shift+Down", "ctrl+c")
        copied = text_of_clipboard(environment)
        assert [layer["type"] for layer in json.loads(copied)] == ["Dropout", "Dense"]
        keys.front("taker")
        keys.press("shift+F6", "Home", "ctrl+v", "ctrl+s")
        wait_for(lambda: kinds(target) == ["Input", "Dropout", "Dense", "Dense"], 20, "what was pasted")
        assert json.loads(target.read_text())["network"]["layers"][2]["units"] == 7
        with from_text(environment, '{"type": "Dense", "units": 3}') as owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == "there\n"
            keys.press("ctrl+v", "ctrl+s")
            wait_for(lambda: len(kinds(target)) == 5, 20, "what was written as text")
            owner.kill()
        assert 3 in [layer.get("units") for layer in json.loads(target.read_text())["network"]["layers"]]


def text_of_clipboard(environment: dict[str, str]) -> str:
    """What another program would paste."""
    command = [sys.executable, "-c", TEXT_OF_CLIPBOARD]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


def from_text(environment: dict[str, str], text: str) -> subprocess.Popen[str]:
    """Another program from which a text was copied; it has to live for as long as it is pasted."""
    command = [sys.executable, "-c", PUT_ON_CLIPBOARD, text]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
