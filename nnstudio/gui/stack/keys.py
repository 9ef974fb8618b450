"""The stack's keys and the words of its commands, for the view and its context menu."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


@dataclass(frozen=True)
class StackCommand:
    """A command on the selected layer.

    Attributes:
        name: What :meth:`StackView.run` takes.
        text: What the context menu calls it.
        keys: Its shortcuts; the menu shows the first.
        icon: Its icon in the menu, or "".
        edits_layer: It changes the layer itself, which the Input doesn't allow.
    """

    name: str
    text: str
    keys: tuple[str, ...]
    icon: str = ""
    edits_layer: bool = False


COMMANDS = (
    StackCommand("inspect", "Settings", ("Enter", "Return"), "sliders"),
    StackCommand("rename", "Rename", ("F2",), "edit"),
    StackCommand("duplicate", "Duplicate", ("Ctrl+D",), "duplicate", edits_layer=True),
    StackCommand("copy", "Copy", ("Ctrl+C",)),
    StackCommand("paste", "Paste", ("Ctrl+V",), "paste"),
    StackCommand("move_up", "Move up", ("Alt+Up",), "arrow-up", edits_layer=True),
    StackCommand("move_down", "Move down", ("Alt+Down",), "arrow-down", edits_layer=True),
    StackCommand("delete", "Delete", ("Del", "Backspace"), "trash", edits_layer=True),
    StackCommand("fix", "Apply the first fix", ("Ctrl+.",)),
    StackCommand("next_problem", "Next problem", ("F8",)),
    StackCommand("previous_problem", "Previous problem", ("Shift+F8",)),
)


def _combined(keys: str) -> int:
    combination: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]  # missing in the stubs
    return combination.toCombined()


_BY_KEY = {_combined(keys): command.name for command in COMMANDS for keys in command.keys}


def command_for(event: QKeyEvent) -> str | None:
    """Name of the command that a key press stands for."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return _BY_KEY.get(QKeyCombination(modifiers, Qt.Key(event.key())).toCombined())
