"""The outline of a network: one 28 px row per layer, for the pages that show a run's copy."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.footer import StackFooter
from nnstudio.gui.stack.model import Index, StackModel
from nnstudio.gui.stack.outline_paint import MARGIN, paint_row
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.elided_label import ElidedLabel

WIDTH = 200
_GAP = 2
_HEADER = 36
_STEP = 14  # rows inside a block stand to the right
_DEEPEST = 4


class ModelOutline(QFrame):
    """The layers of a network, to look at and to select.

    Signals:
        selected(str): A layer was selected by the user.
    """

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "window")
        self._selecting = False
        self._header = QFrame()
        self._header.setProperty("role", "header")
        title = QLabel("Model")
        title.setProperty("role", "section")
        self._name = ElidedLabel("", "caption")
        self._title_row = QHBoxLayout(self._header)
        self._title_row.addWidget(title)
        self._title_row.addWidget(self._name, 1)
        self.model = StackModel(self)
        self.view = _OutlineView(self.model)
        self._footer = StackFooter(brief=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        self._rows = QVBoxLayout()
        self._rows.addWidget(self.view)
        layout.addLayout(self._rows, 1)
        layout.addWidget(self._footer)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.set_network(NetworkSpec())
        self._space()
        theme().changed.connect(self._space)

    def sizeHint(self) -> QSize:
        """The width of the design."""
        return QSize(theme().px(WIDTH), theme().px(400))

    def set_network(self, network: NetworkSpec, name: str = "") -> None:
        """Shows another network, once the outline itself is shown: most edits are made where it isn't.

        Args:
            network: The layers.
            name: What it is called, beside the title.
        """
        self._name.setText(name)
        self._network: NetworkSpec | None = network
        if self.isVisible():
            self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Takes in what has changed meanwhile."""
        self._fill()
        super().showEvent(event)

    def _fill(self) -> None:
        if self._network is None:
            return
        report, self._network = infer_shapes(self._network), None
        self._selecting = True
        self.model.show_report(report)
        self._selecting = False
        self._footer.show_report(report)

    def select(self, name: str) -> None:
        """Marks a layer without telling anyone; "" marks none."""
        self._selecting = True
        self.view.setCurrentIndex(self.model.find(name))
        self._selecting = False

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._selecting and current.isValid():
            self.selected.emit(self.model.report(current).layer.name)

    def _space(self) -> None:
        px = theme().px
        self._header.setFixedHeight(px(_HEADER) + 1)
        self._title_row.setContentsMargins(px(METRICS.padding), 0, px(METRICS.padding), 0)
        self._title_row.setSpacing(px(METRICS.gap))
        self._rows.setContentsMargins(0, px(MARGIN) - 1, 0, 0)
        self.view.doItemsLayout()


class _OutlineView(QTreeView):
    def __init__(self, model: StackModel) -> None:
        super().__init__()
        self.setAccessibleName("Model outline")
        self.setProperty("role", "window")
        self.setProperty("focusRing", "none")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setMouseTracking(True)
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.NoDragDrop)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setModel(model)
        self.setItemDelegate(_OutlineDelegate(self))
        model.refreshed.connect(self.expandAll)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        """Draws a row without the style's background and branches."""
        option.rect = self.visualRect(index)
        state = QStyle.StateFlag
        option.state &= ~(state.State_Selected | state.State_MouseOver | state.State_HasFocus)
        if index == self.currentIndex():
            option.state |= state.State_Selected | (
                state.State_HasFocus if self.hasFocus() else state.State_None
            )
        if self.underMouse() and option.rect.contains(self.viewport().mapFromGlobal(self.cursor().pos())):
            option.state |= state.State_MouseOver
        self.itemDelegate().paint(painter, option, index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Repaints the row under the pointer."""
        super().mouseMoveEvent(event)
        self.viewport().update()


class _OutlineDelegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """One row of the design and the gap below it."""
        return QSize(theme().px(40), theme().px(METRICS.outline_row + _GAP))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the row."""
        px, depth, around = theme().px, 0, index.parent()
        while around.isValid():
            depth, around = depth + 1, around.parent()
        left = px(MARGIN) + min(depth, _DEEPEST) * px(_STEP)
        area = QRectF(option.rect).adjusted(left, px(1), -px(MARGIN), -px(1))
        paint_row(painter, area, index, option.state)
