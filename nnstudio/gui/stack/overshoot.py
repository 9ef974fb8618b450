"""A drag that goes past the cards: over the header and the footer of the stack it is still over the stack."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from nnstudio.gui.stack.view import StackView


class Overshoot(QObject):
    """Hands drags over the neighbours of the cards on to their nearest end, which scrolls on.

    Args:
        view: The cards.
        neighbours: What lies above and below them.
    """

    def __init__(self, view: StackView, *neighbours: QWidget) -> None:
        super().__init__(view)
        self._view = view
        for widget in neighbours:
            widget.setAcceptDrops(True)
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tells the cards; other events go their way."""
        if isinstance(event, QDragLeaveEvent):
            self._view.dragLeaveEvent(event)
        elif isinstance(event, QDropEvent) and isinstance(watched, QWidget):  # entering and moving are, too
            self._hand_on(event, self._nearest(watched, event.position().toPoint()))
        else:
            return False
        return True

    def _nearest(self, widget: QWidget, at: QPoint) -> QPoint:
        """The place of the cards' viewport that is nearest to one of a neighbour."""
        viewport = self._view.viewport()
        place = viewport.mapFromGlobal(widget.mapToGlobal(at))
        return QPoint(place.x(), max(0, min(place.y(), viewport.height() - 1)))

    def _hand_on(self, event: QDropEvent, at: QPoint) -> None:
        about = (event.possibleActions(), event.mimeData(), event.buttons(), event.modifiers())
        told: QDropEvent
        if isinstance(event, QDragEnterEvent):
            told = QDragEnterEvent(at, *about)
            self._view.dragEnterEvent(told)
        elif isinstance(event, QDragMoveEvent):
            told = QDragMoveEvent(at, *about)
            self._view.dragMoveEvent(told)
        else:
            told = QDropEvent(QPointF(at), *about)
            self._view.dropEvent(told)
        event.setDropAction(told.dropAction())
        event.setAccepted(told.isAccepted())
