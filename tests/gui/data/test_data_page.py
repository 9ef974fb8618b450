"""The Data page: figures, classes, samples and their corrections, worked with mouse and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.catalog import forget_loaded
from nnstudio.data.prepare import prepare
from nnstudio.gui.data.page import HINT, DataView
from nnstudio.gui.data.sample_grid import SAMPLE_ROLE
from nnstudio.gui.data.summary import Summary
from nnstudio.gui.main_window import MainWindow
from tests.gui.acting import pick
from tests.gui.data.conftest import data_page, settled, shown_data

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow, images: Path) -> DataView:
    return shown_data(qtbot, window, images, validation=0.2)


def click_cell(page: DataView, row: int, column: int) -> None:
    grid = page.samples.grid
    index = grid.samples.index(row, column)
    QTest.mouseClick(grid.viewport(), LEFT, pos=grid.visualRect(index).center())


def test_the_strip_tells_what_the_recipe_leaves(page: DataView) -> None:
    strip = page.strip
    assert [strip.value(key) for key in ("train", "validation", "test", "shape")] == [
        "72",
        "18",
        "30",
        "8×8×1",
    ]
    train = page.source.summary.prepared.train
    values = train.samples(slice(None)).astype(np.float64) / 255
    assert strip.value("mean") == f"{values.mean():.3f}, {values.std():.3f}"


def test_the_tab_and_its_key_bring_the_page_and_its_panels(window: MainWindow) -> None:
    window.actions_["page_data"].trigger()
    assert window.tabs.page == "data"
    assert window.data.datasets.isVisible()
    assert window.data.preparation.isVisible()
    assert not window.stack.isVisible()
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert not window.data.datasets.isVisible()
    QTest.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    assert window.tabs.page == "data"
    assert window.status._hint.text() == HINT


@pytest.mark.parametrize("by_mouse", [True, False])
def test_the_page_takes_the_focus_once_it_is_read_and_shows_it_to_keys_only(
    qtbot: QtBot, window: MainWindow, images: Path, by_mouse: bool
) -> None:
    window.document.open(ProjectSpec.build({"name": "own", "data": {"source": str(images)}}), None)
    window.files.opened.emit()
    window.activateWindow()
    bar = window.tabs.findChild(QTabBar)
    if by_mouse:
        at = next(bar.tabRect(i).center() for i in range(bar.count()) if bar.tabText(i) == "Data")
        QTest.mouseClick(bar, LEFT, pos=at)
    else:
        QTest.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    page = window.pages.page("data")
    settled(qtbot, page)
    grid = page.samples.grid
    assert window.focusWidget() is grid
    assert not window.ring.isVisible(), "the grid frames its current sample itself"
    assert grid.currentIndex().isValid() is not by_mouse
    assert page.samples.sheet.isHidden(), "nothing was chosen"
    QTest.keyClick(grid, Qt.Key.Key_Right)
    assert not page.samples.sheet.isHidden()


def test_a_sheet_that_was_closed_stays_closed_until_its_sample_is_pressed_again(page: DataView) -> None:
    click_cell(page, 1, 0)
    QTest.mouseClick(page.samples.sheet.close_button, LEFT)
    page.samples.look_again()
    assert page.samples.sheet.isHidden()
    click_cell(page, 1, 0)
    assert not page.samples.sheet.isHidden()


def test_a_class_is_chosen_in_the_chart_by_mouse_and_keys(page: DataView) -> None:
    chart = page.classes.chart
    QTest.mouseClick(chart, LEFT, pos=chart.group(1).center())
    assert page.samples.which.currentText() == "1"
    labels = {sample.label for sample in shown_samples(page)}
    assert labels == {1}
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription() == "2: Train 24, Val 6, Test 9"
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert page.samples.which.currentText() == "2"


def shown_samples(page: DataView) -> list:
    model = page.samples.grid.samples
    cells = [model.index(i, j) for i in range(model.rowCount()) for j in range(model.columnCount())]
    return [index.data(SAMPLE_ROLE) for index in cells if index.data(SAMPLE_ROLE) is not None]


def test_the_grid_has_a_line_for_each_class_and_shows_others_on_request(page: DataView) -> None:
    grid = page.samples.grid
    model = grid.samples
    assert model.rowCount() == 3
    for row in range(3):
        assert {model.index(row, j).data(SAMPLE_ROLE).label for j in range(5)} == {row}
    before = [sample.place for sample in shown_samples(page)]
    QTest.mouseClick(page.samples.shuffle, LEFT)
    after = [sample.place for sample in shown_samples(page)]
    assert before != after
    assert len(after) == len(before)


def test_a_sample_opens_large_with_its_numbers(page: DataView, qtbot: QtBot) -> None:
    click_cell(page, 1, 2)
    sheet = page.samples.sheet
    assert sheet.isVisible()
    sample = page.samples.grid.samples.index(1, 2).data(SAMPLE_ROLE)
    assert sheet.name.full_text() == sample.name
    area = sheet.picture.target()
    assert area.width() % 8 == 0
    at = QPoint(area.left() + area.width() * 3 // 8 + 1, area.top() + area.height() * 5 // 8 + 1)
    QTest.mouseMove(sheet.picture, at)
    assert sheet.facts.text() == f"Row 5, column 3: {int(sample.values[5, 3, 0])}"
    QTest.keyClick(sheet.view, Qt.Key.Key_Right)
    values = sheet.table.values
    assert sheet.table.isVisible()
    assert int(values.data(values.index(7, 6))) == int(sample.values[7, 6, 0])
    page.samples.grid.setFocus()
    QTest.keyClick(page.samples.grid, Qt.Key.Key_Right)
    assert sheet.name.full_text() == page.samples.grid.samples.index(1, 3).data(SAMPLE_ROLE).name
    QTest.keyClick(page.samples.grid, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_a_label_is_corrected_in_the_recipe_and_undone(
    page: DataView, window: MainWindow, qtbot: QtBot, images: Path
) -> None:
    before = images.read_bytes()
    click_cell(page, 0, 1)
    sample = page.samples.sheet.sample
    pick(page.samples.sheet.label, "2")
    settled(qtbot, page)
    recipe = window.document.project.data
    assert [(one.part, one.row, one.label) for one in recipe.corrections] == [(*sample.place, "2")]
    assert window.document.undo_label == "Label a sample 2"
    prepared = prepare(recipe)
    row = sample.place[1]
    assert int(prepared.train.y[row]) == 2
    assert images.read_bytes() == before
    page.samples.choose("corrected")
    assert [one.relabelled for one in shown_samples(page)] == [True]
    window.document.undo()
    settled(qtbot, page)
    assert window.document.project.data.corrections == ()
    assert "Corrected" not in page.samples.which.itemText(page.samples.which.count() - 1)


def test_an_image_is_left_out_and_taken_back_in(page: DataView, window: MainWindow, qtbot: QtBot) -> None:
    click_cell(page, 2, 0)
    sample = page.samples.sheet.sample
    QTest.mouseClick(page.samples.sheet.left_out_box, LEFT, pos=QPoint(8, 12))
    settled(qtbot, page)
    assert page.strip.value("train") == "71"
    assert sample.place not in [one.place for one in shown_samples(page)]
    page.samples.choose("corrected")
    click_cell(page, 0, 0)
    sheet = page.samples.sheet
    assert sheet.left_out_box.isChecked()
    assert "No run sees this sample." in sheet.note.text()
    QTest.mouseClick(sheet.restore, LEFT)
    settled(qtbot, page)
    assert page.strip.value("train") == "72"


def test_choosing_the_class_of_the_source_forgets_the_correction(
    page: DataView, window: MainWindow, qtbot: QtBot
) -> None:
    click_cell(page, 0, 0)
    pick(page.samples.sheet.label, "1")
    settled(qtbot, page)
    page.samples.choose("corrected")
    click_cell(page, 0, 0)
    pick(page.samples.sheet.label, "0")
    settled(qtbot, page)
    assert window.document.project.data.corrections == ()


def test_duplicates_are_counted_named_and_left_out_of_the_test(
    page: DataView, window: MainWindow, qtbot: QtBot
) -> None:
    assert page.strip.value("checks") == "2"
    QTest.mouseClick(page.strip, LEFT, pos=page.strip.cells()[-1].center())
    shown = shown_samples(page)
    assert [one.name for one in shown] == ["test sample 10", "test sample 11"]
    assert [one.equals.split(",")[0] for one in shown] == ["sample 4", "sample 5"]
    assert "labelled" in shown[1].equals
    QTest.mouseClick(page.samples.drop_doubled, LEFT)
    settled(qtbot, page)
    assert page.strip.value("checks") == "No problems"
    assert page.strip.value("test") == "28"
    window.document.undo()
    settled(qtbot, page)
    assert page.strip.value("checks") == "2"


def test_classes_of_very_different_size_are_pointed_out(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "uneven.npz"
    y = np.array([0] * 60 + [1] * 3)
    np.savez(path, x_train=np.random.default_rng(0).random((63, 4)), y_train=y)
    page = shown_data(qtbot, window, path, validation=0)
    assert page.classes.subtitle().startswith("imbalanced, largest class 24.0 times 1 (2)")
    QTest.mouseClick(page.classes.balance, LEFT)
    assert window.document.project.train.class_weights == "balanced"
    assert not page.classes.balance.isVisible()
    window.document.undo()
    assert page.classes.balance.isVisible()


def test_samples_without_images_are_a_table(qtbot: QtBot, window: MainWindow, table: Path) -> None:
    page = shown_data(qtbot, window, table)
    view = page.samples.table
    assert view.isVisible()
    model = view.samples
    headers = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]
    assert headers == ["Sample", "Part", "Class", "width", "height"]
    QTest.mouseClick(view.viewport(), LEFT, pos=view.visualRect(model.index(2, 3)).center())
    assert page.samples.sheet.isVisible()
    values = page.samples.sheet.table.values
    assert values.headerData(1, Qt.Orientation.Vertical) == "height"


def test_a_source_that_is_gone_is_told_in_place_and_read_when_it_is_back(
    qtbot: QtBot, window: MainWindow, images: Path
) -> None:
    kept = images.read_bytes()
    page = shown_data(qtbot, window, images)
    images.unlink()
    forget_loaded()
    page.source.retry()
    qtbot.waitUntil(lambda: page.source.error is not None)
    assert "There is no file" in page.state.accessibleName()
    assert page.state.button.text() == "Try again"
    images.write_bytes(kept)
    QTest.mouseClick(page.state.button, LEFT)
    settled(qtbot, page)
    assert page.strip.isVisible()


def test_corrections_that_fit_nothing_any_more_can_be_forgotten(
    qtbot: QtBot, window: MainWindow, images: Path
) -> None:
    page = shown_data(qtbot, window, images)
    recipe = window.document.project.data
    both = [{"row": 3, "label": None}, {"row": 5000, "label": None}]
    window.document.apply("Correct", window.document.project.replace(data=recipe.replace(corrections=both)))
    qtbot.waitUntil(lambda: page.state.isVisible() and page.source.error is not None, timeout=10_000)
    assert "doesn't hold" in page.state.accessibleName()
    QTest.mouseClick(page.state.button, LEFT)
    settled(qtbot, page)
    assert [one.row for one in window.document.project.data.corrections] == [3]


def test_nothing_is_read_for_a_page_that_nobody_sees(window: MainWindow, qtbot: QtBot, images: Path) -> None:
    page = shown_data(qtbot, window, images)
    window.show_page("train")
    before = page.source.summary
    project = window.document.project
    window.document.apply("Split", project.replace(data=project.data.replace(validation=0.4)))
    qtbot.wait(300)
    assert page.source.summary is before
    data_page(window)
    settled(qtbot, page)
    assert page.strip.value("validation") == "36"


def test_samples_that_fill_the_disk_are_compared_only_on_request(
    qtbot: QtBot, window: MainWindow, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Summary, "is_large", property(lambda _self: True))
    page = data_page(window)
    window.datasets.choose(str(images))
    qtbot.waitUntil(lambda: page.strip.value("checks") == "Not run", timeout=10_000)
    qtbot.waitUntil(lambda: page.source.summary.dataset.shape == (8, 8, 1) and not page.source.busy)
    assert page.source.measures is None
    QTest.mouseClick(page.strip, LEFT, pos=page.strip.cells()[-1].center())
    qtbot.waitUntil(lambda: page.strip.value("checks") == "2", timeout=10_000)


def test_labels_that_a_trained_network_doubts_are_outlined(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 60, (400, 8, 8), dtype=np.uint8)
    y = np.arange(400) % 2
    x[y == 1] += 180
    y[6] = 1  # a dark image that is labelled bright
    path = tmp_path / "shades.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x[20:40], y_test=y[20:40])
    page = shown_data(qtbot, window, path, validation=0)
    layers = [{"type": "Input", "shape": [8, 8, 1]}, {"type": "Flatten"}, {"type": "Dense", "units": 2}]
    project = ProjectSpec.build(
        {
            "network": {"layers": [*layers[:2], {**layers[2], "activation": "softmax"}]},
            "data": {"source": str(path), "validation": 0},
            "train": {"epochs": 40, "learning_rate": 0.01, "batch_size": 20},
        }
    )
    window.document.open(project, None)
    assert window.live.train()
    qtbot.waitUntil(lambda: not window.live.running and window.run.model is not None, timeout=20_000)
    settled(qtbot, page)
    page.samples.choose(1)
    model = page.samples.grid.samples
    qtbot.waitUntil(lambda: bool(model._doubtful), timeout=10_000)
    assert list(model._doubtful) == [("train", 6)]
    assert page.samples.subtitle() == "outlined: label looks doubtful"
    words = model.find(("train", 6)).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "the network says 0" in words
