"""Carries out the stack's commands by name, on the selected layers of a document."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.gui.document import Document
from nnstudio.gui.stack import commands, problems

_RUN: dict[str, Callable[[Document], object]] = {
    "duplicate": lambda document: commands.duplicate(document, document.selected),
    "copy": lambda document: commands.copy(document, document.selected),
    "cut": lambda document: commands.cut(document, document.selected),
    "paste": commands.paste,
    "delete": lambda document: commands.remove(document, document.selected),
    "disable": lambda document: commands.toggle(document, document.selected, "disabled"),
    "freeze": lambda document: commands.toggle(document, document.selected, "frozen"),
    "group": lambda document: commands.group(document, document.selected),
    "ungroup": lambda document: commands.ungroup(document, document.selection),
    "fix": problems.first_fix,
    "next_problem": lambda document: problems.next_problem(document, 1),
    "previous_problem": lambda document: problems.next_problem(document, -1),
}
_STEPS = {"move_up": -1, "move_down": 1}


def run(document: Document, command: str, enters: Callable[[str], bool]) -> None:
    """Runs one of ``keys.COMMANDS`` that edit the document or its selection.

    Args:
        document: The document.
        command: Name of the command.
        enters: Whether a layer that moves past the block of that name goes into it.

    Raises:
        KeyError: There is no such command.
        SpecError: It can't be done; the message says why.
    """
    if command in _STEPS:
        commands.move_by(document, document.selected, _STEPS[command], enters)
    else:
        _RUN[command](document)
