"""A choice from a list, in the style sheet's look."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyledItemDelegate, QWidget


class Combo(QComboBox):
    """A ``QComboBox`` whose list follows the style sheet, and which leaves the wheel to the page.

    Text that does not fit is elided; the list is as wide as its longest entry.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setItemDelegate(QStyledItemDelegate(self))  # the default one ignores style sheets
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def showPopup(self) -> None:
        """Open the list, wide enough for every entry."""
        widest = max((self.view().sizeHintForColumn(0), self.width() - 8))
        self.view().setMinimumWidth(widest)
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll while the field has no focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
