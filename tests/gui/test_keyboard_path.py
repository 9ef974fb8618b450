"""From start to exported file without a mouse: off screen with Qt's events, and on a virtual screen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.gui.main_window import MainWindow
from tests.gui.virtual_screen import Keys, application, screen, skip_without_screen, wait_for
from tests.gui.windows import shown_window

KEY = Qt.Key
CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        made.activateWindow()
        yield made


def press(key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
    """A key on whatever has the focus, as a keyboard sends it."""
    focused = QApplication.focusWidget()
    assert focused is not None, "the keyboard reaches nothing"
    QTest.keyClick(focused, key, keys)


def write(text: str) -> None:
    QTest.keyClicks(QApplication.focusWidget(), text)


def names(window: MainWindow) -> list[str]:
    return [layer.name for layer in window.document.network.layers]


def test_a_model_is_made_trained_looked_at_and_exported_by_keyboard(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(KEY.Key_N, CTRL)
    press(KEY.Key_Return)  # the first preset
    assert names(window)[:3] == ["input", "flatten", "dropout"]
    build(window)
    press(KEY.Key_F5)
    qtbot.waitUntil(lambda: bool(window.live.records), timeout=60_000)
    evaluate_and_predict(window, qtbot)
    target = tmp_path / "by-keyboard.h5"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    press(KEY.Key_E, CTRL)
    qtbot.waitUntil(target.exists, timeout=20_000)
    press(KEY.Key_F5, SHIFT)
    qtbot.waitUntil(lambda: not window.live.running, timeout=20_000)
    exported = load_checkpoint(target)
    assert "conv2d" in [layer.name for layer in exported.project.network.layers]


def build(window: MainWindow) -> None:
    """Inserts a layer, moves it, sets it, breaks the stack and mends it."""
    press(KEY.Key_K, CTRL)
    write("conv2")
    press(KEY.Key_Return)
    press(KEY.Key_Escape)
    press(KEY.Key_Escape)  # the first one clears the search
    assert QApplication.focusWidget() is window.stack.view
    assert names(window)[1:3] == ["flatten", "conv2d"]
    assert not window.document.report.ok, "a convolution behind Flatten"
    press(KEY.Key_Up, ALT)
    assert names(window)[1:3] == ["conv2d", "flatten"]
    press(KEY.Key_Return)
    write_into("Filters", "3")
    press(KEY.Key_Escape)
    assert window.document.network.layer("conv2d").filters == 3  # type: ignore[attr-defined]
    press(KEY.Key_Down)
    press(KEY.Key_Delete)
    press(KEY.Key_F8)
    assert not window.document.report.ok
    press(KEY.Key_Period, CTRL)
    assert window.document.report.ok, "Flatten is back"


def write_into(field: str, text: str) -> None:
    """Tabs to a field of the inspector and types."""
    for _ in range(20):
        focused = QApplication.focusWidget()
        if focused.accessibleName() == field:
            press(KEY.Key_A, CTRL)
            write(text)
            return
        press(KEY.Key_Tab)
    raise AssertionError(f"Tab never comes to {field}")


def evaluate_and_predict(window: MainWindow, qtbot: QtBot) -> None:
    """Goes to the matrix, looks into a cell, and pastes a picture to be predicted."""
    press(KEY.Key_2, CTRL)
    page: Any = window.pages.page("evaluate")
    qtbot.waitUntil(lambda: page.result is not None, timeout=60_000)
    press(KEY.Key_Down)
    press(KEY.Key_Right)
    press(KEY.Key_Return)
    assert (page.table.currentIndex().row(), page.table.currentIndex().column()) == (1, 1)
    QApplication.clipboard().setImage(a_one())
    press(KEY.Key_3, CTRL)
    press(KEY.Key_V, CTRL)
    view: Any = window.pages.page("predict")
    qtbot.waitUntil(lambda: bool(view.prediction.big.name), timeout=30_000)


def a_one() -> QImage:
    """A stroke on paper."""
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setPen(QPen(QColor("black"), 6))
    painter.drawLine(34, 10, 30, 54)
    painter.end()
    return image


# On a virtual screen, as a person's keyboard does it


@pytest.mark.xvfb
@pytest.mark.timeout(300)
def test_the_application_is_driven_from_start_to_exported_file_by_xdotool(tmp_path: Path) -> None:
    skip_without_screen()
    target = tmp_path / "by-keyboard.h5"
    with screen() as environment, application(environment, tmp_path):
        keys = Keys(environment)
        keys.wait_for_window("untitled")
        drive(keys, tmp_path, target)
    layers = load_checkpoint(target).project.network.layers
    assert [layer.name for layer in layers[1:3]] == ["conv2d", "dropout"]
    assert layers[1].filters == 2  # type: ignore[attr-defined]


def drive(keys: Keys, folder: Path, target: Path) -> None:
    """The path of the test above."""
    keys.press("Return")
    keys.wait_for_window("digits-mlp")
    keys.press("ctrl+k")
    keys.write("conv2")
    keys.press("Return", "Escape", "Escape", "alt+Up", "Return", "ctrl+a")
    keys.write("2")
    keys.press("Escape", "Down", "Delete", "F8", "ctrl+period", "F5")
    runs = folder / "home" / "runs"
    wait_for(lambda: any(runs.glob("*/project.json")), 120, "a run")
    time.sleep(3)  # for its first batches
    keys.press("ctrl+2")
    time.sleep(4)  # until the matrix is there
    keys.press("Down", "Right", "Return", "ctrl+3")
    time.sleep(1)
    keys.press("ctrl+v")
    keys.press("ctrl+e")
    keys.wait_for_window("Export model")
    keys.press("ctrl+a")
    keys.write(str(target))
    keys.press("Return")
    wait_for(target.exists, 30, "the file")
    keys.press("shift+F5")
