"""The panel with the network's input, what was done to get it, and the value under the mouse."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.views.network_input import NetworkInputView
from nnstudio.gui.views.pixels import ink_words
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.panel import Panel


class InputPanel(Panel):
    """What the network sees."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What the network sees", parent=parent)
        self.view = NetworkInputView()
        self.summary = QLabel()
        self.summary.setProperty("role", "secondary")
        self.readout = ElidedLabel("", "secondary")
        self.note = QLabel()
        self.note.setProperty("role", "note")
        self.note.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.summary)
        row.addStretch(1)
        row.addWidget(self.readout)
        self.body.addWidget(self.view)
        self.body.addLayout(row)
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self._centred = True
        self.view.readout.connect(self.readout.setText)
        theme().changed.connect(self._explain)

    def show_sample(
        self, sample: NDArray[np.uint8], scaled: NDArray[np.float32] | None, centred: bool
    ) -> None:
        """Shows the input, raw and as it is after scaling."""
        self.view.show_sample(sample, scaled)
        height, width, _ = sample.shape
        self.summary.setText(f"{height}×{width}, mean {numbers.fixed(float(sample.mean()) / 255, 2)}")
        self._centred = centred
        self._explain()

    def _explain(self) -> None:
        sample = self.view.sample
        if sample is None:
            self.note.clear()
            return
        grey = sample.shape[2] == 1
        done = "Cropped, scaled and centred by mass. " if self._centred else "Taken cell by cell as drawn. "
        self.note.setText((done if grey else "Colours as drawn. ") + (ink_words() if grey else ""))
