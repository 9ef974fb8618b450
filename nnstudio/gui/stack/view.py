"""The stack of cards: a tree view that edits the document by keyboard, mouse and drag and drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyleOptionViewItem, QToolTip, QTreeView, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.document import Document
from nnstudio.gui.help.topics import Topic, layer_topic
from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack import commands
from nnstudio.gui.stack.card_paint import radius_of
from nnstudio.gui.stack.data_titles import data_title
from nnstudio.gui.stack.delegate import CardDelegate
from nnstudio.gui.stack.dispatch import run
from nnstudio.gui.stack.drag import StackDrag
from nnstudio.gui.stack.geometry import StackGeometry
from nnstudio.gui.stack.keys import command_for
from nnstudio.gui.stack.marks import paint_drop_line, paint_focus
from nnstudio.gui.stack.menu import card_menu
from nnstudio.gui.stack.model import Index, StackModel
from nnstudio.gui.stack.open_blocks import OpenBlocks
from nnstudio.gui.stack.pointer import CardPointer
from nnstudio.gui.stack.selecting import SelectionLink
from nnstudio.gui.stack.tiles import UnitTiles
from nnstudio.gui.theme import theme


class StackView(QTreeView):
    """The cards.

    Signals:
        inspector_requested(): The user wants to set the selected layer's fields.
        status_hint(str): What a drop would do or why something didn't happen; "" when that is over.
    """

    inspector_requested = Signal()
    status_hint = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.data_title = ""
        self._units: dict[str, int] = {}
        self._can_lift = False
        self._explained = False
        self._cards = StackModel(self)
        self.tiles = UnitTiles(document, self)
        self.geometry_ = StackGeometry(self, self._cards)
        self._blocks = OpenBlocks(self, self._cards)
        self._delegate = CardDelegate(self)
        self.pointer = CardPointer(self, self._cards)
        self._drag = StackDrag(self, document, self._cards)
        self._dress()
        self.setModel(self._cards)
        self.setItemDelegate(self._delegate)
        self._cards.refreshed.connect(self._on_refreshed)
        self._cards.rename_wanted.connect(self._rename)
        self._selection = SelectionLink(self, document, self._cards, self._blocks)
        for folded in (self.expanded, self.collapsed):
            folded.connect(self.scheduleDelayedItemsLayout)
        document.selection_changed.connect(self._forget_explanation)
        document.changed.connect(self.refresh)
        document.reset.connect(self._on_reset)
        theme().changed.connect(self.scheduleDelayedItemsLayout)
        self.tiles.changed.connect(self._repaint_tiles)
        self.refresh()

    def _dress(self) -> None:
        self.setAccessibleName("Model")
        self.setAccessibleDescription("The layers of the network, first to last.")
        self.setProperty("role", "window")
        self.setProperty("focusRing", "none")  # painted round the card
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDragEnabled(True)
        self.setDropIndicatorShown(False)
        self.setAutoScroll(False)  # the drag has its own
        self.verticalScrollBar().setSingleStep(theme().px(24))

    # What it shows

    @property
    def cards(self) -> StackModel:
        """The rows."""
        return self._cards

    @property
    def moving(self) -> tuple[str, ...]:
        """Names of the layers that are being dragged away."""
        return self._drag.leaving

    @property
    def drop_target(self) -> str:
        """Name of the block that what is dragged would land in, or ""."""
        return self._drag.target

    def is_moving_away(self, index: Index) -> bool:
        """The layer goes with a block that is being dragged away."""
        around = index.parent()
        while self.moving and around.isValid():
            if self._cards.report(around).layer.name in self.moving:
                return True
            around = around.parent()
        return False

    def is_open(self, name: str) -> bool:
        """The block of that name shows what it holds."""
        return self._blocks.is_open(name)

    def set_open(self, name: str, is_open: bool) -> None:
        """Opens or closes a block; the selection leaves a block that closes."""
        self._blocks.toggle(self.document, name, is_open)

    def card_width(self) -> int:
        """Width of a card; with a scroll bar the right margin is smaller, so that cards change little."""
        right = 3 if self.verticalScrollBar().isVisible() else at.MARGIN
        return max(theme().px(120), self.viewport().width() - theme().px(at.MARGIN) - theme().px(right))

    def row_at(self, y: float) -> QModelIndex:
        """Index of the row at a height of the viewport."""
        return self.indexAt(QPoint(self.viewport().width() // 2, round(y)))

    def help_topic(self, _item: QWidget) -> Topic | None:
        """What F1 says: the selected layer in its place."""
        layer = self.document.selected_layer
        return layer_topic(layer, self.document.report.row(layer.name)) if layer is not None else None

    def refresh(self, *_change: object) -> None:
        """Shows the document as it is now; only cards that differ are laid out and painted again."""
        title, units = data_title(self.document.project.data.source), self.tiles.all_units()
        if (title, units) != (self.data_title, self._units):
            self.data_title, self._units = title, units
            self.scheduleDelayedItemsLayout()  # cards get tiles or lose them
        self._cards.show_report(self.document.report)

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Paints the row again, of a block also what it frames."""
        super().dataChanged(first, last, roles)
        if self._cards.rowCount(first):
            self.viewport().update()

    def _repaint_tiles(self) -> None:
        for index in self._cards.walk():
            if self.tiles.units(self._cards.report(index).layer.name):
                self.viewport().update(self.geometry_.card(index).toAlignedRect())

    def minimumSizeHint(self) -> QSize:
        """A card and a half."""
        return QSize(theme().px(160), theme().px(80))

    def _on_refreshed(self, exchanged: bool) -> None:
        here = self.viewport().mapFromGlobal(self.cursor().pos())
        self._blocks.apply()
        if exchanged:
            self.scheduleDelayedItemsLayout()  # the last row of a block is higher than the others
        self._selection.show()
        self.executeDelayedItemsLayout()  # while painting it would have everything painted twice
        self.pointer.follow(here if self.underMouse() else None)

    def _forget_explanation(self, *_name: str) -> None:
        if self._explained:
            self._explained = False
            self.status_hint.emit("")

    def _on_reset(self) -> None:
        self._blocks.forget()
        self.refresh()

    # Painting

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        """Draws a card without the style's row background and branches."""
        option.rect = self.visualRect(index)
        self._delegate.paint(painter, option, index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the frames of blocks, the cards, then the focus ring and the drop line above them."""
        painter = QPainter(self.viewport())
        for index in self._cards.blocks():
            if self.geometry_.shows_inside(index) and self._is_in_sight(index):
                self._delegate.paint_block(painter, index)
        painter.end()
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        self._paint_focus(painter)
        line = self._drag.line()
        if line is not None:
            paint_drop_line(painter, *line)

    def _is_in_sight(self, block: QModelIndex) -> bool:
        last = cast(QModelIndex, self.geometry_.last_inside(block))
        above = self.visualRect(last).bottom() < 0
        return not above and self.visualRect(block).top() <= self.viewport().height()

    def _paint_focus(self, painter: QPainter) -> None:
        current = self.currentIndex()
        if self.hasFocus() and current.isValid():
            radius = radius_of(self.geometry_.layout(current))
            inner = current.parent().isValid()
            paint_focus(painter, self.geometry_.whole(current), radius, gap=0 if inner else 1)

    def showEvent(self, event: QShowEvent) -> None:
        """Closes blocks that a low window has no room for."""
        super().showEvent(event)
        self._blocks.apply()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the cards out again, since problems wrap at another width; the current one stays in sight."""
        super().resizeEvent(event)
        current, inside = self.currentIndex(), self.viewport().rect()
        seen = current.isValid() and inside.intersects(self.visualRect(current))
        self.scheduleDelayedItemsLayout()
        if seen and event.size().width() != event.oldSize().width():
            self.executeDelayedItemsLayout()
            self.scrollTo(current)

    # Pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the pointer; pulling a card lifts it, pulling anything else does nothing."""
        self.pointer.follow(event.position().toPoint())
        if self._can_lift or event.buttons() == Qt.MouseButton.NoButton:
            super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Presses a fix button, or selects a card."""
        self.pointer.follow(event.position().toPoint())
        taken = event.button() == Qt.MouseButton.LeftButton and self.pointer.press()
        flags = self._cards.flags(self.indexAt(event.position().toPoint()))
        self._can_lift = bool(flags & Qt.ItemFlag.ItemIsDragEnabled) and not taken
        if not taken:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.pointer.pressed is not None:
            self.document.select(self.pointer.card)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Applies the fix if the pointer is still on its button."""
        if not self.pointer.release(event.position().toPoint()):
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Goes to the fields of the layer; on a fix button it is a second click."""
        self.pointer.follow(event.position().toPoint())
        if self.pointer.button is not None or self.pointer.chevron:
            self.mousePressEvent(event)
        elif self.pointer.card:
            self.inspector_requested.emit()

    def viewportEvent(self, event: QEvent) -> bool:
        """Forgets what was under the pointer when it leaves."""
        if event.type() == QEvent.Type.Leave:
            self.pointer.follow(None)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what can be done with the card, its fixes first."""
        index = self.indexAt(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
        if index.isValid() and self._cards.report(index).layer.name not in self.document.selected:
            self.setCurrentIndex(index)
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and index.isValid():
            where = self.viewport().mapToGlobal(self.geometry_.card(index).center().toPoint())
        menu = card_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Runs a command of the stack; other keys move the selection."""
        editing = self.state() == QAbstractItemView.State.EditingState  # keys that the field lets through
        command = None if editing else command_for(event)
        if command is None:
            super().keyPressEvent(event)
        else:
            self.run(command)
            event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Selects the first card if none is, so that the arrow keys have a place to start from."""
        super().focusInEvent(event)
        by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_keyboard and not self.currentIndex().isValid() and self._cards.rowCount():
            self.setCurrentIndex(self._cards.index(0, 0))

    def run(self, command: str) -> None:
        """Runs one of the commands of ``keys.COMMANDS`` on the selected layers."""
        own: dict[str, Callable[[], object]] = {
            "inspect": self.inspector_requested.emit,
            "rename": self.rename_selected,
            "open_block": partial(self._blocks.go_in, self.document),
            "close_block": partial(self._blocks.go_out, self.document),
        }
        if command in own:
            own[command]()
            return
        try:
            run(self.document, command, self.is_open)
        except NNStudioError as error:
            self.explain(error)

    def rename_selected(self) -> None:
        """Opens the field for the selected layer's name in its card."""
        if self.currentIndex().isValid():
            self.edit(self.currentIndex())

    def _rename(self, name: str, new: str) -> None:
        self._blocks.renamed(name, new.strip())
        try:
            commands.rename(self.document, name, new)
        except NNStudioError as error:
            self._blocks.renamed(new.strip(), name)
            self.explain(error)

    def explain(self, error: NNStudioError) -> None:
        """Says why a command did nothing, in the status bar and beside the card."""
        text = f"{error.what[:1].upper()}{error.what[1:]}. {error.fix[:1].upper()}{error.fix[1:]}".strip()
        self.status_hint.emit(text)
        self._explained = True
        current = self.currentIndex()
        spot = self.geometry_.card(current).bottomLeft().toPoint() if current.isValid() else QPoint(8, 8)
        QToolTip.showText(self.viewport().mapToGlobal(spot), text, self)

    # Drag and drop

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Lifts the selected cards."""
        self._drag.lift(self._selection.indexes())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes layers."""
        self._drag.enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Marks where the layer would go."""
        self._drag.move(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Takes the mark away."""
        self._drag.end()

    def dropEvent(self, event: QDropEvent) -> None:
        """Inserts or moves the layer."""
        self._drag.drop(event)
