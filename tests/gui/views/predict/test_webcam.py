"""The webcam: offered where QtMultimedia and a camera are, off at first, and never on where nobody looks.

The camera is replaced at its edge by one without a device; where QtMultimedia is installed, real
``QVideoFrame`` go through a real ``QVideoSink``.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.gui.document import Document
from nnstudio.gui.views.pixels import sample_image
from nnstudio.gui.views.predict import webcam as webcam_module
from nnstudio.gui.views.predict.page import PredictView
from nnstudio.gui.views.predict.webcam import multimedia
from tests.gui.views.conftest import StillLive
from tests.gui.views.predict.test_page import settled, shown

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class FakeSink(QObject):
    """A sink as QtMultimedia's, whose frames are pictures."""

    videoFrameChanged = Signal(object)  # noqa: N815 - Qt's name

    def show_picture(self, image: QImage) -> None:
        self.videoFrameChanged.emit(SimpleNamespace(toImage=lambda: image))


class FakeCapture(QObject):
    """A camera without a device."""

    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.running = False
        module = multimedia()
        self.sink: Any = module.QVideoSink(self) if module else FakeSink(self)

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def see(self, image: QImage) -> None:
        """Sends a frame."""
        if isinstance(self.sink, FakeSink):
            self.sink.show_picture(image)
        else:
            self.sink.setVideoFrame(multimedia().QVideoFrame(image))


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> list[FakeCapture]:
    """The cameras that are switched on; there is one to be found."""
    made: list[FakeCapture] = []
    there = SimpleNamespace(QMediaDevices=SimpleNamespace(videoInputs=lambda: ["camera"]))
    monkeypatch.setattr(
        "nnstudio.gui.views.predict.intake.has_camera", lambda: bool(there.QMediaDevices.videoInputs())
    )
    monkeypatch.setattr(webcam_module, "SECONDS", 0.0)

    def make(parent: QObject) -> FakeCapture:
        made.append(FakeCapture(parent))
        return made[-1]

    monkeypatch.setattr(webcam_module.Webcam.__init__, "__defaults__", (make,))
    return made


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive, captures: list[FakeCapture]) -> PredictView:
    return shown(qtbot, document, live)


def scene(digits: Any, number: int) -> QImage:
    """A digit as on paper in front of a camera: dark on light, 640×480."""
    sample = digits.test.x[list(digits.test.labels).index(number)]
    image = sample_image(255 - np.kron(sample, np.ones((14, 14, 1), np.uint8)))
    paper = QImage(640, 480, QImage.Format.Format_RGB32)
    paper.fill(0xFFFFFF)
    ink = image.convertToFormat(QImage.Format.Format_RGB32)
    ink.invertPixels()
    for row in range(ink.height()):
        for column in range(0, ink.width()):
            paper.setPixel(120 + column, 40 + row, ink.pixel(column, row))
    return paper


def test_without_qtmultimedia_there_is_no_button(qtbot: QtBot, document, live, monkeypatch):
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    view = shown(qtbot, document, live)
    assert not view.drawing.webcam.isVisible()
    assert view.drawing.open.text() == "Open image…"
    assert not webcam_module.has_camera()


@pytest.mark.parametrize(("cameras", "offered"), [([], False), (["front"], True)])
def test_the_button_is_there_where_a_camera_is(qtbot: QtBot, document, live, monkeypatch, cameras, offered):
    module = SimpleNamespace(QMediaDevices=SimpleNamespace(videoInputs=lambda: cameras))
    monkeypatch.setattr(webcam_module, "multimedia", lambda: module)
    view = shown(qtbot, document, live)
    assert view.drawing.webcam.isVisible() is offered


def test_it_is_off_until_it_is_switched_on_and_says_which(view: PredictView, captures: list[FakeCapture]):
    button = view.drawing.webcam
    assert (button.text(), button.isChecked(), captures) == ("Webcam off", False, [])
    QTest.mouseClick(button, LEFT)
    assert (button.text(), button.isChecked(), captures[0].running) == ("Webcam on", True, True)
    QTest.mouseClick(button, LEFT)
    assert (button.text(), button.isChecked(), captures[0].running) == ("Webcam off", False, False)


def test_a_frame_is_prepared_like_a_picture_and_predicted(qtbot: QtBot, view: PredictView, captures, digits):
    QTest.mouseClick(view.drawing.webcam, LEFT)
    captures[0].see(scene(digits, 3))
    settled(qtbot, view)
    assert view.prediction.big.name == "3"
    captures[0].see(scene(digits, 0))
    settled(qtbot, view)
    assert view.prediction.big.name == "0"
    assert view.drawing.webcam.isChecked()


def test_all_its_frames_are_one_undo_step(qtbot: QtBot, view: PredictView, captures, digits):
    QTest.mouseClick(view.drawing.webcam, LEFT)
    for number in (1, 2, 3):
        captures[0].see(scene(digits, number))
    QTest.mouseClick(view.drawing.webcam, LEFT)
    assert not view.canvas.sheet.blank
    view.canvas.undo()
    assert view.canvas.sheet.blank


def test_it_goes_off_with_the_page_and_with_a_stroke(qtbot: QtBot, view: PredictView, captures, digits):
    QTest.mouseClick(view.drawing.webcam, LEFT)
    view.hide()
    assert not captures[0].running
    view.show()
    assert not view.drawing.webcam.isChecked()
    QTest.mouseClick(view.drawing.webcam, LEFT)
    captures[1].see(scene(digits, 1))
    before = view.canvas.sheet.values()
    QTest.mousePress(view.canvas, LEFT, NONE, QPoint(20, 20))
    captures[1].see(scene(digits, 2))
    QTest.mouseRelease(view.canvas, LEFT, NONE, QPoint(20, 20))
    assert not captures[1].running
    assert (view.canvas.sheet.values() != before).mean() < 0.02


def test_a_camera_that_fails_and_a_picture_with_nothing_on_it_are_told(view: PredictView, captures):
    QTest.mouseClick(view.drawing.webcam, LEFT)
    dark = QImage(64, 48, QImage.Format.Format_RGB32)
    dark.fill(0)
    captures[0].see(dark)
    assert "nothing to see" in view.drawing.message.text()
    assert view.drawing.webcam.isChecked()
    captures[0].failed.emit("the cable is out")
    assert view.drawing.message.text() == "The webcam gives no picture: the cable is out."
    assert not view.drawing.webcam.isChecked()


def test_a_camera_that_was_unplugged_is_told(view: PredictView, captures, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nnstudio.gui.views.predict.intake.has_camera", lambda: False)
    QTest.mouseClick(view.drawing.webcam, LEFT)
    assert "The webcam is gone" in view.drawing.message.text()
    assert captures == []
    assert not view.drawing.webcam.isVisible()
    assert not view.drawing.webcam.isChecked()
