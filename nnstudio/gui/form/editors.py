"""One editor per kind of field: it shows a value, says what the user makes of it and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCheckBox, QWidget

from nnstudio.core.fields import FormField
from nnstudio.core.window import Size
from nnstudio.gui.form.entries import ChoiceBox, Entry, numbers_entry, shape_entry, sides_entry
from nnstudio.gui.form.spins import OptionalField, UnitTag, number_spin
from nnstudio.gui.form.words import choice_text, tooltip, type_text
from nnstudio.gui.widgets import field_state

DIFFERS = "The selected layers have different values here; a new one is given to all of them."


class Editor(QObject):
    """A field of a form: one widget and the values that pass through it.

    Signals:
        edited(object): The user gave a valid value.
        problem(str): What is wrong with the text, or "" once it is right.
        left(): The focus left the field.
        typing(bool): The user begins to type a number, or takes it all back with Escape.
    """

    edited = Signal(object)
    problem = Signal(str)
    left = Signal()
    typing = Signal(bool)

    def __init__(self, row: FormField, widget: QWidget) -> None:
        super().__init__(widget)
        self.row = row
        self.widget = widget
        self._state = "normal"
        self._reason = ""
        widget.setAccessibleName(row.label)
        widget.setToolTip(tooltip(row.help))
        widget.installEventFilter(self)
        self._describe()

    def show_value(self, value: Any) -> None:
        """Show a value without announcing it."""
        raise NotImplementedError

    def show_differing(self, differs: bool) -> None:
        """Say whether the specs that are edited together have different values here."""
        words = f"{self.row.help} {DIFFERS}" if differs else self.row.help
        if self._state == "normal":
            self.widget.setToolTip(tooltip(words))
            self.widget.setAccessibleDescription(words)

    def set_check(self, check: Callable[[Any], str]) -> None:
        """Ask ``check`` about every value before it is taken over; editors of bounded values needn't."""

    def set_state(self, state: str, reason: str) -> None:
        """``normal``, ``locked``, ``changed`` or ``invalid``, and why, as tooltip and for screen readers."""
        self._state, self._reason = state, reason
        if state == "locked":
            field_state.lock(self.widget, reason)
        else:
            field_state.unlock(self.widget)
            self.widget.setToolTip(tooltip(f"{self.row.help} {reason}".strip()))
        field_state.set_changed(self.widget, state == "changed")
        if state == "invalid" or self.own_problem() == "":
            field_state.show_problem(self.widget, reason if state == "invalid" else "")
        self._describe()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Notice when the focus leaves."""
        if event.type() == QEvent.Type.FocusOut:
            self.left.emit()
        return False

    def own_problem(self) -> str:
        """What is wrong with the text that is being typed."""
        return ""

    def _describe(self) -> None:
        """Unit, state and help for screen readers."""
        state = "" if self._state == "normal" else self._reason or self._state
        parts = (self.row.unit, state, self.row.help)
        self.widget.setAccessibleDescription(". ".join(part.rstrip(".") for part in parts if part))


class NumberEditor(Editor):
    """Whole numbers, pairs of them, numbers, percentages and numbers that can be switched off.

    Every valid text counts at once. Ctrl+Z belongs to the project here, not to the text.
    """

    def __init__(self, row: FormField, percent: bool = False) -> None:
        spin = number_spin(row, percent=percent)
        super().__init__(row, spin)
        self.spin = spin
        self._showing = False
        spin.setKeyboardTracking(True)
        spin.lineEdit().installEventFilter(self)
        if row.unit:
            UnitTag(row.unit, spin)
        spin.valueChanged.connect(self._announce)
        spin.problem_changed.connect(self.problem)
        spin.typing.connect(self.typing)

    def show_value(self, value: Any) -> None:
        """Show a value; a text being typed that means the same stays as it is."""
        if value == self._value():
            return
        self.spin.end_typing()  # the value comes from elsewhere
        self._showing = True
        if isinstance(self.spin, OptionalField):
            self.spin.set_optional_value(value)
        else:
            self.spin.setValue(value)
        self._showing = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave undo and redo to the window, unless there is a wrong text to take back."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo, redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            if not self.spin.problem and (event.matches(undo) or event.matches(redo)):
                event.ignore()
                return True
        if watched is not self.widget:
            return False
        return super().eventFilter(watched, event)

    def _value(self) -> float | int | Size | None:
        return self.spin.optional_value() if isinstance(self.spin, OptionalField) else self.spin.value()

    def _announce(self) -> None:
        if not self._showing:
            self.edited.emit(self._value())

    def own_problem(self) -> str:
        """What is wrong with the text that is being typed."""
        return self.spin.problem


class EntryEditor(Editor):
    """Text, shapes and rows of numbers, taken over when the field is left or by Return."""

    def __init__(self, row: FormField) -> None:
        entry = _entry(row)
        super().__init__(row, entry)
        self.entry = entry
        entry.entered.connect(self.edited)
        entry.problem_changed.connect(self.problem)

    def show_value(self, value: Any) -> None:
        """Show a value; a text being typed stays if the value is the same."""
        self.entry.show_value(value)

    def set_check(self, check: Callable[[Any], str]) -> None:
        """Have the text checked while it is typed."""
        self.entry.check = check

    def own_problem(self) -> str:
        """What is wrong with the text that is being typed."""
        return self.entry.problem


class ChoiceEditor(Editor):
    """One of a few values; also the type of a nested spec, and a group that is off or on."""

    def __init__(self, row: FormField) -> None:
        box = ChoiceBox(_options(row))
        super().__init__(row, box)
        self.box = box
        box.chosen.connect(self.edited)

    def show_value(self, value: Any) -> None:
        """Show a choice."""
        self.box.show_value(value)


class CheckEditor(Editor):
    """Yes or no; the box carries its own label."""

    def __init__(self, row: FormField) -> None:
        check = QCheckBox(row.label)
        super().__init__(row, check)
        self.check = check
        check.clicked.connect(lambda ticked: self.edited.emit(ticked))

    def show_value(self, value: Any) -> None:
        """Tick the box or not."""
        self.check.setTristate(False)
        self.check.setChecked(bool(value))

    def show_differing(self, differs: bool) -> None:
        """Half tick the box where some say yes and some no."""
        super().show_differing(differs)
        self.check.setTristate(differs)
        if differs:
            self.check.setCheckState(Qt.CheckState.PartiallyChecked)


def make_editor(row: FormField, *, percent: bool = False) -> Editor:
    """The editor for a field's kind."""
    if row.kind in ("int", "float", "pair"):
        return NumberEditor(row, percent)
    if row.kind == "bool" and not row.optional:
        return CheckEditor(row)
    if row.kind in ("choice", "spec", "group", "bool"):
        return ChoiceEditor(row)
    return EntryEditor(row)


def _entry(row: FormField) -> Entry:
    if row.kind == "numbers":
        return numbers_entry(row.off, row.choices)
    makers = {"shape": shape_entry, "sides": sides_entry}
    return makers.get(row.kind, Entry)()


def _options(row: FormField) -> list[tuple[Any, str, str]]:
    """Value, text and tooltip of every choice."""
    if row.registry is not None:
        types = {cls.type_name(): cls for cls in row.registry}
        return [
            (name, type_text(row.registry, name), tooltip(_first_line(cls.__doc__)))
            for name, cls in types.items()
        ]
    if row.kind == "group":
        return [(False, row.off, ""), (True, "on", "")]
    values = (True, False) if row.kind == "bool" else row.choices
    options = [(value, choice_text(value), "") for value in values]
    return [(None, row.off, ""), *options] if row.optional else options


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().split("\n\n")[0].replace("``", "")
