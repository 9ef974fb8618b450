"""Keeps the view's selection and the document's the same, whichever of them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QObject

from nnstudio.gui.document import Document
from nnstudio.gui.stack.model import StackModel
from nnstudio.gui.stack.open_blocks import OpenBlocks

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class SelectionLink(QObject):
    """Between one stack and its document."""

    def __init__(self, view: StackView, document: Document, cards: StackModel, blocks: OpenBlocks) -> None:
        super().__init__(view)
        self._view = view
        self._document = document
        self._cards = cards
        self._blocks = blocks
        self._showing = False
        view.selectionModel().currentChanged.connect(self._tell)
        view.selectionModel().selectionChanged.connect(self._tell)
        document.selection_changed.connect(self.show)

    def indexes(self) -> list[QModelIndex]:
        """The selected cards, first to last."""
        return [self._cards.find(name) for name in self._document.selected]

    def show(self, *_name: str) -> None:
        """Shows what the document has selected; the current card comes into sight if it is another."""
        if self._cards.updating:
            return  # comes again when the rows are those of the document
        index, chosen = self._cards.find(self._document.selection), QItemSelection()
        for one in self.indexes():
            chosen.select(one, one)
        model, flags = self._view.selectionModel(), QItemSelectionModel.SelectionFlag
        if index == self._view.currentIndex() and set(chosen.indexes()) == set(model.selectedIndexes()):
            return
        self._showing = True
        if index != self._view.currentIndex():
            model.setCurrentIndex(index, flags.NoUpdate)
            if index.isValid():  # other changes leave the place that the user scrolled to
                self._blocks.reveal(index)
                self._view.scrollTo(index)
        model.select(chosen, flags.ClearAndSelect)
        self._showing = False
        self._view.viewport().update()

    def _tell(self, *_change: object) -> None:
        """The user selected; Qt tells of the current card and of the selection one after the other."""
        if self._cards.updating or self._showing:
            return
        indexes = self._view.selectionModel().selectedIndexes()
        names = [self._cards.report(index).layer.name for index in indexes]
        current = self._view.currentIndex()
        name = self._cards.report(current).layer.name if current.isValid() else ""
        self._document.select_many(names, name if name in names else (names[-1] if names else ""))
