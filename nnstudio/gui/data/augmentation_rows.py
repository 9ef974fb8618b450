"""Augmentation as a short list: each operation with a box, a slider for its strength and the strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.core.fields import FormField, describe
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.slider import QuietSlider

_STEPS = 100
_BOX = 132
_VALUE = 58


@dataclass(frozen=True)
class Strength:
    """The setting of an operation that its slider moves.

    Args:
        fields: Its fields, which all get the value.
        most: The right end of the slider; a larger value moves the end.
        step: What the slider's positions are multiples of.
    """

    fields: tuple[str, ...]
    most: float
    step: float


STRENGTHS = {
    "horizontal_flip": Strength(("probability",), 1.0, 0.05),
    "vertical_flip": Strength(("probability",), 1.0, 0.05),
    "rotation": Strength(("degrees",), 45.0, 1.0),
    "zoom": Strength(("amount",), 0.5, 0.01),
    "shift": Strength(("horizontal", "vertical"), 0.4, 0.01),
    "crop": Strength(("padding",), 12, 1),
    "elastic": Strength(("alpha",), 100.0, 1.0),
    "contrast": Strength(("amount",), 1.0, 0.05),
    "brightness": Strength(("amount",), 1.0, 0.05),
    "noise": Strength(("deviation",), 0.5, 0.01),
    "cutout": Strength(("size",), 24, 1),
}
COMMON = ("horizontal_flip", "shift", "rotation", "noise", "cutout")
"""Operations that are always shown; the others where they are on, or on demand."""

IMAGES_ONLY = frozenset(AugmentationSpec.model_fields) - {"noise"}


class OperationRow(QWidget):
    """One operation.

    Signals:
        changed(object): The operation with another strength, or None to switch it off.
        released(): A slider drag ended.
    """

    changed = Signal(object)
    released = Signal()

    def __init__(self, row: FormField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert row.model is not None
        self._row, self._model = row, row.model
        self._strength = STRENGTHS[row.name]
        self._last: Any = row.model()
        self._shape: tuple[int, ...] = ()
        self._showing = False
        self.box = QCheckBox(row.label)
        self.box.setToolTip(row.help)
        self.box.clicked.connect(lambda on: self.changed.emit(self._last if on else None))
        self.slider = QuietSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setAccessibleName(f"Strength of {row.label}")
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderReleased.connect(self.released)
        self.value = QLabel()
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        for widget in (self.box, self.slider, self.value):
            line.addWidget(widget, 1 if widget is self.slider else 0)
        self._space()
        theme().changed.connect(self._space)
        self.show_operation(None, ())

    def show_operation(self, operation: Any, shape: tuple[int, ...]) -> None:
        """Shows the operation, or that it is off; ``shape`` is that of the samples."""
        self._showing = True
        self._shape = shape
        self._last = operation or self._last
        self.box.setChecked(operation is not None)
        value = float(getattr(self._last, self._strength.fields[0]))
        self._end = max(self._strength.most, value)
        self.slider.setValue(round(_STEPS * value / self._end))
        self.slider.setEnabled(operation is not None)
        self.value.setText(self._words(value))
        self.value.setEnabled(operation is not None)
        self.slider.setAccessibleDescription(self.value.text())
        self._showing = False

    def set_locked(self, reason: str, fits: bool) -> None:
        """Locks the row and says why, or for samples that are no images."""
        why = reason or ("" if fits else "Only for images.")
        self.box.setEnabled(not why)
        self.box.setToolTip(why or self._row.help)
        self.slider.setEnabled(not why and self.box.isChecked())

    def _slid(self, place: int) -> None:
        if self._showing:
            return
        raw = self._end * place / _STEPS
        step = self._strength.step
        value: float | int = round(round(raw / step) * step, 4)
        if isinstance(getattr(self._last, self._strength.fields[0]), int):
            value = int(value)
        changed = self._last.replace(**dict.fromkeys(self._strength.fields, value))
        if changed != self._last:
            self._last = changed
            self.value.setText(self._words(float(value)))
            self.changed.emit(changed)

    def _words(self, value: float) -> str:
        name, shape = self._row.name, self._shape
        if self._strength.fields == ("probability",):
            return f"p {numbers.fixed(value, 2)}"
        if name == "shift" and len(shape) == 3:
            return f"±{round(value * shape[1])} px"
        if name in ("crop", "cutout"):
            return f"{round(value)} px"
        if name == "rotation":
            return f"±{value:g}°"
        if name == "elastic":
            return f"α {value:g}"
        if name == "noise":
            return f"σ {numbers.fixed(value, 2)}"
        return f"±{numbers.percent(value, 0)}"

    def _space(self) -> None:
        px = theme().px
        self.box.setFixedWidth(px(_BOX))
        widest = QFontMetrics(font(12)).horizontalAdvance("p 0.00000")
        self.value.setFixedWidth(max(px(_VALUE), widest))
        self.value.setFont(font(12))


class AugmentationRows(QWidget):
    """All operations, in the order in which they are done.

    Signals:
        edited(str, object): An operation and what it becomes.
        released(): A slider drag ended.
    """

    edited = Signal(str, object)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, OperationRow] = {}
        self.more = Button("More operations", "text", small=True)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme().px(2))
        for field in describe(AugmentationSpec):
            row = self.rows[field.name] = OperationRow(field)
            row.changed.connect(lambda value, name=field.name: self.edited.emit(name, value))
            row.released.connect(self.released)
            column.addWidget(row)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._show_rows()

    def show_recipe(self, recipe: AugmentationSpec, shape: tuple[int, ...], locked: str) -> None:
        """Shows the operations of a recipe for samples of a shape."""
        for name, row in self.rows.items():
            row.show_operation(getattr(recipe, name), shape)
            row.set_locked(locked, len(shape) != 1 or name not in IMAGES_ONLY)
        self._show_rows()

    def _show_rows(self, *_news: bool) -> None:
        everything = self.more.isChecked()
        for name, row in self.rows.items():
            row.setVisible(everything or name in COMMON or row.box.isChecked())
        self.more.setText("Fewer operations" if everything else "More operations")


def order_words(recipe: AugmentationSpec) -> str:
    """The order of what is done to a sample, in words."""
    labels = {row.name: row.label.lower() for row in describe(AugmentationSpec)}
    active = [labels[name] for name in recipe.active]
    if not active:
        return "Nothing is varied."
    return f"In this order: {', '.join(active)}; then scaled."
