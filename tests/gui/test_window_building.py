"""Building a network in the whole window: the parts work together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.gui.main_window import MainWindow
from tests.gui.windows import shown_window

KEY, MOD = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


def press(key: Qt.Key, keys: Qt.KeyboardModifier = MOD.NoModifier) -> None:
    """Presses a key in whatever has the focus."""
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, keys)


def type_(text: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)


def test_a_preset_from_the_layer_list_is_one_step_of_the_open_project(window: MainWindow) -> None:
    window.document.apply("Rename project", window.document.project.replace(name="mine"))
    before = window.document.project
    window.layer_list.preset_chosen.emit("spiral-mlp")
    after = window.document.project
    assert after.name == "mine"
    assert after.data.source == "spiral"
    assert window.document.undo_label == "Use preset Spiral playground"
    window.document.undo()
    assert window.document.project == before


def test_a_residual_network_is_built_with_the_keyboard_alone(window: MainWindow) -> None:
    window.activateWindow()
    for word in ("conv", "batch norm", "relu", "flatten", "fc"):
        press(KEY.Key_K, MOD.ControlModifier)
        type_(word)
        press(KEY.Key_Return)
    press(KEY.Key_Escape)
    assert window.stack.view.hasFocus()
    kinds = [layer.type_name() for layer in window.document.network.layers]
    assert kinds == ["Input", "Conv2D", "BatchNorm", "Activation", "Flatten", "Dense"]
    window.document.select("conv2d")
    press(KEY.Key_Down, MOD.ShiftModifier)
    press(KEY.Key_Down, MOD.ShiftModifier)
    press(KEY.Key_G, MOD.ControlModifier)
    assert [layer.name for layer in window.document.network.layers][1] == "residual"
    press(KEY.Key_Right)
    assert window.document.selection == "conv2d"
    press(KEY.Key_Return)
    assert window.inspector.isAncestorOf(QApplication.focusWidget())
    press(KEY.Key_Escape)
    press(KEY.Key_F8)
    press(KEY.Key_Period, MOD.ControlModifier)
    press(KEY.Key_F8)
    press(KEY.Key_Period, MOD.ControlModifier)
    assert window.document.report.ok
