"""The grid of sample images: a line for each class, thumbnails made as they come into view."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.data.batches import Scaling
from nnstudio.gui.data.sample_view import Index, SampleView
from nnstudio.gui.data.samples import Row, Shown
from nnstudio.gui.data.summary import TITLES
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import sample_image

SAMPLE_ROLE = Qt.ItemDataRole.UserRole
DOUBT_ROLE = Qt.ItemDataRole.UserRole + 1
_ROOT = QModelIndex()
CELL, _THUMB = 41, 30
_TITLE = 100
_KEPT = 4000


class GridModel(QAbstractTableModel):
    """Rows of samples."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._classes: tuple[str, ...] = ()
        self._columns = 0
        self._scaling: Scaling | None = None
        self._thumbs: dict[tuple[int, int], QPixmap] = {}
        self._doubtful: dict[tuple[str, int], str] = {}
        theme().changed.connect(self._thumbs.clear)

    def show_rows(self, rows: list[Row], classes: tuple[str, ...], scaling: Scaling | None) -> None:
        """Shows other samples; with a scaling, as the network gets them."""
        self.beginResetModel()
        self._rows, self._classes, self._scaling = rows, classes, scaling
        self._columns = max((len(row.samples) for row in rows), default=0)
        self._thumbs.clear()
        self._doubtful = {}
        self.endResetModel()

    def show_doubtful(self, doubtful: dict[tuple[str, int], str]) -> None:
        """Marks samples whose label looks doubtful, by part and row, and says why."""
        self._doubtful = doubtful
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, self._columns - 1))

    def sample(self, index: Index) -> Shown | None:
        """The sample of a cell, or None for an empty one."""
        if not index.isValid():
            return None
        samples = self._rows[index.row()].samples
        return samples[index.column()] if index.column() < len(samples) else None

    def find(self, place: tuple[str, int]) -> QModelIndex:
        """The cell of a sample, by its part and row in the data set."""
        for row, line in enumerate(self._rows):
            for column, sample in enumerate(line.samples):
                if sample.place == place:
                    return self.index(row, column)
        return QModelIndex()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Samples of the longest line."""
        return 0 if parent.isValid() else self._columns

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Empty cells can't be chosen."""
        return super().flags(index) if self.sample(index) else Qt.ItemFlag.NoItemFlags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """What each line shows."""
        if orientation == Qt.Orientation.Horizontal:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._rows[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The sample, its thumbnail, or what it is in words."""
        sample = self.sample(index)
        if sample is None:
            return None
        if role == SAMPLE_ROLE:
            return sample
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumb(index.row(), index.column(), sample)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            doubt = self._doubtful.get(sample.place, "")
            return sample_words(sample, self._classes) + (f". {doubt}" if doubt else "")
        if role == DOUBT_ROLE:
            return self._doubtful.get(sample.place, "")
        return None

    def _thumb(self, row: int, column: int, sample: Shown) -> QPixmap:
        key = (row, column)
        if key not in self._thumbs:
            if len(self._thumbs) >= _KEPT:
                self._thumbs.pop(next(iter(self._thumbs)))
            values = sample.values
            if self._scaling is not None:
                values = self._scaling.apply(np.asarray(values, np.float32))
            self._thumbs[key] = QPixmap.fromImage(sample_image(values))
        return self._thumbs[key]


def sample_words(sample: Shown, classes: tuple[str, ...]) -> str:
    """A sample in words: its name, part, class and what was corrected."""
    part = TITLES.get(sample.which, sample.which)
    words = f"{sample.name}, {part}, {classes[sample.label]}"
    if sample.relabelled:
        words += f", was {classes[sample.source_label]}"
    return words + (f", equal to {sample.equals}" if sample.equals else "")


class CellDelegate(QStyledItemDelegate):
    """Paints a thumbnail, framed where there is something to say of the sample."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws one sample."""
        sample: Shown | None = index.data(SAMPLE_ROLE)
        if sample is None:
            return
        px, cell = theme().px, option.rect
        area = QRect(0, 0, px(_THUMB), px(_THUMB))
        area.moveCenter(cell.center())
        thumb = cast(QPixmap, index.data(Qt.ItemDataRole.DecorationRole))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, thumb.width() > area.width())
        size = thumb.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(area.center())
        painter.drawPixmap(target, thumb)
        view = self.parent()
        current = isinstance(view, QTableView) and view.currentIndex() == index
        doubtful = bool(sample.equals or index.data(DOUBT_ROLE))
        role = "accent" if current or sample.relabelled else "caution_line" if doubtful else ""
        if sample.left_out:
            painter.setPen(QPen(theme().colour("error"), px(2)))
            painter.drawLine(area.topLeft(), area.bottomRight())
            role = role or "error"
        if role:
            pen = QPen(theme().colour(role), 2)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            if sample.relabelled and not current:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(-2, -2, 2, 2))


class SampleGrid(SampleView):
    """The grid.

    Signals:
        columns_changed(int): Another number of samples fits side by side.
    """

    columns_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("focusRing", "none")  # the current sample has its frame
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setModel(GridModel(self))
        self.setItemDelegate(CellDelegate(self))
        self.horizontalHeader().hide()
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setMinimumSectionSize(1)
        self.verticalHeader().setSectionsClickable(False)
        self.verticalHeader().setHighlightSections(False)
        self.verticalHeader().setProperty("plain", True)
        self.columns = 0
        self._fit()
        theme().changed.connect(self._fit)

    @property
    def samples(self) -> GridModel:
        """The model."""
        return cast(GridModel, self.model())

    def show_rows(self, rows: list[Row], classes: tuple[str, ...], scaling: Scaling | None) -> None:
        """Shows other samples; the chosen one stays chosen if it is still there."""
        before = self._current()
        self.samples.show_rows(rows, classes, scaling)
        self._take_up(before)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer samples side by side."""
        super().resizeEvent(event)
        self._count()

    def sizeHint(self) -> QSize:
        """Ten lines."""
        return QSize(theme().px(600), theme().px(10 * CELL))

    def _fit(self) -> None:
        px = theme().px
        self.horizontalHeader().setDefaultSectionSize(px(CELL))
        self.verticalHeader().setDefaultSectionSize(px(CELL))
        self.verticalHeader().setFixedWidth(px(_TITLE))
        self._count()

    def _count(self) -> None:
        columns = max(1, (self.viewport().width() - 1) // theme().px(CELL))
        if columns != self.columns:
            self.columns = columns
            self.columns_changed.emit(columns)
