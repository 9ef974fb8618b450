"""The small window beside an item that explains it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QTextDocument
from PySide6.QtWidgets import QApplication, QFrame, QTextBrowser, QVBoxLayout, QWidget

from nnstudio.gui.help.topics import Topic
from nnstudio.gui.theme import font, theme

_WIDTH, _WIDEST, _HIGHEST = 420, 680, 520
_LARGE = 120
_SCROLLING = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


class HelpPopover(QFrame):
    """A topic beside an item. Arrow keys scroll; any other key, or a click elsewhere, closes it."""

    def __init__(self, topic: Topic, item: QWidget) -> None:
        super().__init__(item.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "tip")
        self.setProperty("focusRing", "none")
        self.setAccessibleName(topic.title)
        self.browser = QTextBrowser()
        self.browser.setFrameShape(QFrame.Shape.NoFrame)
        self.browser.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.browser.setOpenLinks(False)
        document = QTextDocument(self)
        document.setDefaultFont(font(12))
        document.setDefaultStyleSheet(f"pre {{ font-size: {theme().px(11)}px; }}")
        document.setHtml(topic.html)
        document.setDocumentMargin(theme().px(12))
        self.setAccessibleDescription(document.toPlainText())
        self.browser.setDocument(document)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(self.browser)
        self._fit(document)
        self._place(item)

    def text(self) -> str:
        """What it says."""
        return self.browser.toPlainText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scrolls, or closes."""
        if event.key() in _SCROLLING:
            QApplication.sendEvent(self.browser, event)
        else:
            self.close()

    def _fit(self, document: QTextDocument) -> None:
        """As wide as the formulas need, as high as there is room for."""
        px = theme().px
        document.setTextWidth(px(_WIDTH))
        wide = min(px(_WIDEST), max(px(_WIDTH), math.ceil(document.idealWidth()) + 1))
        document.setTextWidth(wide)
        high = math.ceil(document.size().height())
        bar = self.browser.verticalScrollBar().sizeHint().width() if high > px(_HIGHEST) else 0
        never = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if document.idealWidth() <= wide:
            self.browser.setHorizontalScrollBarPolicy(never)
        if not bar:
            self.browser.setVerticalScrollBarPolicy(never)
        self.setFixedSize(wide + bar + 2, min(px(_HIGHEST), high) + 2)

    def _place(self, item: QWidget) -> None:
        """Below or above a small item; beside a large one, whose content it is about."""
        gap, room = theme().px(4), item.screen().availableGeometry()
        start, end = item.mapToGlobal(QPoint(0, 0)), item.mapToGlobal(QPoint(item.width(), item.height()))
        if item.height() > theme().px(_LARGE):
            x, y = end.x() + gap, start.y() + gap
            if x + self.width() > room.right():
                x = start.x() - gap - self.width()
        else:
            x, y = start.x(), end.y() + gap
            if y + self.height() > room.bottom():
                y = start.y() - gap - self.height()
        x = max(room.left(), min(x, room.right() - self.width()))
        self.move(x, max(room.top(), min(y, room.bottom() - self.height())))


def show_topic(topic: Topic, item: QWidget) -> HelpPopover:
    """Explains a topic beside an item."""
    popover = HelpPopover(topic, item)
    popover.show()
    popover.setFocus()
    return popover
