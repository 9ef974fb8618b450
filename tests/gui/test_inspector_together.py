"""Several layers of one kind are set together."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from tests.gui.acting import retype
from tests.gui.test_inspector import Inspected

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def inspected(qtbot: QtBot) -> Inspected:
    made = Inspected(qtbot)
    made.document.select_many(["dense", "dense_1"], "dense")
    return made


def units(inspected: Inspected) -> list[int]:
    return [layer.units for layer in inspected.document.network.layers if layer.type_name() == "Dense"]


def test_a_value_is_given_to_all_selected_layers_in_one_step(inspected: Inspected) -> None:
    assert inspected.panel.header.accessibleName() == "Dense 2 layers"
    assert "A change applies to all 2 layers." in inspected.shown_text()
    retype(inspected.layer("units"), "32")
    assert units(inspected) == [32, 32]
    inspected.document.undo()
    assert units(inspected) == [64, 10]


def test_fields_that_differ_are_marked(inspected: Inspected) -> None:
    text = inspected.shown_text()
    assert "Units ≠" in text
    assert "Initialiser ≠" not in text
    assert "different values" in inspected.layer("units").toolTip()
    inspected.document.select("dense")
    assert "≠" not in inspected.shown_text()
    assert "different values" not in inspected.layer("units").toolTip()


def test_the_name_is_nobodys_to_share(inspected: Inspected) -> None:
    assert not inspected.layer("name").isVisible()
    inspected.document.select("dense")
    assert inspected.layer("name").isVisible()


def test_a_box_that_is_ticked_for_some_is_half_ticked_and_a_click_ticks_all(inspected: Inspected) -> None:
    inspected.document.set_layer_field("dense", "frozen", True)
    box = inspected.layer("frozen")
    assert isinstance(box, QCheckBox)
    assert box.checkState() == Qt.CheckState.PartiallyChecked
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert all(inspected.document.network.layer(name).frozen for name in ("dense", "dense_1"))
    assert box.checkState() == Qt.CheckState.Checked


def test_a_refused_value_changes_none(inspected: Inspected) -> None:
    before = inspected.document.project
    retype(inspected.layer("units"), "0")
    assert inspected.document.project == before


def test_layers_of_several_kinds_have_no_settings_together(inspected: Inspected) -> None:
    inspected.document.select_many(["dense", "dropout"], "dense")
    assert "2 layers of several kinds are selected" in inspected.shown_text()
    inspected.document.select("")
    assert "Select a layer to see and change its settings." in inspected.shown_text()
