"""The layer list as an item model: categories with their layers, presets last, filtered by a search."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from nnstudio.errors import SpecError
from nnstudio.gui.look.icons import icon, layer_glyph
from nnstudio.gui.stack import mime
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.palette import (
    PRESETS,
    Choice,
    Entry,
    PresetEntry,
    best_match,
    folded,
    palette,
    preset_entries,
)
from nnstudio.gui.stack.tips import summary

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
"""The line's :class:`Choice`; None on a category's line and on the one that unfolds."""
CATEGORY_ROLE = Qt.ItemDataRole.UserRole + 2
COUNT_ROLE = Qt.ItemDataRole.UserRole + 3
FOLDED_ROLE = Qt.ItemDataRole.UserRole + 4
"""The line is behind "5 more"."""
MORE_ROLE = Qt.ItemDataRole.UserRole + 5
"""On the line "5 more": its category; else None."""
Index = QModelIndex | QPersistentModelIndex


class PaletteModel(QStandardItemModel):
    """Categories at the top, their layers below, then the presets.

    Args:
        groups: Layers by category; all registered ones and the presets by default.
        parent: Qt parent.
    """

    def __init__(self, groups: dict[str, list[Entry]] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices: list[Choice] = []
        for category, entries in (palette() if groups is None else groups).items():
            self._append(category, entries, folded(entries))
        if groups is None:
            self._append(PRESETS, preset_entries(), [])

    def choices(self) -> list[Choice]:
        """All layers and presets, in order."""
        return list(self._choices)

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
            if isinstance(entry, Entry):
                return mime.pack((entry.layer,))
        raise SpecError("nothing to drag")

    def supportedDragActions(self) -> Qt.DropAction:
        """A copy: the list keeps its line."""
        return Qt.DropAction.CopyAction

    def _append(self, category: str, entries: Sequence[Choice], hidden: Sequence[Choice]) -> None:
        self._choices += entries
        item = _category_item(category, len(entries))
        for entry in entries:
            line = _preset_item(entry) if isinstance(entry, PresetEntry) else _entry_item(entry)
            line.setData(entry in hidden, FOLDED_ROLE)
            item.appendRow(line)
        if hidden:
            item.appendRow(_more_item(category, len(hidden)))
        self.appendRow(item)


class PaletteFilter(QSortFilterProxyModel):
    """Shows what matches a search, and the categories of what matches."""

    def __init__(self, source: PaletteModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._query = ""
        self._unfolded: set[str] = set()
        self._source = source
        self.setRecursiveFilteringEnabled(True)
        self.setSourceModel(source)

    def set_query(self, query: str) -> None:
        """Searches for other words."""
        self._query = query.strip()
        self.invalidate()

    def unfold(self, category: str) -> None:
        """Shows all of a category."""
        self._unfolded.add(category)
        self.invalidate()

    def best(self) -> QModelIndex:
        """Index of the best match; invalid if there is none or nothing is searched for."""
        entry = best_match(self._source.choices(), self._query) if self._query else None
        return QModelIndex() if entry is None else self.find(entry)

    def find(self, entry: Choice) -> QModelIndex:
        """Index of an entry."""
        for row in range(self.rowCount()):
            parent = self.index(row, 0)
            for child in range(self.rowCount(parent)):
                index = self.index(child, 0, parent)
                if index.data(ENTRY_ROLE) is entry:
                    return index
        return QModelIndex()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """A line must match a search; without one, "5 more" stands for what is folded away."""
        index = self._source.index(row, 0, parent)
        entry, category = index.data(ENTRY_ROLE), index.data(CATEGORY_ROLE)
        if entry is None:
            return not self._query and index.data(MORE_ROLE) not in self._unfolded
        if not self._query:
            return not index.data(FOLDED_ROLE) or category in self._unfolded
        return entry.rank(self._query) is not None

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        """What the source makes of it."""
        return self._source.mimeData([self.mapToSource(index) for index in indexes])


def _category_item(category: str, amount: int) -> QStandardItem:
    title = category.capitalize()
    item = QStandardItem(title)
    item.setData(category, CATEGORY_ROLE)
    item.setData(amount, COUNT_ROLE)
    noun = "preset" if category == PRESETS else "layer"
    item.setData(f"{title}, {amount} {noun}{'' if amount == 1 else 's'}", Qt.ItemDataRole.AccessibleTextRole)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    return item


def _entry_item(entry: Choice) -> QStandardItem:
    assert isinstance(entry, Entry)
    item = _item(entry, f"{entry.title}\n{summary(entry.layer)}")
    item.setIcon(layer_glyph(entry.category, glyph_of(entry.layer)))
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
    return item


def _preset_item(entry: PresetEntry) -> QStandardItem:
    item = _item(entry, f"{entry.title}\n{entry.preset.summary}")
    item.setIcon(icon("presets", "input"))
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    return item


def _item(entry: Choice, tip: str) -> QStandardItem:
    item = QStandardItem(entry.title)
    item.setData(entry, ENTRY_ROLE)
    item.setData(entry.category, CATEGORY_ROLE)
    item.setToolTip(tip)
    item.setData(f"{entry.title}, {entry.category}", Qt.ItemDataRole.AccessibleTextRole)
    return item


def _more_item(category: str, amount: int) -> QStandardItem:
    item = QStandardItem(f"{amount} more")
    item.setData(category, MORE_ROLE)
    item.setData(category, CATEGORY_ROLE)
    item.setToolTip(f"Show all layers of {category}")
    item.setData(f"{amount} more, {category}", Qt.ItemDataRole.AccessibleTextRole)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    return item
