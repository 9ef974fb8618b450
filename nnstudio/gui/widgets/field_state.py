"""States of a field beyond enabled and disabled: changed, invalid and locked.

A locked field has the sunken ground and a padlock, takes the focus and can be copied from, but cannot be
edited; its tooltip says how to unlock it. An invalid one has the red border and a red mark.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QLineEdit, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_property

_MARKS = {"locked": ("lock", "text2", 13), "invalid": ("error-circle", "error", 14)}
_WALKING_KEYS = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape)


def lock(field: QWidget, reason: str) -> None:
    """Make ``field`` read-only until ``unlock``; ``reason`` says how: "Stop the run to change it."."""
    keeper = _keeper(field)
    if not keeper.locked:
        keeper.locked = True
        keeper.tooltip = field.toolTip()
    field.setToolTip(f"{keeper.tooltip}\n{reason}".strip())
    field.setAccessibleDescription(reason)
    if isinstance(field, QAbstractSpinBox | QLineEdit):
        field.setReadOnly(True)
    keeper.refresh()


def unlock(field: QWidget) -> None:
    """Make a locked field editable again."""
    keeper = _find(field)
    if keeper is None or not keeper.locked:
        return
    keeper.locked = False
    field.setToolTip(keeper.tooltip)
    field.setAccessibleDescription("")
    if isinstance(field, QAbstractSpinBox | QLineEdit):
        field.setReadOnly(False)
    keeper.refresh()


def is_locked(field: QWidget) -> bool:
    """Whether ``lock`` holds the field."""
    keeper = _find(field)
    return keeper is not None and keeper.locked


def set_changed(field: QWidget, changed: bool) -> None:
    """Mark a value that was edited and is not applied yet (accent border)."""
    keeper = _keeper(field)
    keeper.changed = changed
    keeper.refresh()


def show_problem(field: QWidget, sentence: str) -> None:
    """Mark the field's text as wrong, or as right again for an empty sentence."""
    if not sentence and _find(field) is None:
        return
    keeper = _keeper(field)
    keeper.problem = sentence
    keeper.refresh()


def _find(field: QWidget) -> _StateKeeper | None:
    return field.findChild(_StateKeeper, options=Qt.FindChildOption.FindDirectChildrenOnly)


def _keeper(field: QWidget) -> _StateKeeper:
    return _find(field) or _StateKeeper(field)


class _StateKeeper(QObject):
    """Remembers one field's states, places the mark at its right end and holds edits off while locked."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        self._field = field
        self._mark: IconLabel | None = None
        self.locked = False
        self.changed = False
        self.problem = ""
        self.tooltip = ""
        field.installEventFilter(self)
        theme().changed.connect(self._place)

    def refresh(self) -> None:
        """Show the most important state: locked, then invalid, then changed."""
        state = "locked" if self.locked else "invalid" if self.problem else "changed" if self.changed else ""
        set_property(self._field, state=state)
        if state not in _MARKS:
            if self._mark is not None:
                self._mark.hide()
            return
        name, role, size = _MARKS[state]
        if self._mark is None:
            self._mark = IconLabel(name, role, size, self._field)
        self._mark.show_icon(name, role)
        self._mark.show()
        self._place()

    def _place(self) -> None:
        if self._mark is not None:
            side = self._mark.sizeHint().width()
            left = self._field.width() - side - theme().px(6)
            if isinstance(self._field, QCheckBox):  # it has no frame: its mark stands behind the words
                left = min(self._field.sizeHint().width() + theme().px(4), self._field.width() - side)
            self._mark.move(left, (self._field.height() - side) // 2)
            self._mark.raise_()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the field's size; swallow what would edit a locked one."""
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self._place()
        if not self.locked or isinstance(self._field, QLineEdit):
            return False
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            copying = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            return not copying and event.key() not in _WALKING_KEYS
        if kind == QEvent.Type.Wheel:
            event.ignore()
            return True
        return kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
