"""The layer list: every layer that can be inserted, by category, with a search field."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from nnstudio.core.layer import LayerSpec
from nnstudio.gui.document import Document
from nnstudio.gui.look.icons import icon
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack import commands
from nnstudio.gui.stack.palette_view import PaletteView
from nnstudio.gui.theme import theme

WIDTH = 172
_TITLE_ROW = 36


class SearchField(QLineEdit):
    """A field with a magnifier and, while it is empty and without focus, the key that leads to it.

    Signals:
        confirmed(): Enter was pressed.
        down(): The user goes on into the list.
        left(): Esc was pressed while the field was empty.
    """

    confirmed = Signal()
    down = Signal()
    left = Signal()

    def __init__(self, keys: str = "Ctrl+K", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Find layer")
        self.setAccessibleName("Find layer")
        self.setAccessibleDescription("Enter inserts the best match after the selected layer.")
        self.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._keys = QLabel(keys, self)
        self._keys.setProperty("role", "key")
        self._keys.setIndent(0)
        self._keys.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._used = False
        self.textEdited.connect(self._search_again)
        self.textChanged.connect(self._place_keys)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter inserts, Down goes into the list, Esc clears or leaves."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._used = True
            self.confirmed.emit()
        elif key == Qt.Key.Key_Down:
            self.down.emit()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _search_again(self, _text: str) -> None:
        self._used = False

    def _escape(self) -> None:
        """Gives a search up first; one that has been used needs no second key."""
        leaves = self._used or not self.text()
        self._used = False
        self.clear()
        if leaves:
            self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the key at the right."""
        super().resizeEvent(event)
        self._place_keys()

    def _place_keys(self, *_text: str) -> None:
        self._keys.ensurePolished()  # its font is smaller than the field's
        self._keys.adjustSize()
        high = self._keys.height()
        self._keys.move(self.width() - self._keys.width() - theme().px(6), (self.height() - high) // 2)
        words = self.fontMetrics().horizontalAdvance(self.placeholderText())
        fits = self._keys.x() > words + theme().px(36)
        self._keys.setVisible(not self.text() and fits)


class LayerList(QFrame):
    """The searchable list; double-click, Enter and dragging insert.

    Attributes:
        search: The search field.
        view: The tree.

    Signals:
        left(): Esc was pressed: the focus should go to the stack.
        inserted(): A layer was inserted from here.
        preset_chosen(str): A preset was chosen here.
    """

    left = Signal()
    inserted = Signal()
    preset_chosen = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setProperty("role", "surface")
        self._title = QLabel("Layers")
        self._title.setProperty("role", "section")
        self.search = SearchField()
        self.view = PaletteView()
        self._nothing = QLabel()
        self._nothing.setProperty("role", "caption")
        self._nothing.setWordWrap(True)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self._title)
        self._search_row = QHBoxLayout()
        self._search_row.addWidget(self.search)
        self._layout.addLayout(self._search_row)
        self._layout.addWidget(self._nothing)
        self._layout.addWidget(self.view, 1)
        self.setTabOrder(self.search, self.view)
        self.search.textChanged.connect(self._filter)
        self.search.confirmed.connect(self._insert_current)
        self.search.down.connect(self._into_list)
        self.search.left.connect(self.left)
        self.view.chosen.connect(self._insert)
        self.view.preset_chosen.connect(self.preset_chosen)
        self.view.left.connect(self.left)
        self.view.typed.connect(self._type_on)
        self._filter("")
        self._space()
        theme().changed.connect(self._space)

    def sizeHint(self) -> QSize:
        """The width of the design."""
        return QSize(theme().px(WIDTH), theme().px(400))

    def focus_search(self) -> None:
        """Puts the cursor into the search field and marks what it holds."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _filter(self, query: str) -> None:
        found = self.view.search(query)
        self.view.setVisible(found)
        self._nothing.setVisible(not found)
        self._nothing.setText(f"No layer is called “{query.strip()}”. Try a shorter word.")

    def _into_list(self) -> None:
        self.view.setFocus(Qt.FocusReason.TabFocusReason)

    def _type_on(self, text: str) -> None:
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.search.setText(self.search.text() + text)

    def _insert_current(self) -> None:
        if self.search.text().strip() and self.view.currentIndex().isValid():
            self.view.choose(self.view.currentIndex())

    def _insert(self, layer: LayerSpec) -> None:
        commands.insert(self._document, layer)
        self.inserted.emit()

    def _space(self) -> None:
        px = theme().px
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._title.setFixedHeight(px(_TITLE_ROW))
        self._title.setContentsMargins(px(METRICS.padding), 0, 0, 0)
        self._search_row.setContentsMargins(px(8), 0, px(8), px(6))
        self._nothing.setContentsMargins(px(METRICS.padding), px(8), px(METRICS.padding), 0)
