"""Segmented control: a few exclusive choices side by side, such as Counts | Row % | Column %."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from nnstudio.gui.look.icons import icon
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.properties import set_property


class SegmentedControl(QFrame):
    """One choice of several, always exactly one.

    The control takes the focus as a whole; Left, Right, Home and End move the choice.

    Signals:
        changed: The key of the new choice, whether by mouse, key or ``set_value``.
    """

    changed = Signal(str)

    def __init__(
        self,
        choices: Sequence[tuple[str, str] | tuple[str, str, str]],
        name: str,
        value: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Make the control.

        Args:
            choices: ``(key, text)`` or ``(key, text, icon)`` from left to right.
            name: Accessible name, what is being chosen.
            value: The key chosen at first; the first one if empty.
            parent: Qt parent.
        """
        super().__init__(parent)
        set_property(self, role="segments")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self._buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)  # the frame brings its border
        layout.setSpacing(0)
        for key, text, *drawing in choices:
            layout.addWidget(self._add(key, text, drawing[0] if drawing else ""))
        buttons = list(self._buttons.values())
        buttons[0].setProperty("end", "first")
        buttons[-1].setProperty("end", "last")
        self._buttons[value or choices[0][0]].setChecked(True)
        self._describe()
        self._group.buttonToggled.connect(self._toggled)
        theme().changed.connect(self._resize_icons)

    @property
    def value(self) -> str:
        """Key of the choice."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def set_value(self, key: str) -> None:
        """Choose ``key``.

        Raises:
            KeyError: There is no such choice.
        """
        self._buttons[key].setChecked(True)

    def set_choice_enabled(self, key: str, enabled: bool, tooltip: str = "") -> None:
        """Allow or forbid one choice; ``tooltip`` says why."""
        self._buttons[key].setEnabled(enabled)
        self._buttons[key].setToolTip(tooltip)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the choice with the arrow keys."""
        allowed = [key for key, button in self._buttons.items() if button.isEnabled()]
        if self.value not in allowed:
            return super().keyPressEvent(event)
        at = allowed.index(self.value)
        moves = {
            Qt.Key.Key_Left: max(0, at - 1),
            Qt.Key.Key_Right: min(len(allowed) - 1, at + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(allowed) - 1,
        }
        if event.key() not in moves:
            return super().keyPressEvent(event)
        self.set_value(allowed[moves[Qt.Key(event.key())]])
        return None

    def _add(self, key: str, text: str, drawing: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "segment")
        button.setText(text)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if drawing:
            button.setIcon(icon(drawing, "text2", "accent"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._group.addButton(button)
        self._buttons[key] = button
        return button

    def _toggled(self, _button: QToolButton, checked: bool) -> None:
        if checked:
            self._describe()
            self.changed.emit(self.value)

    def _describe(self) -> None:
        self.setAccessibleDescription(self._buttons[self.value].text())

    def _resize_icons(self) -> None:
        side = theme().px(14)
        for button in self._buttons.values():
            button.setIconSize(QSize(side, side))
