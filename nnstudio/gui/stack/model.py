"""The stack as an item model: one row per layer, those of blocks inside them, read from a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import count
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from nnstudio.core.shapes import LayerReport, ShapeReport
from nnstudio.errors import SpecError
from nnstudio.gui.stack import mime
from nnstudio.gui.stack.edits import is_input, lacks_output
from nnstudio.gui.stack.nodes import Node, inner_reports, kept_ends
from nnstudio.gui.stack.spoken import spoken_card
from nnstudio.gui.stack.tips import card_tip

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The row's :class:`LayerReport`."""


class StackModel(QAbstractItemModel):
    """Layers of a report, in order.

    Signals:
        refreshed(bool): The rows are those of the newest report; True if some came or went.
        rename_wanted(str, str): The user typed another name for a layer.
    """

    refreshed = Signal(bool)
    rename_wanted = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys = count(1)
        self._root = Node(0)
        self._nodes: dict[int, Node] = {0: self._root}
        self._updating = False
        self._exchanged = False

    @property
    def updating(self) -> bool:
        """Rows are being exchanged: a change of the view's current row isn't the user's."""
        return self._updating

    def report(self, index: Index) -> LayerReport:
        """What is known of the layer at ``index``, which must be valid."""
        report = self._node(index).report
        assert report is not None
        return report

    def find(self, name: str) -> QModelIndex:
        """Index of the layer called ``name``, wherever it stands; invalid if there is none."""
        found = (node for node in self._nodes.values() if name and node.name == name)
        return self._index(next(found, self._root))

    def walk(self) -> Iterator[QModelIndex]:
        """Every index, each block before what it holds."""
        return map(self._index, self._root.inside())

    def blocks(self) -> Iterator[QModelIndex]:
        """The indexes of layers that hold others, each before what it holds."""
        return (self._index(node) for node in self._root.inside() if node.children)

    def states(self, index: Index) -> tuple[bool, bool]:
        """Whether the layer is frozen, and whether it is skipped, by itself or with a block around it."""
        layers = [node.report.layer for node in self._node(index).chain if node.report]
        return any(layer.frozen for layer in layers), any(layer.disabled for layer in layers)

    def show_report(self, report: ShapeReport) -> None:
        """Shows another report; only rows of layers that come or go are exchanged."""
        rows = report.layers
        if len(rows) == 1 and lacks_output(report):  # the card below the Input says what is missing
            rows = (dataclasses.replace(rows[0], problems=()),)
        self._updating, self._exchanged = True, False
        self._update(self._root, QModelIndex(), list(rows))
        self._updating = False
        self.refreshed.emit(self._exchanged)

    def _update(self, node: Node, where: QModelIndex, rows: list[LayerReport]) -> None:
        """Makes a node's children stand for ``rows``."""
        head, tail = kept_ends([child.report for child in node.children if child.report], rows)
        gone, come = len(node.children) - tail, len(rows) - tail
        self._exchanged |= gone > head or come > head
        if gone > head:
            self.beginRemoveRows(where, head, gone - 1)
            for child in node.children[head:gone]:
                self._forget(child)
            del node.children[head:gone]
            self.endRemoveRows()
        if come > head:
            self.beginInsertRows(where, head, come - 1)
            node.children[head:head] = [self._make(row, node) for row in rows[head:come]]
            self.endInsertRows()
        for position in (*range(head), *range(come, len(rows))):
            child = node.children[position]
            before, child.report = child.report, rows[position]
            if before == child.report:
                continue  # and so is everything inside it
            index = self.createIndex(position, 0, child.key)
            self.dataChanged.emit(index, index)
            self._update(child, index, list(inner_reports(rows[position])))

    def _make(self, report: LayerReport, parent: Node) -> Node:
        node = Node(next(self._keys), report, parent)
        self._nodes[node.key] = node
        node.children = [self._make(row, node) for row in inner_reports(report)]
        return node

    def _forget(self, node: Node) -> None:
        del self._nodes[node.key]
        for child in node.children:
            self._forget(child)

    def _node(self, index: Index) -> Node:
        return self._nodes[index.internalId()] if index.isValid() else self._root

    def _index(self, node: Node) -> QModelIndex:
        return QModelIndex() if node is self._root else self.createIndex(node.position, 0, node.key)

    # What Qt asks for

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Index of a layer."""
        children = self._node(parent).children
        inside = 0 <= row < len(children) and column == 0
        return self.createIndex(row, 0, children[row].key) if inside else QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """The block around a layer."""
        around = self._node(index).parent if index.isValid() else None
        return self.createIndex(around.position, 0, around.key) if around and around.key else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of layers in a block or in the whole stack."""
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One."""
        return 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cards can be selected and renamed; all but the Input can be dragged."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable
        draggable = not is_input(self.report(index).layer)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if draggable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title, name, tooltip, what a screen reader says, and the report's row."""
        if not index.isValid():
            return None
        row = self.report(index)
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.layer.title
        if role == Qt.ItemDataRole.EditRole:
            return row.layer.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return card_tip(row)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._spoken(index, row)
        return None

    def _spoken(self, index: Index, row: LayerReport) -> str:
        around = index.parent()
        block = self.report(around).layer.name if around.isValid() else ""
        frozen, disabled = self.states(index)
        return spoken_card(
            row, index.row(), self.rowCount(around), block=block, frozen=frozen, disabled=disabled
        )

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Asks for another name; the answer arrives through the document."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        self.rename_wanted.emit(self.report(index).layer.name, str(value))
        return True

    def mimeTypes(self) -> list[str]:
        """The layer format."""
        return [mime.LAYER]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        """The cards as layers that can be moved in this stack.

        Raises:
            SpecError: There is no card to take.
        """
        layers = [self.report(index).layer for index in indexes]
        inner = {child.name for layer in layers for child in layer.tree() if child is not layer}
        taken = [layer for layer in layers if layer.name not in inner and not is_input(layer)]
        if not taken:
            raise SpecError("nothing to drag")
        return mime.pack(tuple(taken), self)

    def supportedDragActions(self) -> Qt.DropAction:
        """Move, or copy with Ctrl."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def supportedDropActions(self) -> Qt.DropAction:
        """The same."""
        return self.supportedDragActions()
