"""The most frequent mistakes, as a list with bars."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nnstudio.engine.analysis import Mistake
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers

Index = QModelIndex | QPersistentModelIndex
MISTAKE_ROLE = Qt.ItemDataRole.UserRole
_ROOT = QModelIndex()
_ROW = 24
_ROWS = (3, 6)  # at least and at most in view
_PADDING = 12
NO_MISTAKES = "None. Every sample of this split is classified correctly."


class MistakesModel(QAbstractListModel):
    """Mistakes in the order they are given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mistakes: tuple[Mistake, ...] = ()
        self._classes: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        """Count of the most frequent one, at least 1."""
        return max((mistake.count for mistake in self._mistakes), default=1)

    def show_mistakes(self, mistakes: tuple[Mistake, ...], classes: tuple[str, ...]) -> None:
        """Shows other mistakes."""
        self.beginResetModel()
        self._mistakes, self._classes = mistakes, classes
        self.endResetModel()

    def names(self, mistake: Mistake) -> tuple[str, str]:
        """The actual and the predicted class."""
        return self._classes[mistake.actual], self._classes[mistake.predicted]

    def row_of(self, actual: int, predicted: int) -> int:
        """Row of a kind of mistake, or -1."""
        pairs = [(mistake.actual, mistake.predicted) for mistake in self._mistakes]
        return pairs.index((actual, predicted)) if (actual, predicted) in pairs else -1

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row per kind of mistake."""
        return 0 if parent.isValid() else len(self._mistakes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The mistake, or its sentence."""
        mistake = self._mistakes[index.row()]
        if role == MISTAKE_ROLE:
            return mistake
        if role in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            actual, predicted = self.names(mistake)
            share = numbers.percent(mistake.share)
            return f"{actual} as {predicted}: {numbers.count(mistake.count)}, {share} of all {actual}"
        return None


class MistakeDelegate(QStyledItemDelegate):
    """Paints "Shirt as Coat", a bar, the count and the share of the row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows of 24 pixels."""
        return QSize(100, theme().px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        area = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme().colour("accent_tint"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme().colour("hover"))
        mistake: Mistake = index.data(MISTAKE_ROLE)
        model = cast(MistakesModel, index.model())
        px = theme().px
        metrics = QFontMetrics(font(12))
        numbers_width = metrics.horizontalAdvance("100.0%")
        count_width = metrics.horizontalAdvance(numbers.count(model.most))
        right = area.right() - px(_PADDING)
        share = QRect(right - numbers_width, area.top(), numbers_width, area.height())
        count = QRect(share.left() - px(10) - count_width, area.top(), count_width, area.height())
        name_width = round(area.width() * 0.4)
        bar_left = area.left() + px(_PADDING) + name_width
        bar = QRect(bar_left, area.center().y() - px(3), count.left() - px(12) - bar_left, px(8))
        painter.fillRect(bar, theme().colour("hover"))
        filled = bar.width() * mistake.count / model.most
        painter.fillRect(
            QRectF(bar.left(), bar.top(), filled, bar.height()), theme().colour(theme().tokens.line(1))
        )
        painter.setFont(font(12))
        painter.setPen(theme().colour("text"))
        painter.drawText(count, _RIGHT, numbers.count(mistake.count))
        painter.setPen(theme().colour("text2"))
        painter.drawText(share, _RIGHT, numbers.percent(mistake.share))
        names = QRect(area.left() + px(_PADDING), area.top(), name_width - px(8), area.height())
        _paint_names(painter, names, *model.names(mistake))


class MistakesList(QListView):
    """The list; choosing a row tells which cell it is.

    Signals:
        mistake_selected: Actual and predicted class.
    """

    mistake_selected = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Most frequent mistakes")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setModel(MistakesModel(self))
        self.setItemDelegate(MistakeDelegate(self))
        self._following = False
        self._fit()
        theme().changed.connect(self._fit)

    @property
    def mistakes(self) -> MistakesModel:
        """The model."""
        return cast(MistakesModel, self.model())

    def show_mistakes(self, mistakes: tuple[Mistake, ...], classes: tuple[str, ...]) -> None:
        """Shows other mistakes."""
        self._following = True
        self.mistakes.show_mistakes(mistakes, classes)
        self._following = False
        self.setAccessibleDescription("" if mistakes else NO_MISTAKES)

    def follow(self, actual: int, predicted: int) -> None:
        """Marks the row of a cell selected elsewhere, or none, without telling anyone."""
        row = self.mistakes.row_of(actual, predicted)
        index = self.mistakes.index(row) if row >= 0 else QModelIndex()
        self._following = True
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._following = False

    def sizeHint(self) -> QSize:
        """As many rows as are shown at most."""
        return QSize(theme().px(240), theme().px(_ROW) * _ROWS[1])

    def _fit(self) -> None:
        self.setMinimumHeight(theme().px(_ROW) * _ROWS[0])
        self.setMaximumHeight(theme().px(_ROW) * _ROWS[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or say that there are none."""
        super().paintEvent(event)
        if self.mistakes.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setFont(font(12))
            painter.setPen(theme().colour("muted"))
            line = QRect(theme().px(_PADDING), 0, self.viewport().width(), theme().px(_ROW))
            painter.drawText(line, _LEFT, NO_MISTAKES)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tells which mistake is chosen."""
        super().currentChanged(current, previous)
        if current.isValid() and not self._following:
            mistake: Mistake = current.data(MISTAKE_ROLE)
            self.mistake_selected.emit(mistake.actual, mistake.predicted)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _paint_names(painter: QPainter, area: QRect, actual: str, predicted: str) -> None:
    """Draws "Shirt as Coat", the little word muted; both names are shortened where room is short."""
    metrics = painter.fontMetrics()
    word = " as "
    room = area.width() - metrics.horizontalAdvance(word)
    if metrics.horizontalAdvance(actual) + metrics.horizontalAdvance(predicted) > room:
        spare = max(room // 2, room - metrics.horizontalAdvance(predicted))
        actual = metrics.elidedText(actual, Qt.TextElideMode.ElideRight, spare)
        rest = room - metrics.horizontalAdvance(actual)
        predicted = metrics.elidedText(predicted, Qt.TextElideMode.ElideRight, rest)
    left = area.left()
    for text, role in ((actual, "text"), (word, "muted"), (predicted, "text")):
        painter.setPen(theme().colour(role))
        painter.drawText(QRect(left, area.top(), area.width(), area.height()), _LEFT, text)
        left += metrics.horizontalAdvance(text)
