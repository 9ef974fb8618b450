"""The stack as an item model: one row per layer, read from the document's report."""

from __future__ import annotations

import dataclasses
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
from nnstudio.gui.stack.texts import spoken_card
from nnstudio.gui.stack.tips import card_tip

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The row's :class:`LayerReport`."""


class StackModel(QAbstractItemModel):
    """Layers of a report, in order.

    Signals:
        refreshed(): The rows are those of the newest report.
        rename_wanted(str, str): The user typed another name for a layer.
    """

    refreshed = Signal()
    rename_wanted = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[LayerReport, ...] = ()
        self._pending: tuple[LayerReport, ...] = ()
        self._updating = False

    @property
    def updating(self) -> bool:
        """Rows are being exchanged: a change of the view's current row isn't the user's."""
        return self._updating

    def row(self, position: int) -> LayerReport:
        """What is known of the layer at ``position``."""
        return self._rows[position]

    def position(self, name: str) -> int | None:
        """Where the layer called ``name`` stands, or None."""
        return next((at for at, row in enumerate(self._rows) if row.layer.name == name), None)

    def show_report(self, report: ShapeReport) -> None:
        """Shows another report; only the rows between the first and the last difference are exchanged."""
        rows = report.layers
        if len(rows) == 1 and lacks_output(report):  # the card below the Input says what is missing
            rows = (dataclasses.replace(rows[0], problems=()),)
        self._updating = True
        old = [row.layer.name for row in self._rows]
        new = [row.layer.name for row in rows]
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        before, self._pending = self._rows, rows
        self._exchange(head, len(old) - tail, len(new) - tail)
        self._announce(before, head, tail)
        self._updating = False
        self.refreshed.emit()

    def _exchange(self, head: int, old_end: int, new_end: int) -> None:
        root = QModelIndex()
        if old_end > head:
            self.beginRemoveRows(root, head, old_end - 1)
            self._rows = self._rows[:head] + self._rows[old_end:]
            self.endRemoveRows()
        if new_end > head:
            self.beginInsertRows(root, head, new_end - 1)
            self._rows = self._pending
            self.endInsertRows()
        self._rows = self._pending

    def _announce(self, before: tuple[LayerReport, ...], head: int, tail: int) -> None:
        shift = len(self._rows) - len(before)
        kept = [*range(head), *range(len(self._rows) - tail, len(self._rows))]
        for at in kept:
            if self._rows[at] != before[at if at < head else at - shift]:
                self.dataChanged.emit(self.index(at, 0), self.index(at, 0))

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Index of a card."""
        inside = 0 <= row < len(self._rows) and column == 0 and not parent.isValid()
        return self.createIndex(row, 0) if inside else QModelIndex()

    def parent(self, _index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """No card contains another."""
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of layers."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """One."""
        return 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cards can be selected and renamed; all but the Input can be dragged."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable
        draggable = not is_input(self._rows[index.row()].layer)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if draggable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title, name, tooltip, what a screen reader says, and the report's row."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.layer.title
        if role == Qt.ItemDataRole.EditRole:
            return row.layer.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return card_tip(row)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return spoken_card(row, index.row(), len(self._rows))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Asks for another name; the answer arrives through the document."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        self.rename_wanted.emit(self._rows[index.row()].layer.name, str(value))
        return True

    def mimeTypes(self) -> list[str]:
        """The layer format."""
        return [mime.LAYER]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        """The first card as a layer that can be moved in this stack.

        Raises:
            SpecError: There is no card to take.
        """
        if not indexes:
            raise SpecError("nothing to drag")
        return mime.pack(self._rows[indexes[0].row()].layer, self)

    def supportedDragActions(self) -> Qt.DropAction:
        """Move, or copy with Ctrl."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def supportedDropActions(self) -> Qt.DropAction:
        """The same."""
        return self.supportedDragActions()


def _common(first: list[str], second: list[str]) -> int:
    pairs = zip(first, second, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))
