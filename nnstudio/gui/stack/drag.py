"""Drag and drop of the stack: lifts cards, follows what is dragged over, carries out the drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtGui import QDrag, QDragMoveEvent, QDropEvent

from nnstudio.gui.document import Document
from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack import commands, edits, mime
from nnstudio.gui.stack.auto_scroll import AutoScroll
from nnstudio.gui.stack.carry import dress
from nnstudio.gui.stack.drop import Drop, position_at
from nnstudio.gui.stack.model import StackModel
from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class StackDrag(QObject):
    """The drag that is over the stack, if any.

    Attributes:
        moving: Name of the card that was lifted from this stack, or "".
    """

    def __init__(self, view: StackView, document: Document, model: StackModel) -> None:
        super().__init__(view)
        self._view = view
        self._document = document
        self._model = model
        self.moving = ""
        self._carried: mime.Carried | None = None
        self._drop: Drop | None = None
        self._y = 0.0
        self._copies = False
        self._scroll = AutoScroll(view, self._aim)

    @property
    def leaving(self) -> str:
        """Name of the lifted card if it will leave its place; with Ctrl held it stays."""
        return "" if self._drop is not None and self._drop.copies else self.moving

    def lift(self, index: QModelIndex) -> None:
        """Starts the drag of a card and returns when it has ended."""
        if not index.isValid() or not self._model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled:
            return
        layer = self._model.row(index.row()).layer
        drag = QDrag(self._view)
        drag.setMimeData(self._model.mimeData([index]))
        dress(drag, layer, self._view.devicePixelRatioF())
        self.moving = layer.name
        self._view.viewport().update()
        try:
            drag.exec(self._model.supportedDragActions(), Qt.DropAction.MoveAction)
        finally:
            self.moving = ""
            self.end()

    def enter(self, event: QDragMoveEvent) -> None:
        """Something is dragged over the stack."""
        self._carried = mime.unpack(event.mimeData(), self._model)
        if self._carried is not None and edits.is_input(self._carried.layer):
            self._carried = None
        self.move(event)

    def move(self, event: QDragMoveEvent) -> None:
        """It moved, or a key changed between moving and copying."""
        if self._carried is None:
            event.ignore()
            return
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        self._copies = held or not self._carried.moving
        self._y = event.position().y()
        self._aim()
        self._scroll.follow(self._y)
        event.setDropAction(Qt.DropAction.CopyAction if self._copies else Qt.DropAction.MoveAction)
        event.accept()

    def drop(self, event: QDropEvent) -> None:
        """It was let go."""
        self._y = event.position().y()
        self._aim()
        landed = self._drop
        self.end()
        if landed is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction if landed.copies else Qt.DropAction.MoveAction)
        event.accept()
        self.moving = ""
        if landed.moves:
            commands.move(self._document, landed.carried.moving, landed.position)
        else:
            commands.insert(self._document, landed.carried.layer, landed.position)
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        """The drag left, was dropped or cancelled."""
        self._scroll.stop()
        self._carried = self._drop = None
        self._view.status_hint.emit("")
        self._view.viewport().update()

    def line(self) -> float | None:
        """Where the drop line goes, in the viewport; None while there is nothing to mark."""
        if self._drop is None or self._drop.stays(self._document.network):
            return None
        position, half = self._drop.position, theme().px(at.GAP) / 2
        if position < self._model.rowCount():
            return self._view.card_rect(position).top() - half
        if position == 0:
            return float(theme().px(at.MARGIN))
        return self._view.card_rect(position - 1).bottom() + half

    def _aim(self) -> None:
        """Works out where the layer would land now, and says so."""
        if self._carried is None:
            return
        centres = [self._view.card_rect(row).center().y() for row in range(self._model.rowCount())]
        position = edits.place(self._document.network, position_at(self._y, centres))
        drop = Drop(self._carried, position, self._copies)
        if drop != self._drop:
            self._drop = drop
            self._view.status_hint.emit(drop.hint(self._document.network))
            self._view.viewport().update()
