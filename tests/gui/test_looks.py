"""Nothing is cut off, in the way, nameless or faint, in any state of any page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.main_window import MainWindow
from tests.gui import looks
from tests.gui.screenshots import dressed
from tests.gui.states import STATES, State, let_pass, wait_until
from tests.gui.windows import shown_window

LARGE = ("light", "Inter", 1440, 900)
SMALL = ("dark", "DejaVu Sans", 1280, 720)  # the smallest window and the widest common font


@pytest.mark.timeout(400)  # all pages one after the other, some of them with a run
@pytest.mark.parametrize("look", [LARGE, SMALL], ids=["large-light", "small-dark"])
def test_every_page_looks_right_in_every_state(tmp_path: Path, look: tuple[str, str, int, int]) -> None:
    mode, font, wide, high = look
    if not QFontDatabase.hasFamily(font):
        pytest.skip(f"{font} is not installed")
    found = []
    with dressed(mode, font), shown_window(tmp_path, wide, high) as window:
        for name, reach in STATES.items():
            shown = reached(window, name, reach)
            found += [f"{name}: {finding}" for finding in looks.findings(shown)]
            if shown is not window:
                shown.close()
                let_pass(1)
    assert not found, "\n".join(found)


def reached(window: MainWindow, name: str, reach: State) -> QWidget:
    """One window goes through all states, as a person's does."""
    if window.live.running:
        window.live.stop()
        wait_until(lambda: not window.live.running)
    if name != "offer":
        window.messages.clear()
    shown = reach(window)
    settle(shown)
    return shown


def settle(top: QWidget) -> None:
    """Waits until nothing in a window changes its place any more."""
    before: list[QRect] = []
    for _ in range(50):
        let_pass(40)
        places = [widget.geometry() for widget in looks.seen(top)]
        if places == before:
            return
        before = places


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    """A label and a button side by side, with nothing wrong."""
    widget = QWidget()
    qtbot.addWidget(widget)
    layout = QHBoxLayout(widget)
    layout.addWidget(QLabel("a caption of some length"))
    layout.addWidget(QPushButton("Do it"))
    widget.resize(400, 60)
    widget.show()
    assert looks.findings(widget) == []
    return widget


def test_cut_text_is_found_unless_a_tooltip_tells_it(row: QWidget) -> None:
    label = row.findChild(QLabel)
    label.setFixedWidth(40)
    let_pass(1)
    assert [finding.split(":")[0] for finding in looks.cut_off(row)] == ["cut off"]
    label.setToolTip(label.text())
    assert looks.cut_off(row) == []


def test_overlapping_siblings_are_found(row: QWidget) -> None:
    row.layout().removeWidget(row.findChild(QPushButton))
    row.findChild(QPushButton).move(row.findChild(QLabel).pos())
    assert "overlapping" in looks.overlaps(row)[0]


def test_a_nameless_widget_is_found(row: QWidget) -> None:
    button = row.findChild(QPushButton)
    button.setText("")
    assert "no accessible name" in looks.nameless(row)[0]
    button.setAccessibleName("Do it")
    assert looks.nameless(row) == []


def test_faint_text_is_found(row: QWidget) -> None:
    row.findChild(QLabel).setStyleSheet("color: #9AA0A8")
    let_pass(1)
    assert "faint" in looks.faint(row)[0]
