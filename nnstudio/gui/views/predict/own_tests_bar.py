"""Saving what is drawn, with its true label, to a test set of one's own."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from nnstudio.data.own_tests import OwnTests
from nnstudio.errors import DataError
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button, IconButton


class OwnTestsBar(QWidget):
    """The true label, the button, and how many samples are saved.

    Signals:
        said(str): What was done, or why not.
    """

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample: NDArray[Any] | None = None
        self._classes: tuple[str, ...] = ()
        self._guess = -1
        self._chosen = False  # the label was chosen by hand, so that the prediction doesn't change it
        caption = QLabel("True label")
        caption.setProperty("role", "label")
        self.label = QComboBox()
        self.label.setAccessibleName("True label")
        self.label.activated.connect(lambda _: self._choose())
        self.save = Button("Save to my test set", icon_name="plus")
        self.save.setToolTip(
            "Collects drawings with their labels. Evaluate them on the Evaluate page, split “My test set”."
        )
        self.save.clicked.connect(self._save)
        self.count = QLabel()
        self.count.setProperty("role", "caption")
        self.undo = IconButton("undo", "Take the last saved drawing out again")
        self.undo.clicked.connect(self._undo)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme().px(8))
        grid.addWidget(caption, 0, 0)
        grid.addWidget(self.label, 0, 1)
        grid.addWidget(self.count, 0, 3)
        grid.addWidget(self.undo, 0, 4)
        grid.addWidget(self.save, 1, 1, 1, 4, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(2, 1)

    def show_sample(self, sample: NDArray[Any], classes: tuple[str, ...], guess: int) -> None:
        """What would be saved now, and the class it probably is.

        Args:
            sample: The raw sample as the network takes it.
            classes: Names of the classes.
            guess: Number of the predicted class.
        """
        if classes != self._classes or self._sample is None or sample.shape != self._sample.shape:
            self._classes, self._chosen = classes, False
            self.label.clear()
            self.label.addItems(list(classes))
            self._sample = sample
            self._recount()
        self._sample, self._guess = sample, guess
        if not self._chosen:
            self.label.setCurrentIndex(guess)

    def new_drawing(self) -> None:
        """The label follows the prediction again."""
        self._chosen = False

    def _choose(self) -> None:
        self._chosen = True

    def _save(self) -> None:
        if self._sample is None:
            return
        label = self.label.currentIndex()
        try:
            total = OwnTests().add(self._sample, label, self._classes)
        except DataError as error:
            self.said.emit(str(error))
            return
        self._show_count(total)
        self.said.emit(f"Saved as {self._classes[label]} to your test set, {numbers.count(total)} in it now")

    def _undo(self) -> None:
        if self._sample is None:
            return
        try:
            self._show_count(OwnTests().remove_last(self._sample.shape, self._classes))
        except DataError as error:
            self.said.emit(str(error))
        else:
            self.said.emit("Took the last drawing out of your test set")

    def _recount(self) -> None:
        if self._sample is not None:
            self._show_count(OwnTests().count(self._sample.shape, self._classes))

    def _show_count(self, total: int) -> None:
        self.count.setText(f"{numbers.count(total)} saved")
        self.undo.setEnabled(total > 0)
