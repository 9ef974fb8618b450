"""A form made from a spec class: its fields, bounds, steps, choices and help, in declared order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.core.fields import FormField, describe
from nnstudio.errors import SpecError
from nnstudio.gui.form.editors import ChoiceEditor, Editor, make_editor
from nnstudio.gui.form.row import CheckRow, FormRow
from nnstudio.gui.form.spins import OptionalField
from nnstudio.gui.form.words import error_sentence
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS

STATES = ("normal", "locked", "changed", "invalid")


class SpecForm(QWidget):
    """A generated form. It shows a spec and says what the user wants changed; it changes nothing itself.

    A value that the spec class refuses is marked, never announced, so the last valid one stays in force.

    Signals:
        edited(str, object): The user gave a field a valid value.
        left(): The focus left a field; whoever merges edits may end the merging.
    """

    edited = Signal(str, object)
    left = Signal()

    def __init__(
        self,
        cls: type[BaseModel],
        parent: QWidget | None = None,
        *,
        only: Collection[str] | None = None,
        percent: Collection[str] = (),
        level: int = 0,
    ) -> None:
        """Make a form; it shows the class's defaults, where it has them, until ``set_spec``.

        Args:
            cls: Spec class.
            parent: Qt parent.
            only: Names of the fields to show; all if None.
            percent: Names of fields from 0 to 1 that are shown as percentages.
            level: Depth of nesting; indents the labels.
        """
        super().__init__(parent)
        self._spec: Any = None
        self._check: Callable[[str, Any], str] = lambda _name, _value: ""
        self._hidden: frozenset[str] = frozenset()
        self._marks: dict[str, tuple[str, str]] = {}
        self._rows = {row.name: row for row in describe(cls) if only is None or row.name in only}
        self._editors = {name: make_editor(row, percent=name in percent) for name, row in self._rows.items()}
        self._places: dict[str, FormRow | CheckRow] = {}
        self._nested: dict[str, _Nested] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._build(level)
        self._space()
        theme().changed.connect(self._space)

    @property
    def spec(self) -> Any:
        """The spec that is shown."""
        return self._spec

    def editor(self, field: str) -> QWidget:
        """The widget of a field."""
        return self._editors[field].widget

    def nested(self, field: str) -> SpecForm | None:
        """The form of a nested spec's own settings, if it has any."""
        return self._nested[field].form

    def problem(self, field: str) -> str:
        """The sentence shown at a field, or an empty string."""
        return self._places[field].sentence()

    def set_spec(self, spec: Any) -> None:
        """Show a spec; never emits."""
        self._spec = spec
        for name, editor in self._editors.items():
            value = getattr(spec, name)
            if name in self._nested:
                self._nested[name].set_value(value)
                value = value.type_name() if self._rows[name].kind == "spec" else value is not None
            editor.show_value(value)
        self._show_rows()

    def set_state(self, field: str, state: str, tooltip: str = "") -> None:
        """Mark a field.

        Args:
            field: Name of the field.
            state: One of ``STATES``.
            tooltip: Why: how to unlock it, when it applies, or what is allowed.

        Raises:
            ValueError: There is no such state.
        """
        if state not in STATES:
            raise ValueError(f"a field's state is one of {', '.join(STATES)}; got {state!r}")
        if self._marks.get(field) == (state, tooltip) and not self.problem(field):
            return
        self._marks[field] = (state, tooltip)
        self._editors[field].set_state(state, tooltip)
        if field in self._nested:
            self._nested[field].set_state("locked" if state == "locked" else "normal", tooltip)
        if state == "invalid" or not self._editors[field].own_problem():
            self._places[field].say(tooltip if state == "invalid" else "")

    def set_check(self, check: Callable[[str, Any], str]) -> None:
        """Asks ``check(field, value)`` for a sentence before a value is taken; "" if it is all right."""
        self._check = check

    def set_placeholder(self, field: str, text: str) -> None:
        """What an empty optional number says ("inherit 1e-4")."""
        widget = self._editors[field].widget
        if isinstance(widget, OptionalField):
            widget.set_placeholder(text)

    def set_hidden(self, fields: Collection[str]) -> None:
        """Hide some fields."""
        self._hidden = frozenset(fields)
        self._show_rows()

    def focus_chain(self) -> list[QWidget]:
        """Every widget that takes the focus, from top to bottom."""
        chain: list[QWidget] = []
        checks: list[QWidget] = []
        for name, editor in self._editors.items():
            place = self._places[name]
            if isinstance(place, CheckRow):
                checks.append(editor.widget)
                continue
            chain += [place.fold_button, editor.widget]
            nested = self._nested[name].form if name in self._nested else None
            chain += nested.focus_chain() if nested else []
        return chain + checks

    def _build(self, level: int) -> None:
        checks: list[Editor] = []
        for name, row in self._rows.items():
            editor = self._editors[name]
            self._wire(name, editor)
            if row.kind == "bool" and not row.optional:
                checks.append(editor)
                continue
            place = self._places[name] = FormRow(editor, level)
            self._layout.addWidget(place)
            if row.kind in ("spec", "group") and isinstance(editor, ChoiceEditor):
                nested = self._nested[name] = _Nested(row, place, level + 1)
                nested.edited.connect(lambda value, name=name: self._take(name, value))
                nested.left.connect(self.left)
                self._layout.addWidget(nested)
        if checks:
            line = CheckRow(checks)
            self._layout.addWidget(line)
            self._places |= {editor.row.name: line for editor in checks}

    def _wire(self, name: str, editor: Editor) -> None:
        editor.edited.connect(lambda value: self._on_edited(name, value))
        editor.left.connect(lambda: self._on_left(name))
        editor.set_check(lambda value: self._sentence(name, value))

    def _on_left(self, name: str) -> None:
        """A refused value gives way to the one in force."""
        if self._spec is not None and self.problem(name) and not self._editors[name].own_problem():
            self.set_state(name, "normal")
            self.set_spec(self._spec)
        self.left.emit()

    def _on_edited(self, name: str, value: Any) -> None:
        if name in self._nested:
            value = self._nested[name].chosen(value)
        self._take(name, value)

    def _take(self, name: str, value: Any) -> None:
        """Announce a value, unless it is refused."""
        problem = self._sentence(name, value)
        if problem:
            self.set_state(name, "invalid", problem)
            return
        if self.problem(name):
            self.set_state(name, "normal")
        if self._spec is None or value == getattr(self._spec, name):
            return
        self.set_spec(self._spec.replace(**{name: value}))
        self.edited.emit(name, value)

    def _sentence(self, name: str, value: Any) -> str:
        if self._spec is None:
            return ""
        try:
            self._spec.replace(**{name: value})
        except SpecError as error:
            return error_sentence(error)
        return self._check(name, value)

    def _show_rows(self) -> None:
        for name, row in self._rows.items():
            wanted = name not in self._hidden and all(
                getattr(self._spec, other, value) == value for other, value in row.when.items()
            )
            place = self._places[name]
            target = place if isinstance(place, FormRow) else self._editors[name].widget
            target.setVisible(wanted)
            if name in self._nested:
                self._nested[name].set_wanted(wanted)

    def _space(self) -> None:
        self._layout.setSpacing(theme().px(METRICS.form_row - METRICS.field))
        for place in self._places.values():
            place.space()


