"""The samples behind a number: thumbnails, surest prediction first, and the chosen one enlarged."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import Analysis, Ints
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.pixels import sample_image
from nnstudio.gui.widgets import numbers

Index = QModelIndex | QPersistentModelIndex
POSITION_ROLE = Qt.ItemDataRole.UserRole
_ROOT = QModelIndex()
_THUMB = 56
_CAPTION = 17
_GAP = 2
_KEPT = 512  # thumbnails


class GalleryModel(QAbstractListModel):
    """Some samples of a part, as thumbnails that are made when they come into view."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._part: Part | None = None
        self._analysis: Analysis | None = None
        self._classes: tuple[str, ...] = ()
        self._positions: Ints = np.zeros(0, np.int64)
        self._thumbs: dict[int, QPixmap] = {}
        theme().changed.connect(self._forget)

    @property
    def part(self) -> Part | None:
        """What the samples are of."""
        return self._part

    @property
    def positions(self) -> Ints:
        """Their positions in it."""
        return self._positions

    def show_samples(
        self, part: Part | None, analysis: Analysis | None, positions: Ints, classes: tuple[str, ...]
    ) -> None:
        """Shows the samples at some positions of a part."""
        self.beginResetModel()
        self._part, self._analysis, self._positions, self._classes = part, analysis, positions, classes
        self._thumbs.clear()
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row per sample."""
        return 0 if parent.isValid() else len(self._positions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Thumbnail, confidence and accessible text."""
        if self._part is None or self._analysis is None:
            return None
        position = int(self._positions[index.row()])
        if role == POSITION_ROLE:
            return position
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumb(position)
        confidence = float(self._analysis.confidences[position])
        if role == Qt.ItemDataRole.DisplayRole:
            return numbers.percent(confidence, 0)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            actual = self._classes[int(self._analysis.labels[position])]
            predicted = self._classes[int(self._analysis.predictions[position])]
            sure = numbers.percent(confidence)
            return f"Image {position}: {actual} predicted as {predicted} with {sure}"
        return None

    def _thumb(self, position: int) -> QPixmap:
        if position not in self._thumbs and self._part is not None:
            if len(self._thumbs) >= _KEPT:
                self._thumbs.pop(next(iter(self._thumbs)))
            image = sample_image(self._part.samples(slice(position, position + 1))[0])
            self._thumbs[position] = QPixmap.fromImage(image)
        return self._thumbs[position]

    def _forget(self) -> None:
        self._thumbs.clear()


class ThumbDelegate(QStyledItemDelegate):
    """Paints a thumbnail in whole multiples of its pixels where they fit, with the confidence below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One size for all."""
        px = theme().px
        return QSize(px(_THUMB + _GAP), px(_THUMB + _CAPTION + 3))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one sample."""
        px = theme().px
        cell = option.rect
        left = cell.left() + (cell.width() - px(_THUMB)) // 2
        area = QRect(left, cell.top() + 1, px(_THUMB), px(_THUMB))
        thumb = cast(QPixmap, index.data(Qt.ItemDataRole.DecorationRole))
        smooth = thumb.width() > area.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        scaled = thumb.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, scaled.width(), scaled.height())
        target.moveCenter(area.center())
        painter.drawPixmap(target, thumb)
        view = self.parent()
        current = isinstance(view, QListView) and view.currentIndex() == index
        frame = QPen(theme().colour("accent" if current else "border"), 2 if current else 1)
        frame.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(frame)
        painter.drawRect(area.adjusted(0, 0, 0, 0))
        painter.setPen(theme().colour("text2"))
        painter.setFont(font(11))
        words = QRect(cell.left(), area.bottom() + 1, cell.width(), px(_CAPTION))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, str(index.data()))


class Gallery(QListView):
    """The thumbnails.

    Signals:
        sample_selected: Position of the chosen sample in its part, or -1.
    """

    sample_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Images of the selected cell")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("focusRing", "none")  # the chosen thumbnail has its frame
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setModel(GalleryModel(self))
        self.setItemDelegate(ThumbDelegate(self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # so that no column jumps
        self._fit()
        theme().changed.connect(self._fit)

    @property
    def samples(self) -> GalleryModel:
        """The model."""
        return cast(GalleryModel, self.model())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Spread the columns over the width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        px, width = theme().px, self.viewport().width() - 1
        columns = max(1, width // px(_THUMB + _GAP))
        self.setGridSize(QSize(width // columns, px(_THUMB + _CAPTION + 3)))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tells which sample is chosen."""
        super().currentChanged(current, previous)
        self.sample_selected.emit(current.data(POSITION_ROLE) if current.isValid() else -1)
