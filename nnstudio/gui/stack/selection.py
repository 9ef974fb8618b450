"""Keeps a sensible layer selected when undo and redo make layers come and go."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nnstudio.core.history import Change
from nnstudio.core.spec import NetworkSpec
from nnstudio.gui.document import Document


class SelectionKeeper(QObject):
    """Selects the layer that came back, or the neighbour of the one that went."""

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
            self._document.select(chosen)


def to_select(before: NetworkSpec, after: NetworkSpec, selected: str, last: str) -> str:
    """Name of the layer to select after a change, or "" to leave the selection alone.

    Args:
        before: The stack before.
        after: The stack now.
        selected: The selected layer; "" if it went with the change.
        last: The layer that was selected last, perhaps the one that went.
    """
    old = [layer.name for layer in before.layers]
    new = [layer.name for layer in after.layers]
    added = [name for name in new if name not in old]
    if len(new) > len(old) and len(added) == 1:
        return added[0]
    if selected or last not in old or last in new or not new:
        return ""
    return new[min(old.index(last), len(new) - 1)]
