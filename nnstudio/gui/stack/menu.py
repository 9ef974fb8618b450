"""The context menu of a card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from nnstudio.core.shapes import Problem
from nnstudio.gui.icons import icon
from nnstudio.gui.stack import commands
from nnstudio.gui.stack.keys import COMMANDS, StackCommand

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView

_GROUPS = (("inspect", "rename", "duplicate"), ("copy", "paste"), ("move_up", "move_down"), ("delete",))


def card_menu(view: StackView) -> QMenu:
    """The commands for the selected card; the fixes of its problem come first."""
    menu = QMenu(view)
    menu.setAccessibleName("Layer")
    _add_fixes(menu, view)
    known = {command.name: command for command in COMMANDS}
    for group in _GROUPS:
        for name in group:
            menu.addAction(_action(menu, view, known[name]))
        if group is not _GROUPS[-1]:
            menu.addSeparator()
    return menu


def _add_fixes(menu: QMenu, view: StackView) -> None:
    position = view.cards.position(view.document.selection)
    problems: tuple[Problem, ...] = () if position is None else view.cards.row(position).problems
    first = True
    for problem in problems:
        for fix in problem.fixes:
            action = menu.addAction(icon("check", "accent"), fix.label)
            if first:
                _show_key(action, "Ctrl+.")
                first = False
            _on(action, partial(commands.apply_fix, view.document, fix, problem.layer))
    if not first:
        menu.addSeparator()


def _action(menu: QMenu, view: StackView, command: StackCommand) -> QAction:
    action = QAction(command.text, menu)
    action.setObjectName(command.name)
    if command.icon:
        action.setIcon(icon(command.icon))
    _show_key(action, command.keys[0])
    selected = view.document.selection
    editable = commands.can_edit(view.document, selected)
    action.setEnabled(command.name == "paste" or (editable if command.edits_layer else bool(selected)))
    _on(action, partial(view.run, command.name))
    return action


def _on(action: QAction, work: Callable[[], None]) -> None:
    action.triggered.connect(lambda *_checked: work())


def _show_key(action: QAction, keys: str) -> None:
    action.setShortcut(QKeySequence(keys))
    action.setShortcutVisibleInContextMenu(True)
