"""The panel with the network's input: what was done to get it, and what in it speaks for the class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QWidget

from nnstudio.engine.analysis import METHODS, Method, methods_for
from nnstudio.engine.network import Network
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import ink_words
from nnstudio.gui.views.predict.insight import Insight
from nnstudio.gui.views.predict.network_input import NetworkInputView
from nnstudio.gui.views.predict.saliency_legend import SaliencyLegend
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

METHOD_NAMES: dict[Method, tuple[str, str]] = {
    "integrated": (
        "Integrated gradients",
        "What each pixel adds to the class, from a blank sheet to the drawing.\n"
        "(x − x′) · ∫₀¹ ∂f/∂x (x′ + α(x − x′)) dα",
    ),
    "smooth": ("SmoothGrad", "Mean gradient over noisy copies of the drawing: more ink here helps or harms."),
    "gradient": ("Gradient", "How the class would change with a little more ink at each pixel. ∂f/∂x"),
    "grad_cam": ("Grad-CAM", "Where the last convolution finds what speaks for the class."),
}
STRENGTH = 70
_SHOWS = (("input", "Input"), ("saliency", "Saliency"))


class InputPanel(Panel):
    """What the network sees.

    Signals:
        wanted_changed: Another method, or none, is to be shown (see ``method``).
    """

    wanted_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What the network sees", parent=parent, yielding=True)
        self.show_what = SegmentedControl(_SHOWS, "What is shown")
        self.add_control(self.show_what)
        self.view = NetworkInputView()
        self.legend = SaliencyLegend()
        self.methods = QComboBox()
        self.methods.setAccessibleName("Method")
        for row, method in enumerate(METHODS):
            self.methods.addItem(METHOD_NAMES[method][0], method)
            self.methods.setItemData(row, METHOD_NAMES[method][1], Qt.ItemDataRole.ToolTipRole)
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(10, 100)
        self.strength.setValue(STRENGTH)
        self.strength.setAccessibleName("Strength")
        self.strength.setToolTip("How strongly the colours cover the drawing.")
        self._percent = QLabel(f"{STRENGTH}%")
        self.summary = QLabel()
        self.summary.setProperty("role", "secondary")
        self.readout = ElidedLabel("", "secondary")
        self.note = QLabel()
        self.note.setProperty("role", "note")
        self.note.setWordWrap(True)
        self._lay_out()
        self._centred = True
        self._insight: Insight | None = None
        self.view.readout.connect(self.readout.setText)
        self.show_what.changed.connect(lambda _: self._show_choice())
        self.methods.currentIndexChanged.connect(lambda _: self.wanted_changed.emit())
        self.strength.valueChanged.connect(self._set_strength)
        theme().changed.connect(self._explain)
        self._show_choice()

    @property
    def method(self) -> Method | None:
        """How the prediction is to be explained, or None while only the input is shown."""
        chosen: Method = self.methods.currentData()
        return chosen if self.show_what.value == "saliency" else None

    def set_network(self, network: Network | None) -> None:
        """Offers the methods that the network allows."""
        allowed = methods_for(network) if network is not None else METHODS
        model = self.methods.model()
        if isinstance(model, QStandardItemModel):
            for row, method in enumerate(METHODS):
                model.item(row).setEnabled(method in allowed)
        if self.methods.currentData() not in allowed:
            self.methods.setCurrentIndex(0)

    def show_sample(
        self, sample: NDArray[np.uint8], scaled: NDArray[np.float32] | None, centred: bool
    ) -> None:
        """Shows the input, raw and as it is after scaling."""
        self.view.show_sample(sample, scaled)
        height, width, _ = sample.shape
        self.summary.setText(f"{height}×{width}, mean {numbers.fixed(float(sample.mean()) / 255, 2)}")
        self._centred = centred
        self._explain()

    def show_insight(self, insight: Insight | None) -> None:
        """Shows what speaks for the class, if that is wanted and known."""
        self._insight = insight
        wanted = self.method is not None
        effects = insight.saliency if insight is not None and wanted else None
        self.view.show_effects(effects, self.strength.value() / 100)
        if insight is not None:
            first = insight.prediction.classes[insight.prediction.order[0]]
            other = insight.against
            against = insight.prediction.classes[other] if other is not None else "others"
            self.legend.show_ends(against, first)
        self._explain()

    def _set_strength(self, value: int) -> None:
        self._percent.setText(f"{value}%")
        self.show_insight(self._insight)

    def _show_choice(self) -> None:
        self._controls.setVisible(self.show_what.value == "saliency")
        self.show_insight(self._insight)
        self.wanted_changed.emit()

    def _lay_out(self) -> None:
        self._controls = QWidget()
        grid = QGridLayout(self._controls)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.legend, 0, 0, 1, 3)
        for row, (name, widget) in enumerate(
            (("Method", self.methods), ("Strength", self.strength)), start=1
        ):
            caption = QLabel(name)
            caption.setProperty("role", "label")
            grid.addWidget(caption, row, 0)
            grid.addWidget(widget, row, 1, 1, 2 if row == 1 else 1)
        grid.addWidget(self._percent, 2, 2)
        grid.setColumnStretch(1, 1)
        line = QHBoxLayout()
        line.addWidget(self.summary)
        line.addStretch(1)
        line.addWidget(self.readout)
        self.body.addWidget(self.view)
        self.body.addWidget(self._controls)
        self.body.addLayout(line)
        self.body.addWidget(self.note)
        self.body.addStretch(1)

    def _explain(self) -> None:
        sample = self.view.sample
        if sample is None:
            self.note.clear()
            return
        if self.method is not None:
            self.note.setText("" if self.view.effects is not None else "Draw, and the colours appear.")
            return
        grey = sample.shape[2] == 1
        done = "Cropped, scaled and centred by mass. " if self._centred else "Taken cell by cell as drawn. "
        self.note.setText((done if grey else "Colours as drawn. ") + (ink_words() if grey else ""))
