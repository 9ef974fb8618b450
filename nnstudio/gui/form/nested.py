"""The settings of a nested spec or of a group, below the row that chooses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.core.fields import FormField, describe
from nnstudio.gui.form.row import FormRow
from nnstudio.gui.widgets.properties import set_shown

if TYPE_CHECKING:
    from nnstudio.gui.forms import SpecForm


class NestedForm(QWidget):
    """The settings of a nested spec or group, below its row.

    Those of a type are folded away while they are the type's own defaults and nobody chose it just now.

    Args:
        row: The field that holds the spec.
        place: Its row in the form around.
        make: Makes the form of a class, inside a widget.
        parent: Qt parent.

    Signals:
        edited(object): The user gave one of the settings a valid value; carries the whole nested spec.
        left(): The focus left a field.
        typing(bool): The user begins to type, or takes it all back.
    """

    edited = Signal(object)
    left = Signal()
    typing = Signal(bool)

    def __init__(
        self,
        row: FormField,
        place: FormRow,
        make: Callable[[type[BaseModel], QWidget], SpecForm],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.form: SpecForm | None = None
        self._row = row
        self._place = place
        self._make = make
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
            self.form.set_all_states(state, reason if state == "locked" else "")

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
            self.form = self._make(type(value), self)
            self.form.edited.connect(lambda name, new: self.edited.emit(self._value.replace(**{name: new})))
            self.form.left.connect(self.left)
            self.form.typing.connect(self.typing)
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
        set_shown(self, self.form is not None and self._wanted and (self._open or not foldable))
