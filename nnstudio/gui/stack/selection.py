"""Keeps a sensible layer selected when undo and redo make layers come and go."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nnstudio.core.history import Change
from nnstudio.core.spec import NetworkSpec
from nnstudio.gui.document import Document
from nnstudio.gui.stack import edits


class SelectionKeeper(QObject):
    """Selects the layers that came back, or the neighbour of the one that went."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._last = ""
        document.selection_changed.connect(self._remember)
        document.changed.connect(self._follow)

    def _remember(self, name: str) -> None:
        if name:
            self._last = name

    def _follow(self, change: Change) -> None:
        if not change.network:
            return
        chosen = to_select(change.before.network, change.after.network, self._document.selection, self._last)
        if chosen:
            self._document.select_many(chosen, chosen[0])


def to_select(before: NetworkSpec, after: NetworkSpec, selected: str, last: str) -> tuple[str, ...]:
    """Names of the layers to select after a change; none to leave the selection alone.

    Args:
        before: The stack before.
        after: The stack now.
        selected: The selected layer; "" if it went with the change.
        last: The layer that was selected last, perhaps the one that went.
    """
    old = [layer.name for layer in before.walk()]
    new = [layer.name for layer in after.walk()]
    added = [name for name in new if name not in old]
    if added and set(old) <= set(new):
        return edits.in_order(after, added)
    if selected or last not in old or last in new or not new:
        return ()
    return (new[min(old.index(last), len(new) - 1)],)
