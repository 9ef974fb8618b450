"""Real picture files of every kind are read as what they show: grey, JPEG, colour, transparent, pasted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.document import Document
from nnstudio.gui.views.predict.page import PredictView
from tests.gui.views.conftest import StillLive
from tests.gui.views.predict.test_page import settled, shown

COUNT = 12


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive) -> PredictView:
    return shown(qtbot, document, live)


def grey_png(ink: np.ndarray, path: Path) -> Path:
    Image.fromarray(ink).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def dark_on_light_jpeg(ink: np.ndarray, path: Path) -> Path:
    """A scan: large, a little yellow, compressed."""
    paper = np.stack([250 - ink * 0.9, 246 - ink * 0.9, 235 - ink * 0.85], axis=2).clip(0, 255)
    Image.fromarray(paper.astype(np.uint8)).resize((280, 280), Image.Resampling.BICUBIC).save(
        path.with_suffix(".jpg"), quality=80
    )
    return path.with_suffix(".jpg")


def transparent_png(ink: np.ndarray, path: Path) -> Path:
    """A drawing program's layer: a coloured pen on nothing."""
    pen = np.zeros((*ink.shape, 4), np.uint8)
    pen[..., :3] = (20, 40, 160)
    pen[..., 3] = ink
    Image.fromarray(pen).resize((140, 140), Image.Resampling.BILINEAR).save(path.with_suffix(".png"))
    return path.with_suffix(".png")


def palette_gif(ink: np.ndarray, path: Path) -> Path:
    Image.fromarray(255 - ink).resize((112, 112)).convert("P").save(path.with_suffix(".gif"))
    return path.with_suffix(".gif")


@pytest.mark.parametrize("write", [grey_png, dark_on_light_jpeg, transparent_png, palette_gif])
def test_files_are_read_as_what_they_show(
    qtbot: QtBot, view: PredictView, digits, trained, tmp_path: Path, write: Callable[..., Path]
):
    images = digits.test.samples(slice(0, COUNT))
    expected = trained.predict(images).argmax(axis=1)
    said = []
    for number, image in enumerate(images):
        view.intake.open_files([str(write(image[..., 0], tmp_path / str(number)))])
        assert view.drawing.message.property("role") != "error", view.drawing.message.text()
        settled(qtbot, view)
        said.append(int(view.prediction.big.name))
    assert np.mean(np.array(said) == expected) >= 0.9


def test_a_transparent_picture_is_pasted_on_white_paper(
    qtbot: QtBot, view: PredictView, digits, tmp_path: Path
):
    path = transparent_png(digits.test.x[0][..., 0], tmp_path / "layer")
    QGuiApplication.clipboard().setImage(QImage(str(path)))
    QTest.mouseClick(view.drawing.paste, Qt.MouseButton.LeftButton)
    settled(qtbot, view)
    assert view.prediction.big.name == str(digits.test.labels[0])
    QGuiApplication.clipboard().clear()


def test_a_file_is_dropped_on_the_canvas(qtbot: QtBot, view: PredictView, digits, tmp_path: Path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(dark_on_light_jpeg(digits.test.x[1][..., 0], tmp_path / "scan")))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    over = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(view.canvas, over)
    assert over.isAccepted()
    QApplication.sendEvent(
        view.canvas, QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, left, none)
    )
    settled(qtbot, view)
    assert view.prediction.big.name == str(digits.test.labels[1])
