"""The training and the data recipe in the inspector: schedule preview, augmentation, folding."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.augmentation_spec import Flip, Rotation
from tests.gui.acting import focused, pick, state
from tests.gui.test_inspector import Inspected

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def inspected(qtbot: QtBot) -> Inspected:
    return Inspected(qtbot, height=1200)


def test_a_schedule_is_chosen_and_its_curve_shown_beside_it(inspected: Inspected) -> None:
    preview = inspected.panel.training.preview
    assert not preview.isVisible(), "a constant rate needs no curve"
    pick(inspected.training("schedule"), "Cosine")
    assert preview.isVisible()
    places, rates = zip(*preview.points(), strict=True)
    assert (places[0], rates[0]) == (0, pytest.approx(0.001))
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates))
    assert inspected.document.undo_label == "Set schedule"
    assert preview.geometry().left() > inspected.training("schedule").geometry().right()
    inspected.document.undo()
    assert not preview.isVisible()


def test_the_curve_marks_the_epoch_of_the_run(inspected: Inspected) -> None:
    pick(inspected.training("schedule"), "Cosine")
    preview = inspected.panel.training.preview
    plain = preview.grab().toImage()
    inspected.panel.set_running(7)
    assert preview.grab().toImage() != plain


def test_a_schedules_own_settings_follow_below_it(inspected: Inspected) -> None:
    pick(inspected.training("schedule"), "Step")
    nested = inspected.panel.training.form.nested("schedule")
    assert nested is not None
    QTest.keyClick(focused(nested.editor("every")), Key.Key_Up)
    assert inspected.train.schedule.every == 6


def unfold(inspected: Inspected) -> None:
    data = inspected.panel.data
    QTest.mouseClick(data.head.button, LEFT)
    QTest.mouseClick(data.augmentation_head.button, LEFT)


def test_augmentation_is_folded_inside_the_data_section_and_summed_up(inspected: Inspected) -> None:
    data = inspected.panel.data
    assert not data.augmentation_head.isVisible()
    QTest.mouseClick(data.head.button, LEFT)
    assert data.augmentation_head.isVisible()
    assert data.augmentation_head.summary() == "off"
    assert not data.augmentation.isVisible()
    QTest.mouseClick(data.augmentation_head.button, LEFT)
    pick(data.augmentation.editor("horizontal_flip"), "on")
    pick(data.augmentation.editor("rotation"), "on")
    recipe = inspected.document.project.data.augmentation
    assert (recipe.horizontal_flip, recipe.rotation) == (Flip(), Rotation())
    assert data.augmentation_head.summary() == "horizontal flip, rotation"
    inspected.document.undo()
    assert data.augmentation_head.summary() == "horizontal flip"


def test_a_run_locks_the_data_recipe_with_its_augmentation(inspected: Inspected) -> None:
    unfold(inspected)
    inspected.panel.set_running(1)
    data = inspected.panel.data
    for widget in (data.form.editor("fraction"), data.augmentation.editor("zoom")):
        assert state(widget) == "locked"
    inspected.panel.set_running(None)
    assert state(data.augmentation.editor("zoom")) == ""
