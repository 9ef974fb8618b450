"""Drag and drop of the stack: lifts cards, follows what is dragged over, carries out the drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPointF, Qt
from PySide6.QtGui import QDrag, QDragMoveEvent, QDropEvent

from nnstudio.gui.document import Document
from nnstudio.gui.stack import commands, edits, mime
from nnstudio.gui.stack.auto_scroll import AutoScroll
from nnstudio.gui.stack.carry import dress
from nnstudio.gui.stack.drop import Drop
from nnstudio.gui.stack.hover_open import HoverOpen
from nnstudio.gui.stack.model import StackModel

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView


class StackDrag(QObject):
    """The drag that is over the stack, if any.

    Attributes:
        moving: Names of the cards that were lifted from this stack.
    """

    def __init__(self, view: StackView, document: Document, model: StackModel) -> None:
        super().__init__(view)
        self._view = view
        self._document = document
        self._model = model
        self.moving: tuple[str, ...] = ()
        self._carried: mime.Carried | None = None
        self._drop: Drop | None = None
        self._y = 0.0
        self._copies = False
        self._scroll = AutoScroll(view, self._aim)
        self._hover = HoverOpen(view, self._aim)

    @property
    def leaving(self) -> tuple[str, ...]:
        """Names of the lifted cards if they will leave their places; with Ctrl held they stay."""
        return () if self._drop is not None and self._drop.copies else self.moving

    @property
    def target(self) -> str:
        """Name of the block that the drop would go into, or ""."""
        drop = self._drop
        return drop.place.into if drop is not None and drop.possible(self._document.network) else ""

    def lift(self, indexes: list[QModelIndex]) -> None:
        """Starts the drag of cards and returns when it has ended."""
        draggable = Qt.ItemFlag.ItemIsDragEnabled
        taken = [index for index in indexes if self._model.flags(index) & draggable]
        if not taken:
            return
        drag = QDrag(self._view)
        drag.setMimeData(self._model.mimeData(taken))
        carried = mime.unpack(drag.mimeData(), self._model)
        assert carried is not None
        dress(drag, carried.layers, self._view.devicePixelRatioF())
        self.moving = carried.moving
        self._view.viewport().update()
        try:
            drag.exec(self._model.supportedDragActions(), Qt.DropAction.MoveAction)
        finally:
            self.moving = ()
            self.end()

    def enter(self, event: QDragMoveEvent) -> None:
        """Something is dragged over the stack."""
        self._carried = mime.unpack(event.mimeData(), self._model)
        if self._carried is not None and any(edits.is_input(layer) for layer in self._carried.layers):
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
        if landed is None or not landed.possible(self._document.network):
            self.end()
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction if landed.copies else Qt.DropAction.MoveAction)
        event.accept()
        self._hover.keep(landed.place.into)
        self.end()
        self.moving = ()
        if landed.moves:
            commands.move(self._document, landed.carried.moving, landed.place)
        else:
            commands.insert(self._document, *landed.carried.layers, place=landed.place)
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        """The drag left, was dropped or cancelled."""
        self._scroll.stop()
        self._hover.stop()
        self._carried = self._drop = None
        self._view.status_hint.emit("")
        self._view.viewport().update()

    def line(self) -> tuple[QPointF, QPointF] | None:
        """Where the drop line goes, in the viewport; None while there is nothing to mark."""
        if self._drop is None or self._drop.stays(self._document.network):
            return None
        return self._view.geometry_.line(self._drop.place)

    def _aim(self) -> None:
        """Works out where the layers would land now, and says so."""
        if self._carried is None:
            return
        place = edits.allowed(self._document.network, self._view.geometry_.place_at(self._y))
        drop = Drop(self._carried, place, self._copies)
        if drop != self._drop:
            self._drop = drop
            self._hover.follow(self.target)
            self._view.status_hint.emit(drop.hint(self._document.network))
            self._view.viewport().update()
