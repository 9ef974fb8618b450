"""The panel beside the confusion matrix: the images of the chosen cell, and one of them enlarged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QStackedWidget, QWidget

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import Analysis, Floats, Ints
from nnstudio.engine.drawing import is_drawable
from nnstudio.engine.model import Model
from nnstudio.gui.theme import theme
from nnstudio.gui.views.evaluate.gallery import Gallery
from nnstudio.gui.views.evaluate.sample_detail import SampleDetail, Shown
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel

_HEADER = 36
_ORDERS = ("Most confident", "Least confident", "In order", "Highest loss", "Smallest margin")
SUSPECTS = "Likely mislabelled"
_NO_SUSPECTS = "No label looks wrong: the network is nowhere surer of another class than of its own samples."


class GalleryPanel(Panel):
    """Shows what ``show_cell`` or ``show_class`` chose.

    Attributes:
        shown_class: Class whose mistakes are shown, or -1.

    Signals:
        open_requested(object): The raw sample ``(H, W, C)`` that is to be opened on the Predict page.
        label_chosen(int, object): Position of a sample, and its class number, or None to leave it out.
    """

    open_requested = Signal(object)
    label_chosen = Signal(int, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName("Images")
        self._analysis: Analysis | None = None
        self._part: Part | None = None
        self._model: Model | None = None
        self._classes: tuple[str, ...] = ()
        self._positions: Ints = np.zeros(0, np.int64)
        self._chosen = -1
        self._nothing = ""
        self.shown_class = -1
        self.title = ElidedLabel("Images", "section")
        self.count = QLabel()
        self.count.setProperty("role", "caption")
        self.count.setAccessibleName("Number of images")
        self.order = QComboBox()
        self.order.addItems(_ORDERS)
        self.order.setAccessibleName("Order of the images")
        self.order.currentIndexChanged.connect(self._fill)
        row = QHBoxLayout()
        row.setContentsMargins(0, theme().px(5), 0, theme().px(3))
        row.addWidget(self.title)
        row.addWidget(self.count)
        row.addStretch(1)
        row.addWidget(self.order)
        self.gallery = Gallery()
        self.gallery.sample_selected.connect(self._select)
        self.empty = EmptyState("", "", icon_name="image")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.gallery)
        self._divider = QFrame()
        self._divider.setProperty("role", "divider")
        self.detail = SampleDetail()
        self.detail.open_clicked.connect(self._open)
        self.detail.label_chosen.connect(lambda label: self.label_chosen.emit(self._chosen, label))
        self.body.addLayout(row)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._divider)
        self.body.addWidget(self.detail)
        self.clear()

    def set_evaluation(self, part: Part, analysis: Analysis, classes: tuple[str, ...], model: Model) -> None:
        """What later choices refer to."""
        self._part, self._analysis, self._classes, self._model = part, analysis, classes, model

    def set_correctable(self, correctable: bool) -> None:
        """Offers to correct labels."""
        self.detail.label_button.setVisible(correctable)

    def clear(self) -> None:
        """Nothing is chosen."""
        self._positions, self.shown_class = np.zeros(0, np.int64), -1
        self.title.setText("Images")
        self.count.clear()
        self._say("Select a cell", "Its images appear here, those the network is most sure of first.")

    def show_cell(self, actual: int, predicted: int) -> None:
        """Shows the images of one cell."""
        if self._analysis is None:
            return
        self._positions, self.shown_class = self._analysis.members(actual, predicted), -1
        names = self._classes[actual], self._classes[predicted]
        self._name(f"{names[0]} predicted as {names[1]}" if actual != predicted else f"{names[0]}, correct")

    def show_class(self, actual: int) -> None:
        """Shows all images of a class that were taken for another."""
        if self._analysis is None:
            return
        self._positions, self.shown_class = self._analysis.mistaken(actual), actual
        self._name(f"{self._classes[actual]}, all mistakes")

    def show_suspects(self) -> None:
        """Shows the images whose label is likely wrong, the most suspicious first."""
        if self._analysis is None:
            return
        self._positions, self.shown_class = self._analysis.suspects, -1
        self.order.setCurrentIndex(_ORDERS.index("Highest loss"))
        self._name(SUSPECTS, _NO_SUSPECTS)

    def show_positions(self, positions: Ints, title: str) -> None:
        """Shows images chosen elsewhere, surest prediction first."""
        self._positions, self.shown_class = positions, -1
        self._name(title)

    def show_again(self, show: Callable[[], None]) -> None:
        """Shows the same of a new evaluation: an image stays chosen, or the one that takes its place."""
        row, part, position = self.gallery.currentIndex().row(), self.gallery.samples.part, self._chosen
        focused = self.detail.label_button.hasFocus()
        show()
        shown = self.gallery.samples.positions
        if row < 0 or not len(shown):
            return
        there = np.flatnonzero(shown == position) if part is self._part else np.zeros(0, np.int64)
        index = self.gallery.samples.index(int(there[0]) if there.size else min(row, len(shown) - 1))
        self.gallery.setCurrentIndex(index)
        self.gallery.scrollTo(index)
        if focused:
            self.detail.label_button.setFocus()

    def _name(self, text: str, nothing: str = "No sample falls into this cell.") -> None:
        self._nothing = nothing
        self.title.setText(text)
        self.count.setText(numbers.count(len(self._positions)))
        self._fill()

    def _fill(self) -> None:
        if self._part is None or self._analysis is None:
            return
        if not is_drawable(self._part.shape):
            self._say("No pictures", "The samples of this data set are numbers and can't be shown as images.")
            return
        if not len(self._positions):
            if self.title.full_text() != "Images":
                self._say("No images", self._nothing)
            return
        chosen = self._ordered(self._analysis)
        self.gallery.samples.show_samples(self._part, self._analysis, chosen, self._classes)
        self.gallery.scrollToTop()
        self._stack.setCurrentWidget(self.gallery)
        self.order.setEnabled(True)
        self._show_detail(False)

    def _ordered(self, analysis: Analysis) -> Ints:
        """The positions in the chosen order."""
        found, order = self._positions, self.order.currentText()
        if order == "Least confident":
            return found[np.argsort(-analysis.confidences[found], kind="stable")[::-1]]
        keys: dict[str, Floats | Ints] = {
            "Most confident": -analysis.confidences[found].astype(np.float64),
            "In order": found,
            "Highest loss": -analysis.losses[found],
            "Smallest margin": analysis.margins[found],
        }
        return found[np.argsort(keys[order], kind="stable")]

    def _say(self, title: str, text: str) -> None:
        self.empty.say(title, text)
        self._stack.setCurrentWidget(self.empty)
        self.gallery.samples.show_samples(None, None, np.zeros(0, np.int64), ())
        self.order.setEnabled(False)
        self._show_detail(False)

    def _select(self, position: int) -> None:
        part, analysis, model = self._part, self._analysis, self._model
        if position >= 0 and part is not None and analysis is not None and model is not None:
            self.detail.show_sample(Shown(part, analysis, position, self._classes, model))
            self._chosen = position
        else:
            self.detail.stop()
        self._show_detail(position >= 0)

    def _show_detail(self, visible: bool) -> None:
        self._divider.setVisible(visible)
        self.detail.setVisible(visible)

    def _open(self) -> None:
        if self._part is not None:
            self.open_requested.emit(self._part.samples(slice(self._chosen, self._chosen + 1))[0])
