"""The 2-D playground, through the window: surface, points, tiles, and what can be set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.core.points_spec import PointsSpec
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.playground.look import Look
from nnstudio.gui.playground.panel import PlaygroundPanel
from nnstudio.gui.views.train.page import TrainView
from tests.gui.acting import retype
from tests.gui.windows import shown_window, spiral_project

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        made.document.open(spiral_project(epochs=40), None)
        made.files.opened.emit()
        qtbot.waitUntil(lambda: panel_of(made).surface.look is not None)
        yield made


def panel_of(window: MainWindow) -> PlaygroundPanel:
    page = window.pages.page("train")
    assert isinstance(page, TrainView)
    return page.playground


def next_look(window: MainWindow, qtbot: QtBot) -> Look:
    """The look that is taken of the present state: one under way may be of the state before."""
    panel = panel_of(window)
    looks: list[Look] = []
    panel.looked.connect(looks.append)
    panel.refresh()
    qtbot.waitUntil(lambda: bool(looks) and not panel.busy)
    panel.looked.disconnect(looks.append)
    return looks[-1]


def click(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, LEFT, pos=at if at is not None else QPoint(8, widget.height() // 2))


def points_of(window: MainWindow) -> PointsSpec:
    return window.document.project.data.points or PointsSpec()


def test_other_data_have_no_playground(window: MainWindow, qtbot: QtBot) -> None:
    assert panel_of(window).isVisible()
    assert window.inspector.points.isVisible()
    window.files.open_preset("digits-mlp")
    qtbot.waitUntil(lambda: not panel_of(window).isVisible())
    assert not window.inspector.points.isVisible()


def test_the_surface_follows_the_training_and_counts_the_hits(window: MainWindow, qtbot: QtBot) -> None:
    panel = panel_of(window)
    before = panel.surface.look
    assert before is not None
    assert before.surface is not None
    assert not before.trained
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        QTest.mouseClick(window.toolbar.training.buttons["train"], LEFT)
    qtbot.waitUntil(lambda: panel.surface.look is not None and panel.surface.look.model is window.live.model)
    after = panel.surface.look
    assert after is not None
    assert after.surface is not None
    assert after.trained
    assert not np.array_equal(after.surface, before.surface)
    test = after.groups["test"]
    assert test.wrong is not None
    prepared = window.live.prepared
    model = window.live.model
    assert prepared is not None
    assert model is not None
    told = model.evaluate(prepared.test.samples(slice(None)), prepared.test.labels)
    assert test.hits == round(told.accuracy * len(prepared.test))
    assert f"{test.hits} of 200" in panel.side.hits_text()


def test_cards_of_hidden_layers_have_a_tile_per_unit(window: MainWindow, qtbot: QtBot) -> None:
    stack = window.stack.view
    assert [stack.tiles.units(name) for name in ("input", "dense", "dense_1")] == [0, 8, 0]
    qtbot.waitUntil(lambda: len(stack.tiles.pictures("dense")) == 8)
    index = stack.cards.find("dense")
    layout = stack.geometry_.layout(index)
    assert len(layout.tiles) == 8
    assert layout.height > stack.geometry_.layout(stack.cards.find("dense_1")).height
    drawn = stack.viewport().grab().toImage()
    card = stack.geometry_.card(index)
    first = layout.tiles[0].translated(card.topLeft()).toRect().adjusted(2, 2, -2, -2)
    assert len(set(colours(drawn.copy(first)))) > 5, "a tile shows a gradient"
    window.document.set_layer_field("dense", "units", 3)
    assert stack.tiles.pictures("dense") == ()
    qtbot.waitUntil(lambda: len(stack.tiles.pictures("dense")) == 3)


def test_more_units_than_places_are_counted_in_the_last_one(window: MainWindow, qtbot: QtBot) -> None:
    window.document.set_layer_field("dense", "units", 40)
    stack = window.stack.view
    qtbot.waitUntil(lambda: len(stack.tiles.pictures("dense")) == 40)
    assert len(stack.geometry_.layout(stack.cards.find("dense")).tiles) == 16


def test_the_answer_is_told_under_the_pointer_and_under_the_keys(window: MainWindow, qtbot: QtBot) -> None:
    panel = panel_of(window)
    next_look(window, qtbot)
    centre = panel.surface.rect().center()
    QTest.mouseMove(panel.surface, centre + QPoint(10, 0))
    qtbot.waitUntil(lambda: "sure" in panel.side.answer_text())
    panel.surface.setFocus()
    QTest.keyClick(panel.surface, Qt.Key.Key_Left)
    moved = panel.side.answer_text()
    QTest.keyClick(panel.surface, Qt.Key.Key_Left)
    assert panel.side.answer_text() != moved


def test_points_can_be_hidden_and_only_the_class_shown(window: MainWindow, qtbot: QtBot) -> None:
    panel = panel_of(window)
    next_look(window, qtbot)
    panel.mode.setFocus()
    QTest.keyClick(panel.mode, Qt.Key.Key_Right)
    for box in (panel.side.train, panel.side.held):
        click(box)
    assert not panel.surface.shown.train
    assert not panel.surface.shown.held
    assert panel.surface.shown.classes
    picture = panel.surface.grab().toImage()
    inside = picture.copy(picture.rect().adjusted(3, 3, -3, -3))
    counted = Counter(colours(inside, every=10))
    share = sum(number for _, number in counted.most_common(2)) / counted.total()
    assert share > 0.9, "two colours, and a few in between at the border"


def test_lines_of_the_hidden_units_are_worked_out_when_wanted(window: MainWindow, qtbot: QtBot) -> None:
    panel = panel_of(window)
    assert next_look(window, qtbot).lines is None
    click(panel.side.lines)
    lines = next_look(window, qtbot).lines
    assert lines is not None
    assert lines.any()


def test_another_set_is_one_click_and_one_undo_step(window: MainWindow, qtbot: QtBot) -> None:
    click(window.inspector.points.sets["xor"], QPoint(20, 20))
    assert window.document.project.data.source == "xor"
    look = next_look(window, qtbot)
    assert {name: len(group.labels) for name, group in look.groups.items()} == {
        "train": 360,
        "validation": 40,
        "test": 200,
    }
    window.document.undo()
    assert window.document.project.data.source == "spiral"


def test_noise_and_number_of_points_are_set_in_the_inspector(window: MainWindow, qtbot: QtBot) -> None:
    section = window.inspector.points
    section.noise.setFocus()
    for _ in range(3):
        QTest.keyClick(section.noise, Qt.Key.Key_Right)
    assert points_of(window).noise == pytest.approx(0.06)
    retype(section.form.editor("points"), "100", enter=True)
    assert points_of(window).points == 100
    assert sum(len(group.labels) for group in next_look(window, qtbot).groups.values()) == 100
    assert window.status.counts == "Train 60 · Val 7 · Test 33"
    window.document.undo()
    assert points_of(window).points == 600
    window.document.undo()
    assert window.document.project.data.points is None, "three presses of a key within a second are one step"


def test_inputs_change_the_input_layer_and_the_last_one_stays(window: MainWindow, qtbot: QtBot) -> None:
    section = window.inspector.points
    click(section.inputs["xy"])
    assert window.document.network.input_shape == (3,)
    assert window.document.report.ok
    look = next_look(window, qtbot)
    assert look.model is not None
    assert look.model.network.input_shape == (3,)
    window.document.undo()
    assert window.document.network.input_shape == (2,)
    click(section.inputs["x"])
    click(section.inputs["y"])
    assert points_of(window).inputs == ("y",)
    assert section.inputs["y"].isChecked()


def test_the_recipe_of_the_points_is_locked_during_a_run(window: MainWindow, qtbot: QtBot) -> None:
    window.live.step_batch()
    qtbot.waitUntil(lambda: window.live.paused)
    section = window.inspector.points
    assert not section.noise.isEnabled()
    assert not section.sets["moons"].isEnabled()
    click(section.sets["moons"], QPoint(20, 20))
    assert window.document.project.data.source == "spiral"
    window.live.stop()
    qtbot.waitUntil(lambda: section.noise.isEnabled())


def test_an_edited_network_shows_its_own_initial_weights_once_the_run_is_over(
    window: MainWindow, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.live.train()
    assert next_look(window, qtbot).trained
    window.document.set_layer_field("dense", "units", 5)
    assert not next_look(window, qtbot).trained
    window.document.undo()
    assert next_look(window, qtbot).trained


def test_a_network_that_cannot_answer_leaves_the_points(window: MainWindow, qtbot: QtBot) -> None:
    window.document.apply_network("Break", window.document.network.remove("dense_1"))
    look = next_look(window, qtbot)
    assert look.surface is None
    assert set(look.groups) == {"train", "validation", "test"}
    assert panel_of(window).subtitle() == "the network can't answer yet"


def colours(image: QImage, every: int = 1) -> list[int]:
    across, down = range(0, image.width(), every), range(0, image.height(), every)
    return [image.pixel(x, y) for x in across for y in down]


def test_a_tile_tells_whose_responses_it_shows(window: MainWindow, qtbot: QtBot) -> None:
    stack = window.stack.view
    index = stack.cards.find("dense")
    tile = stack.geometry_.layout(index).tiles[2].translated(stack.geometry_.card(index).topLeft())
    spot = tile.center().toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, spot, stack.viewport().mapToGlobal(spot))
    QApplication.sendEvent(stack.viewport(), event)
    qtbot.waitUntil(lambda: QToolTip.text().startswith("Unit 3 of dense"))
    QToolTip.hideText()
