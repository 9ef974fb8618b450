"""Number fields that take their bounds, steps and words from a spec's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.core.fields import FormField
from nnstudio.gui.form.pair_spin import PairSpin
from nnstudio.gui.form.words import OFF, range_sentence
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.spin import IntSpin, OptionalSpinBox, ScientificSpinBox

NumberSpin = IntSpin | ScientificSpinBox | PairSpin
_UNBOUNDED = 1e300
_UNIT_GAP = 7
_FIRST_ABOVE_ZERO = 1.0  # where the arrows begin when a value that must exceed 0 is switched on

if TYPE_CHECKING:
    _Base = ScientificSpinBox
else:
    _Base = object


class _Declared(_Base):
    """Open bounds, and the range sentence of the declaration."""

    _row: FormField

    def problem_with(self, text: str) -> str:
        """The allowed range, if ``text`` is no number inside it."""
        problem = super().problem_with(text)
        if problem:
            return problem
        value = self._parse(text)
        row = self._row
        if row.exclusive_minimum and value == row.minimum:
            return self._range_sentence()
        return self._range_sentence() if row.exclusive_maximum and value == row.maximum else ""

    def _step_to(self, value: float) -> None:
        row = self._row
        if row.exclusive_maximum and row.maximum is not None and value >= row.maximum:
            return
        super()._step_to(value)

    def _range_sentence(self) -> str:
        return range_sentence(self._row)


class FloatField(_Declared, ScientificSpinBox):
    """A number that always has a value."""

    def __init__(self, row: FormField, parent: QWidget | None = None) -> None:
        self._row = row
        value = float(row.default) if isinstance(row.default, int | float) else None
        super().__init__(
            -_UNBOUNDED if row.minimum is None else row.minimum,
            _UNBOUNDED if row.maximum is None else row.maximum,
            value,
            logarithmic=_multiplies(row),
            step=row.step or 0.1,
            smallest=min(1e-6, value / 100) if value and value > 0 else 1e-6,
            minimum_open=row.exclusive_minimum,
            parent=parent,
        )


class PercentField(FloatField):
    """A share from 0 to 1, shown and typed as a percentage."""

    def textFromValue(self, value: float) -> str:
        """``10%`` for 0.1."""
        return _percent(value)

    def _parse(self, text: str) -> float:
        return super()._parse(text.strip().removesuffix("%")) / 100

    def _range_sentence(self) -> str:
        return range_sentence(self._row, _percent)


class OptionalField(_Declared, OptionalSpinBox):
    """A number that may be switched off.

    "off" is shown as text; words that name where the value then comes from ("inherit 1e-4") are a
    placeholder, and clearing the field brings it back.
    """

    def __init__(self, row: FormField, parent: QWidget | None = None) -> None:
        self._row = row
        super().__init__(
            -_UNBOUNDED if row.minimum is None else row.minimum,
            _UNBOUNDED if row.maximum is None else row.maximum,
            row.default,
            whole=row.kind == "int",
            logarithmic=_multiplies(row),
            step=row.step or 1.0,
            off_text=row.off if row.off == OFF else "",
            parent=parent,
        )
        if row.off != OFF:
            self.set_placeholder(row.off)

    def set_placeholder(self, text: str) -> None:
        """What the empty field says, where None does not mean "off"."""
        self.lineEdit().setPlaceholderText(text)

    def _parse(self, text: str) -> float:
        typed = text.strip().lower()
        return super()._parse("" if typed and self._row.off.startswith(typed) else text)

    def _step_to(self, value: float) -> None:
        if self._row.exclusive_minimum and value == self._row.minimum:
            was_off = self.optional_value() is None
            value = _FIRST_ABOVE_ZERO if was_off and value == 0 else value - 1
        super()._step_to(value)


class OptionalPercentField(OptionalField):
    """The same for a share from 0 to 1, shown and typed as a percentage."""

    def textFromValue(self, value: float) -> str:
        """``10%`` for 0.1, or the word for off."""
        return super().textFromValue(value) if value <= self._off else _percent(value)

    def _parse(self, text: str) -> float:
        value = super()._parse(text.strip().removesuffix("%"))
        return value / 100 if value > 0 else value  # what stands for "off" is negative

    def _range_sentence(self) -> str:
        return range_sentence(self._row, _percent)


class UnitTag(QLabel):
    """The unit behind a number, quieter than the number; hidden while there is none to show."""

    def __init__(self, unit: str, spin: NumberSpin) -> None:
        super().__init__(unit, spin.lineEdit())
        self._spin = spin
        self.setProperty("role", "caption")
        spin.lineEdit().installEventFilter(self)
        spin.lineEdit().textChanged.connect(self.place)
        spin.valueChanged.connect(self.place)
        theme().changed.connect(self.place)
        self.place()

    def place(self) -> None:
        """Move behind the text."""
        line = self._spin.lineEdit()
        number = line.text().strip()
        self.setVisible(bool(number) and number[-1].isdigit())
        self.adjustSize()
        start = line.textMargins().left() + theme().px(_UNIT_GAP)
        left = start + line.fontMetrics().horizontalAdvance(line.text())
        self.move(left, (line.height() - self.height()) // 2)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the field's size."""
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False


def number_spin(row: FormField, *, percent: bool = False) -> NumberSpin:
    """The number field that fits a declaration of kind ``int``, ``float`` or ``pair``."""
    if row.kind == "pair":
        return PairSpin(row)
    if row.optional:
        return OptionalPercentField(row) if percent else OptionalField(row)
    if row.kind == "int":
        return _int_spin(row)
    return PercentField(row) if percent else FloatField(row)


def _int_spin(row: FormField) -> IntSpin:
    minimum = -(2**31) if row.minimum is None else int(row.minimum) + row.exclusive_minimum
    maximum = 2**31 - 1 if row.maximum is None else int(row.maximum) - row.exclusive_maximum
    default = row.default if isinstance(row.default, int) else None
    return IntSpin(minimum, maximum, default, int(row.step or 1))


def _multiplies(row: FormField) -> bool:
    """Fields without a declared step multiply, if they can't be negative: no one step fits them."""
    return row.log or (row.kind == "float" and row.step is None and (row.minimum or 0) >= 0)


def _percent(share: float) -> str:
    return numbers.field_text(round(100 * share, 8)) + "%"
