"""A webcam's picture, where QtMultimedia is installed and a camera is there; off until it is switched on.

PySide6 has QtMultimedia in the package PySide6-Addons, which NNStudio does without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

SECONDS = 0.1
"""Least time between two pictures."""
LARGEST = QSize(640, 480)
"""Larger pictures are made smaller: a network sees far less anyway."""


def multimedia() -> Any:
    """The module QtMultimedia, or None where it isn't installed or can't be loaded."""
    try:
        return import_module("PySide6.QtMultimedia") if find_spec("PySide6.QtMultimedia") else None
    except (ImportError, ValueError):
        return None


def has_camera() -> bool:
    """There is a camera that can be switched on."""
    found = multimedia()
    return found is not None and bool(found.QMediaDevices.videoInputs())


class Capture(QObject):
    """The system's camera and the sink of its frames. Made only where ``has_camera``.

    Attributes:
        sink: ``QVideoSink`` that tells ``videoFrameChanged``.

    Signals:
        failed(str): The camera gives no pictures, and why.
    """

    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        module = multimedia()
        self._camera = module.QCamera(module.QMediaDevices.defaultVideoInput(), self)
        self.sink = module.QVideoSink(self)
        self._session = module.QMediaCaptureSession(self)
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self.sink)
        self._camera.errorOccurred.connect(lambda _, text: self.failed.emit(text))

    def start(self) -> None:
        """Switches the camera on."""
        self._camera.start()

    def stop(self) -> None:
        """Switches it off."""
        self._camera.stop()


class Webcam(QObject):
    """Switches a camera on and off and gives its pictures, ten a second at most.

    Args:
        parent: Qt parent.
        capture: Makes the camera; with it comes a sink of frames.

    Signals:
        pictured(QImage): What the camera sees.
        switched(bool): It is on, or off.
        failed(str): It went off by itself, and why.
    """

    pictured = Signal(QImage)
    switched = Signal(bool)
    failed = Signal(str)

    def __init__(self, parent: QObject, capture: Callable[[QObject], Any] = Capture) -> None:
        super().__init__(parent)
        self._make = capture
        self._capture: Any = None
        self._taken_at = 0.0

    @property
    def on(self) -> bool:
        """The camera is on."""
        return self._capture is not None

    def switch(self, on: bool) -> None:
        """Switches the camera on or off; off, nothing of it is kept."""
        if on == self.on:
            return
        if on:
            capture = self._capture = self._make(self)
            self._taken_at = 0.0
            capture.sink.videoFrameChanged.connect(self._take)
            capture.failed.connect(self._fail)
            capture.start()
        else:
            self._capture.stop()
            self._capture.deleteLater()
            self._capture = None
        self.switched.emit(on)

    def _take(self, frame: Any) -> None:
        now = time.monotonic()
        if not self.on or now - self._taken_at < SECONDS:
            return
        image = frame.toImage()
        if image.isNull():
            return
        self._taken_at = now
        if image.width() > LARGEST.width() or image.height() > LARGEST.height():
            image = image.scaled(
                LARGEST, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        self.pictured.emit(image)

    def _fail(self, reason: str) -> None:
        self.switch(False)
        self.failed.emit(f"The webcam gives no picture: {reason or 'the reason is unknown'}.")
