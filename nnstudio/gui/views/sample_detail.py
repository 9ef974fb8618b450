"""One sample enlarged, with what the network says about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import Analysis
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import ink_words, sample_image
from nnstudio.gui.views.probability_bars import Bar, ProbabilityBars
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel

_SIDE = 112
_SHOWN = 3


class SampleDetail(QWidget):
    """The chosen thumbnail of the gallery.

    Signals:
        open_clicked: The sample is to be opened on the Predict page.
    """

    open_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Part, Analysis, int, tuple[str, ...]] | None = None
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._caption = ElidedLabel("", "note")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.bars = ProbabilityBars("Probabilities of the chosen image", stacked=True)
        self._open = Button("Open in Predict", small=True)
        self._open.clicked.connect(self.open_clicked)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(self._picture)
        left.addWidget(self._caption)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(theme().px(6))
        right.addWidget(self.bars)
        right.addWidget(self._open, 0, Qt.AlignmentFlag.AlignLeft)
        right.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme().px(16))
        row.addLayout(left)
        row.addLayout(right, 1)
        theme().changed.connect(self._draw)

    def show_sample(self, part: Part, analysis: Analysis, position: int, classes: tuple[str, ...]) -> None:
        """Shows a sample and its three most probable classes, and the true one among them."""
        self._shown = (part, analysis, position, classes)
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

    def _draw(self) -> None:
        if self._shown is None:
            return
        part, _, position, _ = self._shown
        image = sample_image(part.samples(slice(position, position + 1))[0])
        side = theme().px(_SIDE)
        whole = max(1, side // max(image.width(), image.height()))
        large = max(image.width(), image.height()) > side
        size = (
            image.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
            if large
            else image.size() * whole
        )
        way = (
            Qt.TransformationMode.SmoothTransformation if large else Qt.TransformationMode.FastTransformation
        )
        self._picture.setPixmap(QPixmap.fromImage(image.scaled(size, mode=way)))
        self._picture.setFixedSize(side, side)
        self._picture.setToolTip(ink_words() if image.format() == image.Format.Format_Grayscale8 else "")
        self._picture.setAccessibleName(self._caption.full_text())
