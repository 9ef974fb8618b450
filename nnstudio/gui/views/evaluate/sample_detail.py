"""One sample enlarged, where the network looked, and what it says about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import Analysis, explain
from nnstudio.engine.model import Model
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import explained_image, ink_words, sample_image
from nnstudio.gui.views.predict.probability_bars import Bar, ProbabilityBars
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel

_SIDE, _LEAST_SIDE = 112, 56
_GAP = 12
_LEAST_BARS = 120
_SHOWN = 3
_STRENGTH = 0.75


@dataclass(frozen=True, eq=False)
class Shown:
    """The sample on show.

    Attributes:
        part: The samples.
        analysis: Their evaluation.
        position: Which of them.
        classes: Names of the classes.
        model: The model that was evaluated.
    """

    part: Part
    analysis: Analysis
    position: int
    classes: tuple[str, ...]
    model: Model

    @property
    def sample(self) -> NDArray[np.generic]:
        """The raw sample."""
        return self.part.samples(slice(self.position, self.position + 1))[0]


class SampleDetail(QWidget):
    """The chosen thumbnail of the gallery.

    Signals:
        open_clicked: The sample is to be opened on the Predict page.
        label_chosen(object): Its right class number, or None to leave it out.
    """

    open_clicked = Signal()
    label_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown | None = None
        self._effects: NDArray[np.float32] | None = None
        self._task: Task | None = None
        self._picture, self._saliency = QLabel(), QLabel()
        for label in (self._picture, self._saliency):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._saliency.setAccessibleName("Saliency")
        self._saliency.setToolTip(
            "Integrated gradients: orange speaks for the predicted class, blue against it."
        )
        self._caption, self._explained = ElidedLabel("", "note"), ElidedLabel("Saliency", "note")
        self.bars = ProbabilityBars("Probabilities of the chosen image", stacked=True)
        self._open = Button("Open in Predict", small=True)
        self._open.clicked.connect(self.open_clicked)
        self.label_button = Button("Label…", small=True)
        self.label_button.setToolTip(
            "Correct the label, or leave the image out: in the recipe, never in your files."
        )
        self.labels = QMenu(self.label_button)
        self.labels.aboutToShow.connect(self.list_labels)
        self.label_button.clicked.connect(
            lambda: self.labels.popup(self.label_button.mapToGlobal(QPoint(0, self.label_button.height())))
        )
        right = QVBoxLayout()
        right.setSpacing(theme().px(6))
        right.addWidget(self.bars)
        for button in (self._open, self.label_button):
            right.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        right.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme().px(_GAP))
        row.addLayout(_captioned(self._picture, self._caption))
        row.addLayout(_captioned(self._saliency, self._explained))
        row.addLayout(right, 1)
        theme().changed.connect(self._draw)

    @property
    def effects(self) -> NDArray[np.float32] | None:
        """What speaks for the predicted class, place by place, once it is known."""
        return self._effects

    def show_sample(self, shown: Shown) -> None:
        """Shows a sample and its three most probable classes, and the true one among them."""
        self._shown, self._effects = shown, None
        analysis, position, classes = shown.analysis, shown.position, shown.classes
        probabilities = analysis.probabilities[position]
        label = int(analysis.labels[position])
        order = [int(i) for i in (-probabilities).argsort(kind="stable")[:_SHOWN]]
        if label not in order:
            order[-1] = label
        bars = []
        for rank, number in enumerate(order):
            right = number == label
            name = f"{classes[number]} (true)" if right and label != order[0] else classes[number]
            colour = theme().tokens.line(0 if right else 1) if rank == 0 or right else "earlier"
            bars.append(Bar(name, float(probabilities[number]), colour))
        self.bars.show_bars(bars)
        self._caption.setText(f"Image {position}")
        self._draw()
        self._explain(shown, order[0])

    def list_labels(self) -> None:
        """Lists the classes that the sample may have."""
        self.labels.clear()
        if self._shown is None:
            return
        now = int(self._shown.analysis.labels[self._shown.position])
        for number, name in enumerate(self._shown.classes):
            action = self.labels.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(number == now)
            action.setEnabled(number != now)
            action.triggered.connect(lambda _=False, number=number: self.label_chosen.emit(number))
        self.labels.addSeparator()
        self.labels.addAction("Leave this image out").triggered.connect(lambda: self.label_chosen.emit(None))

    def stop(self) -> None:
        """Nothing is chosen any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def minimumSizeHint(self) -> QSize:
        """With small pictures: they grow with the width that they get."""
        width = 2 * theme().px(_LEAST_SIDE + _GAP) + theme().px(_LEAST_BARS)
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The pictures are as large as the bars let them."""
        super().resizeEvent(event)
        self._draw()

    def _explain(self, shown: Shown, label: int) -> None:
        self.stop()
        sample, model = shown.sample[None], shown.model
        self._task = run_in_background(
            lambda: explain(model, sample, "integrated", label)[0],
            self._show_effects,
            lambda error: self._saliency.setText("–"),
            self,
        )

    def _show_effects(self, effects: NDArray[np.float32]) -> None:
        self._task, self._effects = None, effects
        self._draw()

    def _draw(self) -> None:
        side = self._side()
        for label in (self._picture, self._saliency):
            label.setFixedSize(side, side)
        if self._shown is None:
            return
        image = sample_image(self._shown.sample)
        self._picture.setPixmap(_enlarged(image, side))
        self._picture.setToolTip(ink_words() if image.format() == image.Format.Format_Grayscale8 else "")
        self._picture.setAccessibleName(self._caption.full_text())
        if self._effects is None:
            self._saliency.clear()
        else:
            self._saliency.setPixmap(_enlarged(explained_image(image, self._effects, _STRENGTH), side))

    def _side(self) -> int:
        room = self.width() - theme().px(_LEAST_BARS) - 2 * theme().px(_GAP)
        return max(theme().px(_LEAST_SIDE), min(theme().px(_SIDE), room // 2))


def _enlarged(image: QImage, side: int) -> QPixmap:
    """A picture in whole multiples of its pixels where it fits."""
    largest = max(image.width(), image.height())
    whole, large = max(1, side // largest), largest > side
    size = (
        image.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio) if large else image.size() * whole
    )
    way = Qt.TransformationMode.SmoothTransformation if large else Qt.TransformationMode.FastTransformation
    return QPixmap.fromImage(image.scaled(size, mode=way))


def _captioned(picture: QLabel, caption: ElidedLabel) -> QVBoxLayout:
    caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addWidget(picture)
    column.addWidget(caption)
    column.addStretch(1)
    return column
