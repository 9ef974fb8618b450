"""The undo history as a list to jump in."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from nnstudio.gui.document import Document
from nnstudio.gui.look.icons import icon
from nnstudio.gui.theme import theme

_WIDTH = 260
_ROW = 26
_MOST_ROWS = 14
_FIRST = "As it was opened"


class UndoHistory(QFrame):
    """A popup with one row per step, oldest first; a click or Enter goes there, and Esc closes it.

    It stays open, so that one can look at one state after the other.

    Args:
        document: The project.
        anchor: The button it opens below.
    """

    def __init__(self, document: Document, anchor: QWidget) -> None:
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        self.setAccessibleName("Undo history")
        self._document = document
        self.list = QListWidget()
        self.list.setAccessibleName("Steps")
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.itemClicked.connect(lambda item: document.go(self.list.row(item)))
        self.list.itemActivated.connect(lambda item: document.go(self.list.row(item)))
        self.list.currentRowChanged.connect(self._say)
        self._hint = QLabel()
        self._hint.setProperty("role", "caption")
        title = QLabel("Undo history")
        title.setProperty("role", "section")
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme().px(8)] * 4)
        column.setSpacing(theme().px(6))
        for part in (title, self.list, self._hint):
            column.addWidget(part)
        document.changed.connect(self._fill)
        document.reset.connect(self.close)
        self._fill()
        self.setFixedWidth(theme().px(_WIDTH))
        self.adjustSize()
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + theme().px(4))))

    def open(self) -> None:
        """Shows the list with the focus in it."""
        self.show()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)
        self.list.scrollToItem(self.list.currentItem())

    def _fill(self, *_news: object) -> None:
        steps, position = self._document.steps, self._document.position
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for number, step in enumerate(steps):
            self._add(step.label if number else _FIRST, number, position)
        self.list.setCurrentRow(position)
        self.list.blockSignals(blocked)
        rows = min(len(steps), _MOST_ROWS)
        self.list.setFixedHeight(theme().px(_ROW) * rows + 2 * self.list.frameWidth())
        self._say(position)

    def _add(self, text: str, number: int, position: int) -> None:
        item = QListWidgetItem(text)
        item.setToolTip(text)
        state = "current" if number == position else "undone" if number > position else "done"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{text}, {state}")
        if number == position:
            font = item.font()
            font.setBold(True)
            item.setFont(font)
        elif number > position:
            item.setForeground(theme().colour("muted"))
        item.setIcon(icon("check") if number == position else _no_icon())
        self.list.addItem(item)

    def _say(self, row: int) -> None:
        """What Enter would do."""
        away = row - self._document.position
        what = "Undo" if away < 0 else "Redo"
        steps = f"{abs(away)} step{'' if abs(away) == 1 else 's'}"
        self._hint.setText(f"{what} {steps}" if away else "The present state")


def _no_icon() -> QIcon:
    """As much room as an icon takes, so that all names begin at one line."""
    empty = QPixmap(theme().px(16), theme().px(16))
    empty.fill(Qt.GlobalColor.transparent)
    return QIcon(empty)
