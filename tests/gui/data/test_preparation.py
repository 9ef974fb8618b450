"""The right side of the Data page: split, normalisation and augmentation as edits of the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.augmentation_spec import Flip, Rotation
from nnstudio.data.augmentation.preview import preview
from nnstudio.data.batches import BLOCK_BYTES, WHOLE_BYTES
from nnstudio.data.dataset import Part
from nnstudio.gui.data.augmentation_rows import STRENGTHS, OperationRow
from nnstudio.gui.data.preparation import PreparationPanel
from nnstudio.gui.data.summary import shuffle_words
from nnstudio.gui.main_window import MainWindow
from tests.gui.acting import pick, retype
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
    retype(panel.split.editor("fraction").lineEdit(), "50", enter=True)
    retype(panel.split.editor("validation").lineEdit(), "20", enter=True)
    page = data_page(window)
    settled(qtbot, page)
    recipe = window.document.project.data
    assert (recipe.fraction, recipe.validation) == (0.5, 0.2)
    assert panel.bar.accessibleDescription() == "Train 36, unused 60, Val 9, Test 15"
    assert window.document.undo_label == "Set validation"


def test_a_wrong_share_is_refused_at_its_field(window: MainWindow, panel: PreparationPanel) -> None:
    retype(panel.split.editor("validation").lineEdit(), "150", enter=True)
    assert panel.split.problem("validation")
    assert window.document.project.data.validation == 0.15, "the last valid value stays in force"


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
    assert "new random order" in panel.shuffle.text()
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
