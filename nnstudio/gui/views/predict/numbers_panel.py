"""Instead of the canvas, for networks that look at numbers: a form with one field per feature, or a point."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QWidget

from nnstudio.data.dataset import Part
from nnstudio.data.plane_inputs import plane_inputs
from nnstudio.engine.analysis.plane import REACH
from nnstudio.gui.playground.look import Look
from nnstudio.gui.theme import theme
from nnstudio.gui.views.predict.features import Feature
from nnstudio.gui.views.predict.point_pad import PointPad
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.spin import ScientificSpinBox

_SPIN = 110
_HEADER, _LEAST_HEIGHT, _LEAST_PLANE = 36, 420, 200
_PLANE_SHARE = 0.62  # of the panel's width
_COORDINATES = (Feature("x", -REACH, REACH, 0.0), Feature("y", -REACH, REACH, 0.0))
_EFFECT = (
    "What this value adds to the predicted class, against a sample of zeros (integrated gradients).\n"
    "Above 0 it speaks for the class, below 0 against it."
)


class NumbersPanel(Panel):
    """One sample of numbers.

    Signals:
        changed: Another sample is to be predicted.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Sample", parent=parent)
        self.draw_one = Button("Take a test sample", icon_name="shuffle", small=True)
        self.usual = Button("Usual values", small=True, tooltip="The median of every feature.")
        self.add_control(self.usual)
        self.add_control(self.draw_one)
        self.pad = PointPad()
        self._features: tuple[Feature, ...] = ()
        self._inputs: tuple[str, ...] = ()  # of a point; empty for a form
        self._samples: Part | None = None
        self._random = np.random.default_rng()
        self.spins: list[ScientificSpinBox] = []
        self.effects: list[QLabel] = []
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        row = QHBoxLayout()
        row.setSpacing(theme().px(16))
        row.addWidget(self.pad, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._scroll, 1)
        self.body.addLayout(row, 1)
        self.pad.asked.connect(self._point_moved)
        self.usual.clicked.connect(self._take_usual)
        self.draw_one.clicked.connect(self._take_sample)

    @property
    def values(self) -> NDArray[np.float32]:
        """The sample as the network takes it before scaling, ``(features,)``."""
        typed = np.array([spin.value() for spin in self.spins], np.float32)
        return plane_inputs(typed[None], self._inputs)[0] if self._inputs else typed

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The plane is square."""
        super().resizeEvent(event)
        self._fit_plane()

    def _fit_plane(self) -> None:
        room = self.contentsRect().adjusted(0, theme().px(_HEADER), -theme().px(24), -theme().px(12))
        side = max(theme().px(_LEAST_PLANE), min(room.height(), round(room.width() * _PLANE_SHARE)))
        self.pad.setFixedSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """Room for a few fields, or for the plane to be pointed at."""
        return QSize(super().minimumSizeHint().width(), theme().px(_LEAST_HEIGHT))

    def show_features(self, features: tuple[Feature, ...], samples: Part | None = None) -> None:
        """Shows a form; equal features keep what is typed.

        Args:
            features: What there is to fill in.
            samples: Samples to take one of, or None.
        """
        self._samples = samples
        self.usual.show()
        self.draw_one.setVisible(samples is not None and bool(len(samples)))
        if (features, ()) != (self._features, self._inputs):
            self._features, self._inputs = features, ()
            self._fill()
        self.pad.hide()

    def show_point(self, inputs: tuple[str, ...], look: Look | None) -> None:
        """Shows the plane; ``inputs`` is what the network is told of a point."""
        self.draw_one.hide()
        self.usual.hide()
        if (_COORDINATES, inputs) != (self._features, self._inputs):
            self._features, self._inputs = _COORDINATES, inputs
            self._fill()
        self.pad.show()
        if look is not None:
            self.pad.show_look(look)

    def show_effects(self, effects: NDArray[Any] | None) -> None:
        """Says beside each field what its value adds to the predicted class; None says nothing."""
        fits = effects is not None and len(effects) == len(self.effects) and not self._inputs
        for number, label in enumerate(self.effects):
            value = float(effects[number]) if fits and effects is not None else 0.0
            label.setText(numbers.signed(value, 2) if fits else "")
            role = "caption" if round(value, 2) == 0 else "good" if value > 0 else "error"
            label.setStyleSheet(f"color: {theme().tokens.colour('muted' if role == 'caption' else role)}")

    def _fill(self) -> None:
        content = QWidget()
        content.setProperty("role", "form")
        grid = QGridLayout(content)
        grid.setContentsMargins(theme().px(3), theme().px(3), theme().px(8), theme().px(3))
        grid.setVerticalSpacing(theme().px(4))
        self.spins, self.effects = [], []
        for row, feature in enumerate(self._features):
            name = ElidedLabel(feature.name, "label")
            spin = ScientificSpinBox(
                -np.inf, np.inf, feature.usual, logarithmic=False, step=_step(feature), parent=content
            )
            spin.setAccessibleName(feature.name)
            spin.setToolTip(f"Seen from {numbers.number(feature.low)} to {numbers.number(feature.high)}")
            spin.setFixedWidth(theme().px(_SPIN))
            spin.valueChanged.connect(partial(self._typed, row))
            effect = QLabel()
            effect.setToolTip(_EFFECT)
            effect.setMinimumWidth(theme().px(44))
            for column, widget in enumerate((name, spin, effect)):
                grid.addWidget(widget, row, column)
            self.spins.append(spin)
            self.effects.append(effect)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(len(self._features), 1)
        self._scroll.setWidget(content)
        if self._inputs:
            self.pad.put(0.0, 0.0)
        self.changed.emit()

    def _typed(self, _row: int, _value: float) -> None:
        if self._inputs:
            self.pad.put(self.spins[0].value(), self.spins[1].value())
        self.changed.emit()

    def _point_moved(self, place: tuple[float, float] | None) -> None:
        if place is not None and self._inputs:
            self._put([round(value, 3) for value in place])

    def _take_usual(self) -> None:
        self._put([feature.usual for feature in self._features])
        if self._inputs:
            self.pad.put(0.0, 0.0)

    def _take_sample(self) -> None:
        if self._samples is not None and len(self._samples):
            place = int(self._random.integers(len(self._samples)))
            self._put(self._samples.samples(slice(place, place + 1))[0].tolist())

    def _put(self, values: list[float]) -> None:
        for spin, value in zip(self.spins, values, strict=True):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        self.changed.emit()


def _step(feature: Feature) -> float:
    """A twentieth of the range, as a round number."""
    span = feature.high - feature.low
    return float(f"{span / 20:.1g}") if np.isfinite(span) and span > 0 else 0.1
