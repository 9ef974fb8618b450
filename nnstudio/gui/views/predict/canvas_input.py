"""What keys, pointers and dropped data mean to the canvas."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QSinglePointEvent

ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
"""Rows and columns that the cell cursor moves by."""
ERASING = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


def accepts(data: QMimeData) -> bool:
    """Whether pasted or dropped data may hold pictures."""
    return data.hasImage() or any(url.isLocalFile() for url in data.urls())


def is_straight(event: QSinglePointEvent) -> bool:
    """Shift is held: the stroke is to be straight."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def is_redo(event: QKeyEvent) -> bool:
    """The platform's keys for redo, or Ctrl+Y."""
    ctrl_y = event.key() == Qt.Key.Key_Y and event.modifiers() == Qt.KeyboardModifier.ControlModifier
    return ctrl_y or event.matches(QKeySequence.StandardKey.Redo)


def is_for_canvas(event: QKeyEvent) -> bool:
    """A key of the canvas, which the window's shortcuts mustn't take while it has the focus."""
    standard = QKeySequence.StandardKey
    if is_redo(event) or event.matches(standard.Undo) or event.matches(standard.Paste):
        return True
    keys = (*ARROWS, *ERASING, Qt.Key.Key_Space)
    return event.key() in keys and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
