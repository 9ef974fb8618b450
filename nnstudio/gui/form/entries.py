"""Fields that are not numbers: text and shapes, choices and check boxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from nnstudio.core.layer import Shape, shape_text
from nnstudio.core.window import Pads, all_sides, pads_text
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.field_state import show_problem


class Entry(QLineEdit):
    """One line of text that is checked while it is typed and taken over by Return or by leaving.

    Escape, or leaving with a wrong text, brings the last valid value back.

    Signals:
        entered(object): A valid value was taken over.
        problem_changed(str): The sentence to show below the field; empty once the text is fine.
    """

    entered = Signal(object)
    problem_changed = Signal(str)

    def __init__(
        self,
        read: Callable[[str], Any] = str,
        write: Callable[[Any], str] = str,
        parent: QWidget | None = None,
    ) -> None:
        """Make the field.

        Args:
            read: Turns text into a value; raises ValueError with a sentence for the user.
            write: Turns a value into text.
            parent: Qt parent.
        """
        super().__init__(parent)
        self.check: Callable[[Any], str] = lambda _value: ""
        self._read, self._write = read, write
        self._value: Any = None
        self._problem = ""
        self.textEdited.connect(self._look)

    @property
    def problem(self) -> str:
        """What is wrong with the text now, or an empty string."""
        return self._problem

    def show_value(self, value: Any) -> None:
        """Show ``value`` without taking anything over; a text being typed stays if nothing changed."""
        if value != self._value:
            self._value = value
            self._restore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return takes over, Escape restores."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_over()
            self.selectAll()
        elif event.key() == Qt.Key.Key_Escape and self.text() != self._write(self._value):
            self._restore()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take a right text over; forget a wrong one."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._take_over()
            if self._problem:
                self._restore()

    def _take_over(self) -> None:
        self._look()
        if self._problem or self.isReadOnly():
            return
        value = self._read(self.text())
        if value != self._value:
            self._value = value
            self.entered.emit(value)
        self.setText(self._write(self._value))

    def _restore(self) -> None:
        self.setText(self._write(self._value))
        self.setCursorPosition(0)
        self._say("")

    def _look(self) -> None:
        if self.text() == self._write(self._value):
            self._say("")
            return
        try:
            self._say(self.check(self._read(self.text())))
        except ValueError as error:
            self._say(str(error))

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            show_problem(self, problem)
            self.problem_changed.emit(problem)


class ChoiceBox(Combo):
    """A choice between values, each shown by a text; shortened when there is no room.

    Signals:
        chosen(object): The user chose a value.
    """

    chosen = Signal(object)

    def __init__(self, options: Sequence[tuple[Any, str, str]], parent: QWidget | None = None) -> None:
        """Make the field.

        Args:
            options: Value, text and tooltip of each choice.
            parent: Qt parent.
        """
        super().__init__("", parent)
        self._values = [value for value, _, _ in options]
        for index, (_, text, tip) in enumerate(options):
            self.addItem(text)
            self.setItemData(index, tip, Qt.ItemDataRole.ToolTipRole)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(1)
        self.setMaxVisibleItems(16)
        self.activated.connect(lambda index: self.chosen.emit(self._values[index]))

    def value(self) -> Any:
        """The chosen value."""
        return self._values[self.currentIndex()]

    def show_value(self, value: Any) -> None:
        """Show ``value`` without choosing it."""
        self.setCurrentIndex(self._values.index(value))

    def event(self, event: QEvent) -> bool:
        """Put the whole text in front of the tooltip while it is shortened."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.is_elided():
            QToolTip.showText(event.globalPos(), f"<b>{self.currentText()}</b>{self.toolTip()}", self)
            return True
        return super().event(event)

    def is_elided(self) -> bool:
        """Whether part of the text is hidden."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return self._fitting(option) != self.currentText()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the field with its text shortened to the room there is."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self._fitting(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _fitting(self, option: QStyleOptionComboBox) -> str:
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width()
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room - 2)


def shape_entry() -> Entry:
    """A field for a shape, written ``28×28×1``; any of ``x × , ;`` and blanks may part the sizes."""
    return Entry(read_shape, shape_text)


def sides_entry() -> Entry:
    """A field for what is added around an image: ``1``, ``1 × 2`` or ``0, 1 × 0, 1``."""
    return Entry(read_sides, pads_text)


def read_shape(text: str) -> Shape:
    """The shape written in ``text``.

    Raises:
        ValueError: It is not made of whole numbers; the message is a sentence for the user.
    """
    sizes = _whole_numbers(text)
    if not sizes:
        raise ValueError("Use whole numbers, such as 28×28×1.")
    return sizes


def read_pair(text: str) -> Shape:
    """Height and width as written in ``text``; one number stands for both.

    Raises:
        ValueError: It is not one or two whole numbers; the message is a sentence for the user.
    """
    sizes = _whole_numbers(text)
    if len(sizes) not in (1, 2):
        raise ValueError("Use one or two whole numbers, such as 3 × 3.")
    return sizes * 2 if len(sizes) == 1 else sizes


def read_sides(text: str) -> Pads:
    """Top, bottom, left and right as written in ``text``; fewer numbers stand for several sides.

    Raises:
        ValueError: It is not one, two or four whole numbers; the message is a sentence for the user.
    """
    sizes = _whole_numbers(text)
    if len(sizes) not in (1, 2, 4):
        raise ValueError("Use one, two or four whole numbers, such as 1 or 0, 1 × 0, 1.")
    sides: Pads = all_sides(sizes[0] if len(sizes) == 1 else sizes)
    return sides


def _whole_numbers(text: str) -> Shape:
    """The numbers in ``text``; none where it holds anything else."""
    parts = [part for part in re.split(r"[\s×x*,;]+", text.strip().lower().replace("−", "-")) if part]
    return tuple(int(part) for part in parts) if all(re.fullmatch(r"-?\d+", part) for part in parts) else ()


def numbers_entry(off: str, words: Sequence[str]) -> Entry:
    """A field for a row of numbers, such as ``1, 2, 0.5``, or one of some words; ``off`` means None."""

    def read(text: str) -> tuple[float, ...] | str | None:
        typed = text.strip().lower()
        if typed in ("", off):
            return None
        if typed in words:
            return typed
        try:
            return tuple(float(part) for part in re.split(r"[\s,;]+", typed) if part)
        except ValueError:
            raise ValueError(f"Use {off}, {', '.join(words)} or numbers, such as 1, 2, 0.5.") from None

    def write(value: tuple[float, ...] | str | None) -> str:
        if value is None or isinstance(value, str):
            return value or off
        return ", ".join(str(number).removesuffix(".0") for number in value)  # every digit: it is read back

    entry = Entry(read, write)
    entry.setText(off)  # an entry begins with None, which it doesn't have to be shown
    return entry
