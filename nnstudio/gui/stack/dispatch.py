"""Carries out the stack's commands by name, on the selected layer of a document."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.gui.document import Document
from nnstudio.gui.stack import commands

_RUN: dict[str, Callable[[Document], object]] = {
    "duplicate": lambda document: commands.duplicate(document, document.selection),
    "copy": lambda document: commands.copy(document, document.selection),
    "paste": commands.paste,
    "move_up": lambda document: commands.move_by(document, document.selection, -1),
    "move_down": lambda document: commands.move_by(document, document.selection, 1),
    "delete": lambda document: commands.remove(document, document.selection),
    "fix": commands.first_fix,
    "next_problem": lambda document: commands.next_problem(document, 1),
    "previous_problem": lambda document: commands.next_problem(document, -1),
}


def run(document: Document, command: str) -> None:
    """Runs one of ``keys.COMMANDS`` that edit the document or its selection.

    Raises:
        KeyError: There is no such command.
        SpecError: It can't be done; the message says why.
    """
    _RUN[command](document)
