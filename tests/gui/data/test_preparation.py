"""The right side of the Data page: split, normalisation and augmentation as edits of the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from nnstudio.core.augmentation_spec import Flip, Rotation
from nnstudio.data.augmentation.preview import preview
from nnstudio.data.batches import BLOCK_BYTES, WHOLE_BYTES, shuffle_words
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import part_sizes
from nnstudio.gui.data.augmentation_rows import STRENGTHS, OperationRow
from nnstudio.gui.data.preparation import PreparationPanel
from nnstudio.gui.main_window import MainWindow
from tests.gui.acting import focused, pick, retype
from tests.gui.data.conftest import data_page, settled, shown_data

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: QtBot, window: MainWindow, images: Path) -> PreparationPanel:
    shown_data(qtbot, window, images)
    return window.data.preparation


def tick(row: OperationRow) -> None:
    QTest.mouseClick(row.box, LEFT, pos=QPoint(8, row.box.height() // 2))


def waited(qtbot: QtBot, panel: PreparationPanel) -> list[np.ndarray]:
    """The tiles, once they show the recipe of now."""
    qtbot.waitUntil(lambda: len(panel.tiles.images) == 8, timeout=10_000)
    qtbot.wait(120)
    return [np.array(image.constBits()).reshape(image.height(), -1)[:, :8] for image in panel.tiles.images]


def test_the_split_is_set_and_shown(qtbot: QtBot, window: MainWindow, panel: PreparationPanel) -> None:
    retype(panel.split.form.editor("fraction").lineEdit(), "50", enter=True)
    retype(panel.split.form.editor("validation").lineEdit(), "20", enter=True)
    page = data_page(window)
    settled(qtbot, page)
    recipe = window.document.project.data
    assert (recipe.fraction, recipe.validation) == (0.5, 0.2)
    assert panel.split.bar.accessibleDescription() == "Train 36, unused 60, Val 9, Test 15"
    assert window.document.undo_label == "Set validation"


def test_a_wrong_share_is_refused_at_its_field(window: MainWindow, panel: PreparationPanel) -> None:
    retype(panel.split.form.editor("validation").lineEdit(), "150", enter=True)
    assert panel.split.form.problem("validation")
    assert window.document.project.data.validation == 0.15, "the last valid value stays in force"


def test_escape_takes_back_what_was_typed_into_a_share(window: MainWindow, panel: PreparationPanel) -> None:
    before, steps = window.document.project, window.document.steps
    field = panel.split.form.editor("validation")
    retype(field, "20x")
    assert window.document.project.data.validation == 0.2
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (window.document.project, window.document.steps) == (before, steps)


def drag(slider: QSlider, percent: int, *, pause: Callable[[], None] = lambda: None) -> None:
    """Drags a handle with the mouse to a percentage."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style, sub = QStyle.ComplexControl.CC_Slider, QStyle.SubControl
    handle = slider.style().subControlRect(style, option, sub.SC_SliderHandle, slider)
    groove = slider.style().subControlRect(style, option, sub.SC_SliderGroove, slider)
    span = groove.width() - handle.width()
    start = handle.center()
    left = span * (percent - slider.value()) / (slider.maximum() - slider.minimum())
    QTest.mousePress(slider, LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(slider, start + QPoint(round(left * step / 5), 0))
        pause()
    QTest.mouseRelease(slider, LEFT, pos=start + QPoint(round(left), 0))


def test_dragging_a_share_is_one_step_and_shows_its_counts_at_once(
    qtbot: QtBot, window: MainWindow, panel: PreparationPanel
) -> None:
    window.document.seal()
    before = window.document.project.data
    history = window.document._history
    clock = iter(range(0, 10_000, 10))
    history._clock = lambda: float(next(clock))  # the hand rests for ten seconds at every place
    shown: list[str] = []
    drag(panel.split.sliders["fraction"], 40, pause=lambda: shown.append(panel.split.bar.toolTip()))
    after = window.document.project.data.fraction
    assert after == pytest.approx(0.4, abs=0.02)
    assert len(set(shown)) > 2, "the bar follows the hand"
    assert panel.split.form.editor("fraction").text() == f"{after * 100:g}%"
    settled(qtbot, data_page(window))
    summary = data_page(window).source.summary
    assert panel.split.bar.toolTip() == shown[-1], "what was foreseen is what was drawn"
    assert f"Train {summary.prepared.counts['train']}," in shown[-1]
    window.document.undo()
    assert window.document.project.data == before
    assert panel.split.sliders["fraction"].value() == 100


def test_shares_are_set_by_keys(window: MainWindow, panel: PreparationPanel) -> None:
    slider = panel.split.sliders["validation"]
    assert slider.accessibleName() == "Validation, share"
    focused(slider)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    recipe = window.document.project.data
    assert recipe.validation == pytest.approx(0.21)
    assert slider.accessibleDescription() == "21%. 19 of 90 samples are held back"
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert window.document.project.data.validation == 0


def test_shares_stop_where_every_class_keeps_a_sample_to_train_on(
    window: MainWindow, panel: PreparationPanel
) -> None:
    sliders = panel.split.sliders
    QTest.keyClick(focused(sliders["validation"]), Qt.Key.Key_End)
    recipe = window.document.project.data
    assert part_sizes(90, 30, recipe) == (3, 87, 30)
    QTest.keyClick(focused(sliders["fraction"]), Qt.Key.Key_Home)
    assert window.document.project.data.fraction == sliders["fraction"].value() / 100
    assert part_sizes(90, 30, window.document.project.data)[0] >= 3


def test_test_samples_are_split_off_or_the_data_sets_own(window: MainWindow, panel: PreparationPanel) -> None:
    slider, field = panel.split.sliders["test"], panel.split.form.editor("test")
    assert (slider.value(), field.text(), field.lineEdit().placeholderText()) == (0, "", "own")
    assert slider.accessibleDescription() == "0%. 30 test samples of the data set's own"
    QTest.keyClick(focused(slider), Qt.Key.Key_PageUp)
    assert window.document.project.data.test == 0.1
    assert field.text() == "10%"
    assert "9 test samples" in slider.accessibleDescription()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert window.document.project.data.test is None
    retype(field.lineEdit(), "25", enter=True)
    assert (window.document.project.data.test, slider.value()) == (0.25, 25)


def test_normalisation_tells_its_statistics(
    qtbot: QtBot, window: MainWindow, panel: PreparationPanel
) -> None:
    pick(panel.scaling.editor("scaling"), "standardise")
    page = data_page(window)
    settled(qtbot, page)
    values = page.source.summary.prepared.train.samples(slice(None)).astype(np.float64)
    words = panel.statistics.text()
    assert words == f"Minus {values.mean():.1f}, divided by {values.std():.2f}: mean, std of training."
    pick(panel.scaling.editor("scaling"), "unit")
    settled(qtbot, page)
    assert panel.statistics.text() == "Bytes are divided by 255."


def test_the_live_preview_shows_what_a_run_would_see(
    qtbot: QtBot, window: MainWindow, panel: PreparationPanel
) -> None:
    tick(panel.rows.rows["horizontal_flip"])
    tick(panel.rows.rows["rotation"])
    project = window.document.project
    assert project.data.augmentation.horizontal_flip == Flip()
    assert project.data.augmentation.rotation == Rotation()
    assert panel.order.text() == "In this order: horizontal flip, rotation; then scaled."
    train = data_page(window).source.summary.prepared.train
    expected = preview(train, np.array([0]), project.data.augmentation, seed=project.train.seed, epochs=7)[
        :, 0, ..., 0
    ]
    shown = waited(qtbot, panel)
    for tile, image in zip(shown, expected, strict=True):
        np.testing.assert_allclose(tile.astype(float), image, atol=0.51)


def test_a_slider_drag_is_one_step_and_moves_the_preview(
    qtbot: QtBot, window: MainWindow, panel: PreparationPanel
) -> None:
    row = panel.rows.rows["rotation"]
    tick(row)
    window.document.seal()
    before = window.document.project.data.augmentation.rotation
    slider = row.slider
    at = QPoint(round(slider.width() * before.degrees / 45), slider.height() // 2)
    QTest.mousePress(slider, LEFT, pos=at)
    for step in range(1, 6):
        QTest.mouseMove(slider, at + QPoint(step * 6, 0))
    QTest.mouseRelease(slider, LEFT, pos=at + QPoint(30, 0))
    after = window.document.project.data.augmentation.rotation
    assert after.degrees > before.degrees
    assert row.value.text() == f"±{after.degrees:g}°"
    assert len(waited(qtbot, panel)) == 8
    window.document.undo()
    assert window.document.project.data.augmentation.rotation == before
    assert row.slider.value() == round(100 * before.degrees / 45)


def test_all_of_it_is_switched_off_and_on(window: MainWindow, panel: PreparationPanel) -> None:
    tick(panel.rows.rows["shift"])
    before = window.document.project.data.augmentation
    QTest.mouseClick(panel.on, LEFT, pos=QPoint(8, panel.on.height() // 2))
    assert window.document.project.data.augmentation.active == ()
    assert panel.order.text() == "Nothing is varied."
    QTest.mouseClick(panel.on, LEFT, pos=QPoint(8, panel.on.height() // 2))
    assert window.document.project.data.augmentation == before


def test_rare_operations_are_a_press_away_and_stay_while_they_are_on(panel: PreparationPanel) -> None:
    row = panel.rows.rows["elastic"]
    assert row.isHidden()
    QTest.mouseClick(panel.rows.more, LEFT)
    assert not row.isHidden()
    tick(row)
    QTest.mouseClick(panel.rows.more, LEFT)
    assert not row.isHidden()
    assert panel.rows.rows["zoom"].isHidden()


def test_every_operation_has_a_strength_within_its_bounds(panel: PreparationPanel) -> None:
    assert set(panel.rows.rows) == set(STRENGTHS)
    for name, row in panel.rows.rows.items():
        for field in STRENGTHS[name].fields:
            row._model(**{field: STRENGTHS[name].most})  # raises beyond the bounds


def test_without_images_only_noise_is_offered(qtbot: QtBot, window: MainWindow, table: Path) -> None:
    shown_data(qtbot, window, table)
    rows = window.data.preparation.rows.rows
    assert rows["noise"].box.isEnabled()
    assert not rows["rotation"].box.isEnabled()
    assert rows["rotation"].box.toolTip() == "Only for images."


def test_during_a_run_the_preparation_is_locked_and_says_why(
    window: MainWindow, panel: PreparationPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(window.live), "running", property(lambda _self: True))
        window.data._lock()
        assert not panel.rows.rows["shift"].box.isEnabled()
        card = window.data.datasets.cards["digits"]
        assert not card.isEnabled()
        assert "Stop the run" in card.toolTip()
    window.data._lock()
    assert panel.rows.rows["shift"].box.isEnabled()


def test_the_shuffle_is_told_also_of_data_larger_than_memory(panel: PreparationPanel) -> None:
    assert "new random order" in panel.split.shuffle.text()
    row = np.zeros((1, 64, 64, 3), np.uint8)
    count = WHOLE_BYTES // row.nbytes + 1
    x = np.lib.stride_tricks.as_strided(row, (count, *row.shape[1:]), (0, *row.strides[1:]))
    part = Part.__new__(Part)
    object.__setattr__(part, "x", x)
    object.__setattr__(part, "y", np.zeros(count, np.int64))
    object.__setattr__(part, "indices", None)
    words = shuffle_words(part)
    assert "stay on disk" in words
    assert f"blocks of {BLOCK_BYTES // row.nbytes:,} samples" in words
    assert "mixes 1,024 blocks, 268 MB" in words
