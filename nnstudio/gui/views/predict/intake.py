"""Brings pictures to the canvas from elsewhere: files, the clipboard, drops, a data set, a webcam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QWidget

from nnstudio.core.layer import Shape
from nnstudio.engine.drawing import is_drawable, open_picture
from nnstudio.errors import DataError
from nnstudio.gui.views.predict.canvas_panel import CanvasPanel
from nnstudio.gui.views.predict.picture_files import (
    filters,
    pasted_image,
    picture_paths,
    pixels_of,
    read_picture,
)
from nnstudio.gui.views.predict.results import ResultsPanel
from nnstudio.gui.views.predict.webcam import Webcam, has_camera

Reader = Callable[[], NDArray[np.uint8]]


class Intake(QObject):
    """One picture goes on the canvas; of several, the predictions are listed.

    Args:
        drawing: The canvas with its buttons.
        results: The list.
        shape: Gives the shape of the network's input.
        page: The page they are on.
    """

    def __init__(
        self, drawing: CanvasPanel, results: ResultsPanel, shape: Callable[[], Shape], page: QWidget
    ) -> None:
        super().__init__(page)
        self._drawing, self._results, self._shape, self._page = drawing, results, shape, page
        drawing.canvas.pasted.connect(self.take)
        drawing.open_clicked.connect(self._ask_for_files)
        drawing.paste_clicked.connect(self._paste)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), page).activated.connect(self._paste)
        results.chosen.connect(self._show_result)
        self.webcam = Webcam(self)
        self._frames = 0  # since the webcam was switched on
        drawing.webcam.clicked.connect(self._switch_webcam)
        self.webcam.pictured.connect(self._show_frame)
        self.webcam.switched.connect(drawing.show_webcam)
        self.webcam.failed.connect(lambda text: drawing.say(text, "error"))

    def open_sample(self, sample: NDArray[np.generic]) -> None:
        """Puts a raw sample of a data set, ``(H, W, C)``, on the canvas, pixel by pixel."""
        if not is_drawable(self._shape()) or sample.shape != self._shape():
            self._drawing.say("This sample doesn't fit the network's input.", "error")
            return
        values = np.asarray(sample, np.float32)
        values = values / np.float32(255 if sample.dtype == np.uint8 else max(1.0, float(values.max())))
        self._drawing.centre.setChecked(False)
        self._drawing.canvas.put(values[..., 0] if sample.shape[2] == 1 else values)
        self._drawing.say("A sample of the data set, taken as it is.")

    def open_files(self, paths: Sequence[str]) -> None:
        """Opens one picture on the canvas, or lists the predictions of several."""
        if len(paths) > 1 and is_drawable(self._shape()):
            self._results.open(paths, self._shape())
        elif paths:
            self._open(lambda: read_picture(paths[0]), Path(paths[0]).name)

    def take(self, data: QMimeData | None) -> None:
        """Opens what was pasted or dropped."""
        image, paths = pasted_image(data), picture_paths(data)
        if paths:
            self.open_files(paths)
        elif image is not None:
            self._open(lambda: pixels_of(image), "the pasted picture")
        else:
            self._drawing.say("There is no picture on the clipboard. Copy one first.", "error")

    def look_for_webcam(self) -> None:
        """Offers the webcam where there is one."""
        self._drawing.offer_webcam(has_camera())

    def stop(self) -> None:
        """Nobody looks any more."""
        self.webcam.switch(False)

    def _switch_webcam(self, on: bool) -> None:
        self._frames = 0
        if on and not has_camera():
            self.look_for_webcam()
            self._drawing.say("The webcam is gone. Plug it in and come back to this page.", "error")
            self._drawing.show_webcam(False)
            return
        self.webcam.switch(on)

    def _show_frame(self, image: QImage) -> None:
        if self._drawing.canvas.drawing:  # whoever draws on a picture wants to keep it
            self.webcam.switch(False)
            return
        try:
            opened = open_picture(pixels_of(image), self._shape())
        except DataError as error:
            self._drawing.say(_in_words(error), "error")
            return
        self._drawing.canvas.put(opened.sheet, again=self._frames > 0)
        self._frames += 1

    def _ask_for_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self._page, "Open images", "", filters())
        self.open_files(paths)

    def _paste(self) -> None:
        self.take(QGuiApplication.clipboard().mimeData())

    def _open(self, read: Reader, name: str, take_focus: bool = True) -> None:
        try:
            opened = open_picture(read(), self._shape())
        except DataError as error:
            self._drawing.say(_in_words(error), "error")
            return
        if opened.exact:
            self._drawing.centre.setChecked(False)
        self._drawing.canvas.put(opened.sheet)
        done = "has the network's size and is taken as it is" if opened.exact else "is put on the canvas"
        turned = ", dark on light turned round" if opened.inverted and opened.exact else ""
        self._drawing.say(f"{name[:1].upper()}{name[1:]} {done}{turned}.")
        if take_focus:
            self._drawing.canvas.setFocus()

    def _show_result(self, path: str) -> None:
        self._drawing.centre.setChecked(self._drawing.centre.isEnabled())  # as it was listed
        self._open(lambda: read_picture(path), Path(path).name, take_focus=False)


def _in_words(error: DataError) -> str:
    parts = [f"{error.what[:1].upper()}{error.what[1:]}."]
    if error.allowed:
        parts.append(f"Allowed: {error.allowed}.")
    if error.fix:
        parts.append(f"{error.fix[:1].upper()}{error.fix[1:]}.")
    return " ".join(parts)
