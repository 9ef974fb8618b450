"""Which blocks of the stack are open: what the user chose for each, or the rule of the window's height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex

from nnstudio.gui.document import Document
from nnstudio.gui.stack.model import StackModel
from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView

LOW_WINDOW = 800
"""Height of the window at 100% zoom below which blocks start closed."""


class OpenBlocks:
    """Keeps the view's blocks open or closed over every change of the rows."""

    def __init__(self, view: StackView, cards: StackModel) -> None:
        self._view = view
        self._cards = cards
        self._chosen: dict[str, bool] = {}

    def is_open(self, name: str) -> bool:
        """The block shows what it holds."""
        return self._view.isExpanded(self._cards.find(name))

    def set_open(self, name: str, is_open: bool) -> None:
        """The user opens or closes a block."""
        self._chosen[name] = is_open
        self._view.setExpanded(self._cards.find(name), is_open)

    def toggle(self, document: Document, name: str, is_open: bool) -> None:
        """Opens or closes a block; the selection leaves a block that closes."""
        inside = [layer.name for layer in document.network.layer(name).tree()][1:]
        if not is_open and set(inside) & set(document.selected):
            document.select(name)
        self.set_open(name, is_open)

    def go_in(self, document: Document) -> None:
        """Opens the selected block; in an open one, selects its first layer."""
        layer = document.selected_layer
        if layer is None or not layer.children:
            return
        if self.is_open(layer.name):
            document.select(layer.children[0].name)
        else:
            self.set_open(layer.name, True)

    def go_out(self, document: Document) -> None:
        """Closes the selected block; elsewhere, selects the block around."""
        layer = document.selected_layer
        if layer is None:
            return
        if layer.children and self.is_open(layer.name):
            self.toggle(document, layer.name, False)
        elif around := document.network.parent(layer.name):
            document.select(around)

    def reveal(self, index: QModelIndex) -> None:
        """Opens the blocks around a layer."""
        around = index.parent()
        while around.isValid():
            if not self._view.isExpanded(around):
                self.set_open(self._cards.report(around).layer.name, True)
            around = around.parent()

    def apply(self) -> None:
        """Opens and closes the blocks of new rows."""
        for index in self._cards.blocks():
            wanted = self._wanted(self._cards.report(index).layer.name)
            if self._view.isExpanded(index) != wanted:
                self._view.setExpanded(index, wanted)

    def forget(self) -> None:
        """Another project was opened."""
        self._chosen.clear()

    def renamed(self, old: str, new: str) -> None:
        """A block has another name."""
        if old in self._chosen:
            self._chosen[new] = self._chosen.pop(old)

    def _wanted(self, name: str) -> bool:
        """Decided when the block is first seen; before the window shows, its height says nothing."""
        if not self._view.isVisible():
            return self._chosen.get(name, True)
        return self._chosen.setdefault(name, self._view.window().height() >= LOW_WINDOW * theme().zoom)
