"""The tree of the layer list: collapsing, choosing, dragging out."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem, QTreeView, QWidget

from nnstudio.core.layer import LayerSpec
from nnstudio.gui.help.topics import Topic, layer_topic
from nnstudio.gui.stack.carry import dress
from nnstudio.gui.stack.palette import PRESETS, Entry, PresetEntry
from nnstudio.gui.stack.palette_delegate import PaletteDelegate
from nnstudio.gui.stack.palette_model import ENTRY_ROLE, MORE_ROLE, PaletteFilter, PaletteModel
from nnstudio.gui.theme import theme

_CLOSED_AT_FIRST = ("normalisation", PRESETS)


class PaletteView(QTreeView):
    """Categories and layers.

    Signals:
        chosen(LayerSpec): Insert this layer (double-click, Enter).
        preset_chosen(str): Load the preset of that name.
        left(): Esc was pressed.
        typed(str): The user types a word to search for.
        lifted(): A layer is being dragged out.
        let_go(): It was dropped, or the drag was cancelled.
    """

    chosen = Signal(object)
    preset_chosen = Signal(str)
    left = Signal()
    typed = Signal(str)
    lifted = Signal()
    let_go = Signal()

    def __init__(self, groups: dict[str, list[Entry]] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dragged: Entry | None = None
        self._collapsed: set[str] = set() if groups else {name.capitalize() for name in _CLOSED_AT_FIRST}
        self._searching = False
        self._filter = PaletteFilter(PaletteModel(groups, self), self)
        self._dress()
        self.setModel(self._filter)
        self.setItemDelegate(PaletteDelegate(self))
        self.search("")
        self.collapsed.connect(self._on_collapsed)
        self.expanded.connect(self._on_expanded)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def _dress(self) -> None:
        self.setAccessibleName("Layers")
        self.setAccessibleDescription("Enter inserts the layer after the selected one.")
        self.setProperty("focusRing", "none")  # painted on the line
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setUniformRowHeights(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)

    def search(self, query: str) -> bool:
        """Shows what matches and marks the best match; whether there is anything."""
        self._filter.set_query(query)
        self._searching = bool(query.strip())
        for row in range(self._filter.rowCount()):
            index = self._filter.index(row, 0)
            self.blockSignals(True)  # a search opens what it finds, without changing what was open
            self.setExpanded(index, self._searching or index.data() not in self._collapsed)
            self.blockSignals(False)
        best = self._filter.best()
        self.setCurrentIndex(best)
        if best.isValid():
            self.scrollTo(best)
        return self._filter.rowCount() > 0

    def help_topic(self, _item: QWidget) -> Topic | None:
        """What F1 says: the layer of the current line."""
        layer = self.current_layer()
        return None if layer is None else layer_topic(layer)

    def current_layer(self) -> LayerSpec | None:
        """Layer of the current line, or None on other lines."""
        entry = self.currentIndex().data(ENTRY_ROLE)
        return entry.layer if isinstance(entry, Entry) else None

    def choose(self, index: QModelIndex) -> None:
        """Does what a line stands for: inserts, loads, unfolds, opens or closes."""
        entry = index.data(ENTRY_ROLE)
        if isinstance(entry, Entry):
            self.chosen.emit(entry.layer)
        elif isinstance(entry, PresetEntry):
            self.preset_chosen.emit(entry.preset.name)
        elif index.data(MORE_ROLE):
            self._unfold(index)
        elif index.isValid():
            self.setExpanded(index, not self.isExpanded(index))

    def _unfold(self, index: QModelIndex) -> None:
        """Shows the rest of a category, with the first of it as the current line."""
        row, parent = index.row(), QPersistentModelIndex(index.parent())
        self._filter.unfold(index.data(MORE_ROLE))
        self.setCurrentIndex(self._filter.index(row, 0, parent))

    def index_of(self, title: str) -> QModelIndex:
        """Index of the line of a layer by its title; invalid if it isn't shown."""
        for row in range(self._filter.rowCount()):
            parent = self._filter.index(row, 0)
            for child in range(self._filter.rowCount(parent)):
                index = self._filter.index(child, 0, parent)
                if index.data() == title:
                    return index
        return QModelIndex()

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        """Draws a line without the style's row background and branches."""
        option.rect = self.visualRect(index)
        option.rect.setLeft(0)
        option.rect.setRight(self.viewport().width() - 1)
        state = QStyle.StateFlag
        option.state &= ~(
            state.State_Selected | state.State_MouseOver | state.State_HasFocus | state.State_Open
        )
        if self.isExpanded(index):
            option.state |= state.State_Open
        if index == self.currentIndex() and (self.hasFocus() or self._searching):
            option.state |= state.State_Selected
            if self.hasFocus():
                option.state |= state.State_HasFocus
        if self.underMouse() and option.rect.contains(self.viewport().mapFromGlobal(self.cursor().pos())):
            option.state |= state.State_MouseOver
        self.itemDelegate().paint(painter, option, index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Repaints the line under the pointer."""
        super().mouseMoveEvent(event)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a category opens or closes it, one on "5 more" shows them."""
        index = self.indexAt(event.position().toPoint())
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and not index.data(ENTRY_ROLE):
            self.choose(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Inserts a layer or loads a preset; on other lines it is a second click."""
        index = self.indexAt(event.position().toPoint())
        if not index.data(ENTRY_ROLE):
            self.mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter inserts or opens, Esc leaves, letters go into the search."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose(index)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.text().isalnum() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Lifts the current layer as a card."""
        entry = self.currentIndex().data(ENTRY_ROLE)
        if not isinstance(entry, Entry):
            return
        drag = QDrag(self)
        drag.setMimeData(self._filter.mimeData([self.currentIndex()]))
        dress(drag, (entry.layer,), self.devicePixelRatioF())
        self.dragged = entry
        self.viewport().update()
        self.lifted.emit()
        try:
            drag.exec(Qt.DropAction.CopyAction)
        finally:
            self.dragged = None
            self.viewport().update()
            self.let_go.emit()

    def _on_collapsed(self, index: QModelIndex) -> None:
        self._collapsed.add(index.data())

    def _on_expanded(self, index: QModelIndex) -> None:
        self._collapsed.discard(index.data())
