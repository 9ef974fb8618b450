"""A label of several lines that knows its own height."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from nnstudio.gui.theme import theme


class WrappedLabel(QLabel):
    """A word-wrapping ``QLabel`` that asks for the height its text needs at its present width.

    ``QLabel`` leaves that to every layout around it (height for width), and those find out one after the
    other, each a frame later.

    Args:
        role: How the text looks.
        width: Width to reckon with until a layout gives it one, in pixels at zoom 100%.
        parent: Qt parent.
    """

    def __init__(self, role: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._expected: int | None = width
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def hasHeightForWidth(self) -> bool:
        """No: the hints below say it."""
        return False

    def sizeHint(self) -> QSize:
        """As wide as it is, and as high as that needs."""
        return QSize(self._room(), self._needed())

    def minimumSizeHint(self) -> QSize:
        """Any width, and the height of the text."""
        return QSize(0, self._needed())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        before, self._expected = self._room(), None
        if self.width() != before:
            self.updateGeometry()

    def _needed(self) -> int:
        self.ensurePolished()
        return max(0, self.heightForWidth(self._room()))

    def _room(self) -> int:
        return self.width() if self._expected is None else theme().px(self._expected)
