"""A form made from a spec class: its fields, bounds, steps, choices and help, in declared order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.core.fields import describe
from nnstudio.errors import SpecError
from nnstudio.gui.form.editors import ChoiceEditor, Editor, make_editor
from nnstudio.gui.form.nested import NestedForm
from nnstudio.gui.form.row import CheckRow, FormRow
from nnstudio.gui.form.spins import OptionalField
from nnstudio.gui.form.words import error_sentence
from nnstudio.gui.help.topics import Topic, field_topic
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.properties import set_shown

STATES = ("normal", "locked", "changed", "invalid")


class SpecForm(QWidget):
    """A generated form. It shows a spec and says what the user wants changed; it changes nothing itself.

    A value that the spec class refuses is marked, never announced, so the last valid one stays in force.

    Signals:
        edited(str, object): The user gave a field a valid value.
        left(): The focus left a field; whoever merges edits may end the merging.
        typing(bool): The user begins to type, or takes it all back: whoever keeps a history may forget it.
    """

    edited = Signal(str, object)
    left = Signal()
    typing = Signal(bool)

    def __init__(
        self,
        cls: type[BaseModel],
        parent: QWidget | None = None,
        *,
        only: Collection[str] | None = None,
        percent: Collection[str] = (),
        also: Collection[str] = (),
        level: int = 0,
    ) -> None:
        """Make a form; it shows the class's defaults, where it has them, until ``set_spec``.

        Args:
            cls: Spec class.
            parent: Qt parent.
            only: Names of the fields to show; all if None.
            percent: Names of fields from 0 to 1 that are shown as percentages.
            also: Names of hidden fields to show as well, last.
            level: Depth of nesting; indents the labels.
        """
        super().__init__(parent)
        self._spec: Any = None
        self._check: Callable[[str, Any], str] = lambda _name, _value: ""
        self._hidden: frozenset[str] = frozenset()
        self._shows_rare = False
        self._differing: frozenset[str] = frozenset()
        self._marks: dict[str, tuple[str, str]] = {}
        self._rows = {row.name: row for row in describe(cls, also) if only is None or row.name in only}
        self._editors = {name: make_editor(row, percent=name in percent) for name, row in self._rows.items()}
        self._places: dict[str, FormRow | CheckRow] = {}
        self._nested: dict[str, NestedForm] = {}
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

    def show_differing(self, fields: Collection[str]) -> None:
        """Marks the fields in which specs that are edited together with this one differ."""
        self._differing = frozenset(fields)
        for name, editor in self._editors.items():
            place = self._places[name]
            if isinstance(place, FormRow):
                place.show_differing(name in fields)
            else:
                editor.show_differing(name in fields)

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

    def has_rare(self) -> bool:
        """Some fields are shown on demand only."""
        return any(row.rare for row in self._rows.values())

    def show_rare(self, shown: bool) -> None:
        """Shows the rare fields too; those that aren't at their default are shown anyway."""
        self._shows_rare = shown
        self._show_rows()

    def set_all_states(self, state: str, tooltip: str = "") -> None:
        """Marks every field; see :meth:`set_state`."""
        for name in self._rows:
            self.set_state(name, state, tooltip)

    def set_aside(self, field: str, widget: QWidget) -> None:
        """Puts a widget at the right of a field's own."""
        place = self._places[field]
        assert isinstance(place, FormRow)
        place.set_aside(widget)

    def set_slider(self, field: str, slider: QWidget, width: int) -> None:
        """Puts a slider before a field, which keeps ``width`` pixels at zoom 100%."""
        place = self._places[field]
        assert isinstance(place, FormRow)
        place.set_slider(slider, width)

    def help_topic(self, item: QWidget) -> Topic | None:
        """What F1 says about the field that holds ``item``."""
        for name, editor in self._editors.items():
            if editor.widget is item or editor.widget.isAncestorOf(item):
                value = None if self._spec is None else getattr(self._spec, name)
                return field_topic(self._rows[name], value)
        return None

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
            place = self._places[name] = FormRow(editor, level, self)
            self._layout.addWidget(place)
            if row.kind in ("spec", "group") and isinstance(editor, ChoiceEditor):
                nested = self._nested[name] = NestedForm(row, place, partial(SpecForm, level=level + 1), self)
                nested.edited.connect(lambda value, name=name: self._take(name, value))
                nested.left.connect(self.left)
                nested.typing.connect(self.typing)
                self._layout.addWidget(nested)
        if checks:
            line = CheckRow(checks, self)
            self._layout.addWidget(line)
            self._places |= {editor.row.name: line for editor in checks}

    def _wire(self, name: str, editor: Editor) -> None:
        editor.edited.connect(lambda value: self._on_edited(name, value))
        editor.left.connect(lambda: self._on_left(name))
        editor.typing.connect(lambda begun: self._on_typing(name, begun))
        editor.set_check(lambda value: self._sentence(name, value))

    def _on_left(self, name: str) -> None:
        self._forget_refused(name)
        self.left.emit()

    def _on_typing(self, name: str, begun: bool) -> None:
        self.typing.emit(begun)
        if not begun:
            self._forget_refused(name)

    def _forget_refused(self, name: str) -> None:
        """A refused value gives way to the one in force."""
        if self._spec is not None and self.problem(name) and not self._editors[name].own_problem():
            self.set_state(name, "normal")
            self.set_spec(self._spec)

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
        known = name not in self._differing
        if self._spec is None or (known and value == getattr(self._spec, name)):
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
        boxes: dict[CheckRow, list[Editor]] = {}
        for name in self._rows:
            wanted, place = self._wants(name), self._places[name]
            if isinstance(place, CheckRow):
                boxes.setdefault(place, []).extend([self._editors[name]] if wanted else [])
                continue
            set_shown(place, wanted)
            if name in self._nested:
                self._nested[name].set_wanted(wanted)
        for line, editors in boxes.items():
            line.show_only(editors)

    def _wants(self, name: str) -> bool:
        """The field is shown now."""
        row = self._rows[name]
        if name in self._hidden or self._spec is None:
            return name not in self._hidden
        if row.rare and not self._shows_rare and row.is_default(getattr(self._spec, name)):
            return False
        return all(getattr(self._spec, other, value) == value for other, value in row.when.items())

    def _space(self) -> None:
        self._layout.setSpacing(theme().px(METRICS.form_row - METRICS.field))
        for place in self._places.values():
            place.space()
