"""The stack's keys and the words of its commands, for the view and its context menu."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


@dataclass(frozen=True)
class StackCommand:
    """A command on the selected layers.

    Attributes:
        name: What :meth:`StackView.run` takes.
        text: What the context menu calls it.
        keys: Its shortcuts; the menu shows the first.
        icon: Its icon in the menu, or "".
        edits_layer: It changes the layers themselves, which the Input doesn't allow.
        block: It needs a block.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    edits_layer: bool = False
    block: bool = False


COMMANDS = (
    StackCommand("inspect", "Settings", ("Enter", "Return"), "sliders"),
    StackCommand("rename", "Rename", ("F2",), "edit"),
    StackCommand("duplicate", "Duplicate", ("Ctrl+D",), "duplicate", edits_layer=True),
    StackCommand("cut", "Cut", ("Ctrl+X",), edits_layer=True),
    StackCommand("copy", "Copy", ("Ctrl+C",)),
    StackCommand("paste", "Paste", ("Ctrl+V",), "paste"),
    StackCommand("disable", "Disable layer", ("Ctrl+/",), "power", edits_layer=True),
    StackCommand("freeze", "Freeze weights", (), "lock", edits_layer=True),
    StackCommand("group", "Group into block", ("Ctrl+G",), "group", edits_layer=True),
    StackCommand("ungroup", "Ungroup block", ("Ctrl+Shift+G",), "ungroup", edits_layer=True, block=True),
    StackCommand("open_block", "Open block", ("Right",), block=True),
    StackCommand("close_block", "Close block", ("Left",), block=True),
    StackCommand("move_up", "Move up", ("Alt+Up",), "arrow-up", edits_layer=True),
    StackCommand("move_down", "Move down", ("Alt+Down",), "arrow-down", edits_layer=True),
    StackCommand("delete", "Delete", ("Del", "Backspace"), "trash", edits_layer=True),
    StackCommand("fix", "Apply the first fix", ("Ctrl+.",)),
    StackCommand("next_problem", "Next problem", ("F8",)),
    StackCommand("previous_problem", "Previous problem", ("Shift+F8",)),
)
STACK_COMMANDS = {command.name for command in COMMANDS}
"""Their names; those that stand in the menu bar as well have the same name there."""


def _combined(keys: str) -> int:
    combination: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]  # missing in the stubs
    return combination.toCombined()


_BY_KEY = {_combined(keys): command.name for command in COMMANDS for keys in command.keys}


def command_for(event: QKeyEvent) -> str | None:
    """Name of the command that a key press stands for."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return _BY_KEY.get(QKeyCombination(modifiers, Qt.Key(event.key())).toCombined())
