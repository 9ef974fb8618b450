"""The context menu of a card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from nnstudio.gui.look.icons import icon
from nnstudio.gui.stack import commands, edits, problems
from nnstudio.gui.stack.keys import COMMANDS, StackCommand

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView

_GROUPS = (
    ("inspect", "rename", "duplicate"),
    ("cut", "copy", "paste"),
    ("disable", "freeze"),
    ("group", "ungroup", "open_block", "close_block"),
    ("move_up", "move_down"),
    ("delete",),
)


def card_menu(view: StackView) -> QMenu:
    """The commands for the selected cards; the fixes of the current one's problem come first."""
    menu = QMenu(view)
    menu.setAccessibleName("Layer")
    _add_fixes(menu, view)
    known = {command.name: command for command in COMMANDS}
    for group in _GROUPS:
        for name in group:
            if _offered(view, name):
                menu.addAction(_action(menu, view, known[name]))
        if group is not _GROUPS[-1]:
            menu.addSeparator()
    return menu


def _add_fixes(menu: QMenu, view: StackView) -> None:
    row = view.document.report.row(view.document.selection)
    shown = problems.shown_problems(row, view.is_open(row.layer.name)) if row else ()
    first = True
    for problem in (one for one in shown if one.layer == shown[0].layer):
        for fix in problem.fixes:
            action = menu.addAction(icon("check", "accent"), fix.label)
            if first:
                _show_key(action, "Ctrl+.")
                first = False
            _on(action, partial(problems.apply_fix, view.document, fix, problem.layer))
    if not first:
        menu.addSeparator()


def _offered(view: StackView, name: str) -> bool:
    """Opening and closing stand in the menu of blocks only, and of the two only what would do something."""
    selected = view.document.selected_layer
    if name not in ("open_block", "close_block"):
        return True
    if selected is None or not selected.children:
        return False
    return view.is_open(selected.name) == (name == "close_block")


def _action(menu: QMenu, view: StackView, command: StackCommand) -> QAction:
    action = QAction(_words(view, command), menu)
    action.setObjectName(command.name)
    if command.icon:
        action.setIcon(icon(command.icon))
    if command.keys:
        _show_key(action, command.keys[0])
    action.setEnabled(_enabled(view, command))
    _on(action, partial(view.run, command.name))
    return action


def _words(view: StackView, command: StackCommand) -> str:
    """Commands that go back and forth say what they would do now."""
    document = view.document
    layers = [document.network.layer(name) for name in commands.editable(document, document.selected)]
    if command.name == "disable":
        verb = "Enable" if layers and all(layer.disabled for layer in layers) else "Disable"
        return f"{verb} {'layers' if len(layers) > 1 else 'layer'}"
    if command.name == "freeze":
        able = [layer for layer in layers if edits.has_weights(type(layer))]
        return "Unfreeze weights" if able and all(layer.frozen for layer in able) else command.text
    return command.text


def _enabled(view: StackView, command: StackCommand) -> bool:
    document = view.document
    names = commands.editable(document, document.selected)
    if command.name == "paste":
        return True
    if command.name == "freeze":
        return any(edits.has_weights(type(document.network.layer(name))) for name in names)
    if command.block:
        selected = document.selected_layer
        return selected is not None and edits.is_block(selected)
    return bool(names) if command.edits_layer else bool(document.selection)


def _on(action: QAction, work: Callable[[], None]) -> None:
    action.triggered.connect(lambda *_checked: work())


def _show_key(action: QAction, keys: str) -> None:
    action.setShortcut(QKeySequence(keys))
    action.setShortcutVisibleInContextMenu(True)
