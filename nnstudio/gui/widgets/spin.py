"""Number fields: whole numbers, scientific numbers, and numbers that can be switched off."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox, QWidget

from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.checked_spin import CheckedSpin

_LARGEST_INT = 2**31 - 1
_EXACT = 60  # decimals that keep every double down to 1e-40 as it is
_TINY = 1e-9  # relative slack when a value is compared with the 1-2-5 grid


class IntSpin(CheckedSpin, QSpinBox):
    """A whole number from ``minimum`` to ``maximum``, both included."""

    def __init__(
        self,
        minimum: int = 0,
        maximum: int = _LARGEST_INT,
        value: int | None = None,
        step: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setRange(minimum, maximum)
        self.setSingleStep(step)
        self.setValue(minimum if value is None else value)
        self._start_checking()

    def problem_with(self, text: str) -> str:
        """The allowed range, if ``text`` is no whole number inside it."""
        try:
            fits = self.minimum() <= int(self._bare(text)) <= self.maximum()
        except ValueError:
            fits = False
        if fits:
            return ""
        if self.maximum() == _LARGEST_INT:
            return f"Use a whole number of at least {numbers.count(self.minimum())}."
        return f"Use a whole number from {_int(self.minimum())} to {_int(self.maximum())}."

    def valueFromText(self, text: str) -> int:
        """The number written in an acceptable ``text``."""
        return int(self._bare(text))

    def textFromValue(self, value: int) -> str:
        """The number without a thousands comma, as it is typed."""
        return _int(value)

    def _valid_text(self) -> str:
        return self.prefix() + self.textFromValue(self.value()) + self.suffix()


class ScientificSpinBox(CheckedSpin, QDoubleSpinBox):
    """A number written the short way: ``0.001``, ``1e-4``, ``4.1e-4``.

    With ``logarithmic`` the arrows walk along 1, 2, 5 in every decade (Page Up and Page Down multiply by 10);
    below ``smallest`` they reach zero where the range allows it. Otherwise they add ``step``.
    """

    def __init__(
        self,
        minimum: float = 0.0,
        maximum: float = math.inf,
        value: float | None = None,
        *,
        logarithmic: bool = True,
        step: float = 0.1,
        smallest: float = 1e-6,
        minimum_open: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Make the field.

        Args:
            minimum: Least value.
            maximum: Greatest value; may be infinite.
            value: First value; the minimum if None.
            logarithmic: Whether the arrows multiply rather than add.
            step: What the arrows add where they do not multiply.
            smallest: Least positive value that the arrows of a logarithmic field reach.
            minimum_open: The value must be greater than the minimum itself.
            parent: Qt parent.
        """
        super().__init__(parent)
        self._logarithmic = logarithmic
        self._smallest = smallest
        self._open = minimum_open
        self._greatest = maximum
        self.setDecimals(_EXACT)
        self.setRange(minimum, min(maximum, 1e300))
        self.setSingleStep(step)
        self.setValue(minimum if value is None else value)
        self._start_checking()

    def problem_with(self, text: str) -> str:
        """The allowed range, if ``text`` is no number inside it."""
        try:
            value = self._parse(text)
        except ValueError:
            value = math.nan
        low = self.minimum() < value if self._open else self.minimum() <= value
        return "" if low and value <= self._greatest and math.isfinite(value) else self._range_sentence()

    def valueFromText(self, text: str) -> float:
        """The number written in ``text``; the exact value where the text is only its short form."""
        if text == self._valid_text():
            return self.value()
        return self._parse(text)

    def textFromValue(self, value: float) -> str:
        """The short form."""
        return numbers.field_text(value)

    def stepBy(self, steps: int) -> None:
        """Step along 1-2-5, or add; ten steps at once are a decade."""
        if self._logarithmic:
            self._step_along_decades(steps)
        else:
            target = self.value() + steps * self.singleStep()
            # Sums such as 0.1 + 0.2 are cut to the step's own precision.
            self._step_to(round(target, 12 - _exponent(self.singleStep())))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Up and down, as far as the range goes."""
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self.isReadOnly():
            return flags
        if self.value() < self.maximum():
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self.value() > self._lowest():
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags

    def _step_along_decades(self, steps: int) -> None:
        value = self.value()
        if abs(steps) >= 10 and value > 0:
            self._step_to(_clean(value * 10.0 ** (steps // 10 if steps > 0 else -(-steps // 10))))
            return
        for _ in range(abs(steps)):
            value = next_125(value, self._smallest) if steps > 0 else previous_125(value, self._smallest)
        self._step_to(value)

    def _step_to(self, value: float) -> None:
        self.setValue(min(max(value, self._lowest()), self.maximum()))

    def _lowest(self) -> float:
        return max(self.minimum(), self._smallest) if self._open else self.minimum()

    def _parse(self, text: str) -> float:
        return float(self._bare(text))

    def _range_sentence(self) -> str:
        low = numbers.field_text(self.minimum())
        if math.isinf(self._greatest):
            return f"Use a number greater than {low}." if self._open else f"Use a number of at least {low}."
        high = numbers.field_text(self._greatest)
        if self._open:
            return f"Use a number greater than {low}, at most {high}."
        return f"Use a number from {low} to {high}."

    def _valid_text(self) -> str:
        return self.prefix() + self.textFromValue(self.value()) + self.suffix()


class OptionalSpinBox(ScientificSpinBox):
    """A number that may be switched off: below its minimum it shows ``off`` and its value is None.

    Signals:
        optional_changed: The new ``optional_value``: a float, an int if ``whole``, or None.
    """

    optional_changed = Signal(object)

    def __init__(
        self,
        minimum: float,
        maximum: float = math.inf,
        value: float | None = None,
        *,
        whole: bool = False,
        logarithmic: bool = False,
        step: float = 1.0,
        off_text: str = "off",
        parent: QWidget | None = None,
    ) -> None:
        """Make the field.

        Args:
            minimum: Least value when switched on.
            maximum: Greatest value.
            value: First value, or None for off.
            whole: Only whole numbers are allowed.
            logarithmic: Whether the arrows multiply rather than add.
            step: What the arrows add where they do not multiply.
            off_text: What stands for None.
            parent: Qt parent.
        """
        self._least = minimum
        self._whole = whole
        self._off = minimum - 1.0
        self._off_text = off_text
        super().__init__(self._off, maximum, self._off, logarithmic=logarithmic, step=step, parent=parent)
        self.set_optional_value(value)
        self.valueChanged.connect(self._announce)

    def optional_value(self) -> float | int | None:
        """The number, or None while switched off."""
        if self.value() <= self._off:
            return None
        return round(self.value()) if self._whole else self.value()

    def set_optional_value(self, value: float | None) -> None:
        """Show ``value``; None switches off."""
        self.setValue(self._off if value is None else value)

    def problem_with(self, text: str) -> str:
        """The allowed range, if ``text`` is neither a number inside it nor the word for off."""
        try:
            value = self._parse(text)
        except ValueError:
            return self._range_sentence()
        if value == self._off:
            return ""
        whole = not self._whole or value == round(value)
        return "" if whole and self._least <= value <= self._greatest else self._range_sentence()

    def textFromValue(self, value: float) -> str:
        """The short form, or the word for off."""
        return self._off_text if value <= self._off else super().textFromValue(value)

    def _parse(self, text: str) -> float:
        word = self._bare(text).lower()
        if word in ("", "none", self._off_text.lower()):
            return self._off
        value = super()._parse(text)
        if value == self._off or not math.isfinite(value):
            raise ValueError(text)
        return value

    def _step_to(self, value: float) -> None:
        was_off = self.value() <= self._off
        if was_off and value > self._off:
            value = max(value, self._least)
        elif value < self._least:
            value = self._off
        self.setValue(min(value, self.maximum()))

    def _step_along_decades(self, steps: int) -> None:
        if self.value() <= self._off:
            self._step_to(self._least if steps > 0 else self._off)
        else:
            super()._step_along_decades(steps)

    def _range_sentence(self) -> str:
        kind = "whole number" if self._whole else "number"
        low = numbers.field_text(self._least)
        if math.isinf(self._greatest):
            return f"Use a {kind} of at least {low}, or {self._off_text}."
        return f"Use a {kind} from {low} to {numbers.field_text(self._greatest)}, or {self._off_text}."

    def _announce(self, _value: float) -> None:
        self.optional_changed.emit(self.optional_value())


def next_125(value: float, smallest: float = 1e-6) -> float:
    """The least 1, 2 or 5 times a power of ten above ``value``; ``smallest`` from zero or below it."""
    if value < smallest * (1 - _TINY):
        return smallest
    decade = _exponent(value)
    candidates = [_clean(m * 10.0**e) for e in (decade, decade + 1) for m in (1, 2, 5)]
    return next(c for c in candidates if c > value * (1 + _TINY))


def previous_125(value: float, smallest: float = 1e-6) -> float:
    """The greatest 1, 2 or 5 times a power of ten below ``value``; zero below ``smallest``."""
    if value <= smallest * (1 + _TINY):
        return 0.0
    decade = _exponent(value)
    candidates = [_clean(m * 10.0**e) for e in (decade, decade - 1) for m in (5, 2, 1)]
    return max(smallest, next(c for c in candidates if c < value * (1 - _TINY)))


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)) + _TINY)


def _clean(value: float) -> float:
    """``value`` without the noise of a multiplication: 3 x 10^-4 is 0.0003."""
    return float(f"{value:.12g}")


def _int(value: int) -> str:
    return numbers.MINUS + str(-value) if value < 0 else str(value)
