"""The layer list as an item model: categories with their layers, filtered by a search."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from nnstudio.errors import SpecError
from nnstudio.gui.icons import layer_glyph
from nnstudio.gui.stack import mime
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.palette import Entry, best_match, palette
from nnstudio.gui.stack.tips import summary

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
"""The line's :class:`Entry`; None on a category's line."""
CATEGORY_ROLE = Qt.ItemDataRole.UserRole + 2
COUNT_ROLE = Qt.ItemDataRole.UserRole + 3
Index = QModelIndex | QPersistentModelIndex


class PaletteModel(QStandardItemModel):
    """Categories at the top, their layers below."""

    def __init__(self, groups: dict[str, list[Entry]] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups = palette() if groups is None else groups
        for category, entries in self._groups.items():
            self.appendRow(_category_item(category, entries))

    def entries(self) -> list[Entry]:
        """All layers, in order."""
        return [entry for entries in self._groups.values() for entry in entries]

    def mimeTypes(self) -> list[str]:
        """The layer format."""
        return [mime.LAYER]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        """The first line's layer.

        Raises:
            SpecError: No layer's line is among them.
        """
        for index in indexes:
            entry = index.data(ENTRY_ROLE)
            if entry is not None:
                return mime.pack((entry.layer,))
        raise SpecError("nothing to drag")

    def supportedDragActions(self) -> Qt.DropAction:
        """A copy: the list keeps its line."""
        return Qt.DropAction.CopyAction


class PaletteFilter(QSortFilterProxyModel):
    """Shows what matches a search, and the categories of what matches."""

    def __init__(self, source: PaletteModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._query = ""
        self._source = source
        self.setRecursiveFilteringEnabled(True)
        self.setSourceModel(source)

    def set_query(self, query: str) -> None:
        """Searches for other words."""
        self._query = query.strip()
        self.invalidate()

    def best(self) -> QModelIndex:
        """Index of the best match; invalid if there is none or nothing is searched for."""
        entry = best_match(self._source.entries(), self._query) if self._query else None
        return QModelIndex() if entry is None else self.find(entry)

    def find(self, entry: Entry) -> QModelIndex:
        """Index of an entry."""
        for row in range(self.rowCount()):
            parent = self.index(row, 0)
            for child in range(self.rowCount(parent)):
                index = self.index(child, 0, parent)
                if index.data(ENTRY_ROLE) is entry:
                    return index
        return QModelIndex()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """A layer's line must match; a category is there for its layers."""
        entry = self._source.index(row, 0, parent).data(ENTRY_ROLE)
        if entry is None:
            return not self._query
        return entry.rank(self._query) is not None

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        """What the source makes of it."""
        return self._source.mimeData([self.mapToSource(index) for index in indexes])


def _category_item(category: str, entries: list[Entry]) -> QStandardItem:
    title = category.capitalize()
    item = QStandardItem(title)
    item.setData(category, CATEGORY_ROLE)
    item.setData(len(entries), COUNT_ROLE)
    layers = "layer" if len(entries) == 1 else "layers"
    item.setData(f"{title}, {len(entries)} {layers}", Qt.ItemDataRole.AccessibleTextRole)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    for entry in entries:
        item.appendRow(_entry_item(entry))
    return item


def _entry_item(entry: Entry) -> QStandardItem:
    item = QStandardItem(layer_glyph(entry.category, glyph_of(entry.layer)), entry.title)
    item.setData(entry, ENTRY_ROLE)
    item.setData(entry.category, CATEGORY_ROLE)
    item.setToolTip(f"{entry.title}\n{summary(entry.layer)}")
    item.setData(f"{entry.title}, {entry.category}", Qt.ItemDataRole.AccessibleTextRole)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
    return item
