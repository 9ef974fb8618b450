from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nnstudio.core.spec import NetworkSpec
from nnstudio.gui.stack.outline import ModelOutline
from tests.gui.stack.conftest import broken_layers, valid_layers


@pytest.fixture
def outline(qtbot):
    made = ModelOutline()
    qtbot.addWidget(made)
    made.resize(200, 600)
    made.set_network(NetworkSpec(layers=valid_layers()), "fashion")
    made.show()
    qtbot.waitExposed(made)
    return made


def test_it_lists_the_network_and_its_parameters(outline):
    assert [outline.model.report(outline.model.index(at, 0)).layer.name for at in range(5)] == [
        "input",
        "flatten",
        "dense",
        "dropout",
        "dense_1",
    ]
    assert outline._footer.text() == ("Valid", "50,890 params")


def test_a_click_and_the_arrows_select(outline, qtbot):
    where = outline.view.visualRect(outline.model.index(2, 0)).center()
    with qtbot.waitSignal(outline.selected) as chosen:
        QTest.mouseClick(outline.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert chosen.args == ["dense"]
    with qtbot.waitSignal(outline.selected) as chosen:
        QTest.keyClick(outline.view, Qt.Key.Key_Down)
    assert chosen.args == ["dropout"]


def test_selecting_from_outside_and_showing_another_network_is_silent(outline, qtbot):
    with qtbot.assertNotEmitted(outline.selected):
        outline.select("dense_1")
        assert outline.view.currentIndex().row() == 4
        outline.set_network(NetworkSpec(layers=broken_layers()))
    assert outline.model.rowCount() == 4
    assert outline._footer.text()[0] == "1 error"


def test_rows_are_28_high_and_2_apart(outline):
    first, second = (outline.view.visualRect(outline.model.index(at, 0)) for at in (0, 1))
    assert second.top() - first.top() == 30


def test_edits_are_taken_in_once_the_outline_is_shown_again(outline):
    outline.hide()
    outline.set_network(NetworkSpec(layers=valid_layers()[:3]), "shorter")
    assert outline.model.rowCount() == 5, "nobody looks"
    outline.show()
    assert outline.model.rowCount() == 3
    assert outline._footer.text()[1] == "50,240 params"
