"""A number field for height and width: one number sets both, the arrows change both."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from nnstudio.core.fields import FormField
from nnstudio.core.window import MAX_WINDOW, Size
from nnstudio.gui.form.entries import read_pair
from nnstudio.gui.widgets.checked_spin import CheckedSpin


class PairSpin(CheckedSpin, QAbstractSpinBox):
    """``3 × 3``, or ``1`` where the pair is a factor: strides and dilation, whose default is 1.

    Signals:
        valueChanged(object): Another pair, or None, is the value.
    """

    valueChanged = Signal(object)  # noqa: N815  # as Qt's own spin boxes have it

    def __init__(self, row: FormField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._off = row.off if row.optional else ""
        self._factor = row.default == (1, 1)
        self._value: Size | None = None if row.optional else (1, 1)
        self._start_checking()
        self.lineEdit().textEdited.connect(self._take)
        self.editingFinished.connect(self._write)
        self.setValue(row.default)
        self._write()

    def value(self) -> Size | None:
        """The pair, or None."""
        return self._value

    def setValue(self, value: Size | None) -> None:
        """Shows a pair; a text being typed that means the same stays."""
        if value != self._value:
            self._value = value
            self._write()
            self.valueChanged.emit(value)

    def suffix(self) -> str:
        """None: the spin boxes with numbers alone have one."""
        return ""

    def problem_with(self, text: str) -> str:
        """The allowed range, if ``text`` is no pair inside it."""
        if self._means_off(text):
            return ""
        try:
            pair = read_pair(text)
        except ValueError as error:
            return str(error)
        inside = all(1 <= size <= MAX_WINDOW for size in pair)
        ending = f", or nothing for {self._off}" if self._off else ""
        return "" if inside else f"Use whole numbers from 1 to {MAX_WINDOW}{ending}."

    def stepBy(self, steps: int) -> None:
        """Both numbers grow or shrink; below 1 lies what the field says for None."""
        rows, columns = self._value or (0, 0)
        if self._off and min(rows, columns) + steps < 1:
            self.setValue(None)
        else:
            self.setValue((_inside(rows + steps), _inside(columns + steps)))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Up and down, as far as the range goes."""
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self.isReadOnly():
            return flags
        if self._value is None or max(self._value) < MAX_WINDOW:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self._value is not None and (self._off or min(self._value) > 1):
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags

    def _take(self, text: str) -> None:
        if self.problem_with(text):
            return
        rows, columns = (0, 0) if self._means_off(text) else read_pair(text)
        value = (rows, columns) if rows else None
        if value != self._value:
            self._value = value
            self.valueChanged.emit(value)

    def _means_off(self, text: str) -> bool:
        typed = text.strip().lower()
        return bool(self._off) and (not typed or self._off.startswith(typed))

    def _write(self) -> None:
        if not self.problem_with(self.lineEdit().text()) or not self.hasFocus():
            self.lineEdit().setText(self._valid_text())

    def _valid_text(self) -> str:
        if self._value is None:
            return self._off
        rows, columns = self._value
        return str(rows) if self._factor and rows == columns else f"{rows} × {columns}"


def _inside(size: int) -> int:
    return min(max(size, 1), MAX_WINDOW)