class _Nested(QWidget):
    """The settings of a nested spec or group, below its row.

    Those of a type are folded away while they are the type's own defaults and nobody chose it just now.
    """

    edited = Signal(object)
    left = Signal()

    def __init__(self, row: FormField, place: FormRow, level: int) -> None:
        super().__init__()
        self.form: SpecForm | None = None
        self._row = row
        self._place = place
        self._level = level
        self._value: Any = None
        self._cls: type[BaseModel] | None = None
        self._last: Any = None
        self._open = False
        self._wanted = True
        self._state = ("normal", "")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        place.folded.connect(lambda folded: self._set_open(not folded))

    def set_value(self, value: Any) -> None:
        """Show a nested spec; None for a group that is off."""
        if type(value) is not self._cls:
            self._rebuild(value)
        self._value = value
        if value is not None:
            self._last = value
        if self.form is not None:
            self.form.set_spec(value)
        self._refresh()

    def chosen(self, choice: Any) -> Any:
        """The value that the user's choice stands for: a new spec, or the group on or off."""
        if self._row.registry is not None:
            same = self._value is not None and self._value.type_name() == choice
            self._open = True
            return self._value if same else self._row.registry.create(choice)
        assert self._row.model is not None
        return (self._last or self._row.model()) if choice else None

    def set_state(self, state: str, reason: str) -> None:
        """Lock all fields with their owner, or unlock them."""
        self._state = (state, reason)
        if self.form is not None:
            for name in self.form._rows:
                self.form.set_state(name, state, reason if state == "locked" else "")

    def set_wanted(self, wanted: bool) -> None:
        """Whether the owner's row is shown."""
        self._wanted = wanted
        self._refresh()

    def _rebuild(self, value: Any) -> None:
        if self.form is not None:
            self._layout.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self._cls, self.form = type(value), None
        if value is not None and describe(type(value)):
            self.form = SpecForm(type(value), level=self._level)
            self.form.edited.connect(lambda name, new: self.edited.emit(self._value.replace(**{name: new})))
            self.form.left.connect(self.left)
            self._layout.addWidget(self.form)
            self._open = self._open or value != self._default(value)
            self.set_state(*self._state)

    def _default(self, value: Any) -> Any:
        return type(value)() if self._row.kind == "spec" else None

    def _set_open(self, open_: bool) -> None:
        self._open = open_
        self._refresh()

    def _refresh(self) -> None:
        foldable = self.form is not None and self._row.kind == "spec"
        self._place.set_foldable(foldable)
        self._place.set_folded(not self._open)
        self.setVisible(self.form is not None and self._wanted and (self._open or not foldable))
