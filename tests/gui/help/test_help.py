"""F1: what it says about layers, fields and everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.core.layer import LAYERS
from nnstudio.gui.help.popover import HelpPopover
from nnstudio.gui.help.topics import topic_of
from nnstudio.gui.main_window import MainWindow
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        made.document.open(spiral_project(), None)
        made.files.opened.emit()
        made.document.select("dense")
        yield made


def help_on(window: MainWindow, item: QWidget) -> HelpPopover:
    item.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(item, Qt.Key.Key_F1)
    found = [
        one for one in QApplication.topLevelWidgets() if isinstance(one, HelpPopover) and one.isVisible()
    ]
    assert len(found) == 1
    return found[0]


def closed(popover: HelpPopover) -> str:
    """What it says, after Escape has closed it."""
    text = popover.text()
    assert popover.accessibleDescription().split() == text.split()
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    assert not popover.isVisible()
    return text


def test_a_selected_layer_tells_formula_shapes_here_and_when_to_use_it(window: MainWindow) -> None:
    text = closed(help_on(window, window.stack.view))
    assert "z = x @ kernel + bias" in text
    assert "In 2, out 8." in text
    assert "24 parameters." in text
    assert "When to use it: on features" in text


def test_a_layer_with_a_problem_tells_it_too(window: MainWindow) -> None:
    window.document.insert_layer(LAYERS.create("Conv2D"), 1)
    text = closed(help_on(window, window.stack.view))
    assert "x[s·y + d·i − p" in text
    assert window.document.report.errors[0].message[1:].rstrip(".") in text


def test_a_number_tells_its_meaning_range_and_default(window: MainWindow) -> None:
    form = window.inspector.layer.form
    assert form is not None
    text = closed(help_on(window, form.editor("units")))
    assert "Number of outputs." in text
    assert "Use a whole number from 1 to 65536." in text
    assert "Default: 64" in text
    assert "Default" not in closed(help_on(window, form.editor("name"))), "names have none"


def test_a_choice_tells_what_the_present_one_computes(window: MainWindow) -> None:
    text = closed(help_on(window, window.inspector.training.form.editor("optimizer")))
    assert "How gradients become weight changes." in text
    assert "m ← β₁m + (1−β₁)g" in text
    form = window.inspector.layer.form
    assert form is not None
    text = closed(help_on(window, form.editor("activation")))
    assert "tanh" in text
    assert "max(0, z)" in text


def test_a_line_of_the_layer_list_tells_its_layer(window: MainWindow) -> None:
    window.layer_list.focus_search()
    QTest.keyClicks(QApplication.focusWidget(), "maxpool")
    topic = topic_of(window.layer_list.view)
    assert topic.title == "MaxPool"
    assert "max over i, j" in topic.html


def test_everything_else_tells_its_name_and_tooltip(window: MainWindow) -> None:
    button = window.toolbar.training.buttons["train"]
    popover = help_on(window, button)
    assert not popover.browser.verticalScrollBar().isVisible()
    assert "Train" in closed(popover)


def test_where_nothing_has_the_focus_the_selected_layer_is_explained(window: MainWindow) -> None:
    assert "24 parameters." in closed(help_on(window, window.centre))
    window.document.select("")
    assert "F6 goes to the next part" in closed(help_on(window, window.centre))


def test_arrows_scroll_a_long_text_and_another_key_closes_it(window: MainWindow) -> None:
    window.document.insert_layer(LAYERS.create("BatchNorm"), 1)
    popover = help_on(window, window.stack.view)
    assert popover.browser.verticalScrollBar().maximum() > 0
    QTest.keyClick(popover, Qt.Key.Key_PageDown)
    assert popover.isVisible()
    assert popover.browser.verticalScrollBar().value() > 0
    QTest.keyClick(popover, Qt.Key.Key_X)
    assert not popover.isVisible()


@pytest.mark.parametrize("name", LAYERS.names())
def test_every_layer_says_its_shapes_and_when_to_use_it(name: str) -> None:
    text = LAYERS.get(name).__doc__ or ""
    assert "Shapes:" in text
    assert "When to use it: " in text
