"""The confusion matrix: which class was taken for which, as a table of coloured cells."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.engine.analysis import Floats, Ints, column_shares, row_shares
from nnstudio.gui.look.tokens import text_on
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.evaluate.rotated_header import RotatedHeader
from nnstudio.gui.views.shades import change_colour, hit_colour, mistake_colour
from nnstudio.gui.widgets import numbers

Mode = Literal["counts", "row", "column", "change"]
Index = QModelIndex | QPersistentModelIndex

SHARE_ROLE = Qt.ItemDataRole.UserRole
CHANGE_ROLE = Qt.ItemDataRole.UserRole + 1
_LARGEST_CELL = 56
_WIDEST = 1.5  # a cell, as a multiple of its height
_SMALLEST_CELL = 20
_TYPE_SIZE, _LEAST_PIXELS = 12, 9
_CELL, _LOW_CELL, _MOST_ROWS = 36, 24, 12  # what the table asks room for
_ROOT = QModelIndex()


class ConfusionModel(QAbstractTableModel):
    """Rows are actual classes, columns predicted ones."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._mode: Mode = "counts"
        self._difference: Floats | None = None
        self._put(np.zeros((0, 0), np.int64))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self._classes

    @property
    def mode(self) -> Mode:
        """What the cells show."""
        return self._mode

    def show_matrix(
        self, confusion: Ints, classes: tuple[str, ...], difference: Floats | None = None
    ) -> None:
        """Shows another matrix; equal classes keep the selection.

        Args:
            confusion: Counts, rows = actual.
            classes: Names of the classes.
            difference: What the mode "change" shows: the change of each row's shares; None for none.
        """
        self._difference = difference
        if classes == self._classes:
            self._put(confusion)
            self._repaint()
            return
        self.beginResetModel()
        self._classes = classes
        self._put(confusion)
        self.endResetModel()

    def set_mode(self, mode: Mode) -> None:
        """Shows counts, shares of the row or of the column, or how the row's shares changed."""
        self._mode = mode
        self._repaint()

    def count(self, actual: int, predicted: int) -> int:
        """Samples in a cell."""
        return int(self._confusion[actual, predicted])

    def rowCount(self, parent: Index = _ROOT) -> int:
        """One row per class."""
        return 0 if parent.isValid() else len(self._classes)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """One column per class."""
        return 0 if parent.isValid() else len(self._classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, share, tooltip and accessible text of a cell."""
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == CHANGE_ROLE:
            return self._change(row, column)
        if role == SHARE_ROLE:
            shares = self._columns if self._mode == "column" else self._rows
            return float(shares[row, column])
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._sentence(row, column)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Class names."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._classes[section] if 0 <= section < len(self._classes) else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _put(self, confusion: Ints) -> None:
        self._confusion = confusion
        self._rows, self._columns = row_shares(confusion), column_shares(confusion)

    def _repaint(self) -> None:
        if self._classes:
            last = len(self._classes) - 1
            self.dataChanged.emit(self.index(0, 0), self.index(last, last))

    def _text(self, row: int, column: int) -> str:
        count = self.count(row, column)
        change = self._change(row, column)
        if change is not None:
            text = numbers.signed(100 * change, 0 if abs(change) >= 0.095 else 1)
            return text if any(digit in text for digit in "123456789") else "0"
        if self._mode in ("counts", "change") or count == 0:
            return numbers.count(count)
        shares = self._rows if self._mode == "row" else self._columns
        return numbers.percent(float(shares[row, column]), 0 if shares[row, column] >= 0.095 else 1)[:-1]

    def _sentence(self, row: int, column: int) -> str:
        taken = f"{self._classes[row]} predicted as {self._classes[column]}"
        of_row = numbers.percent(float(self._rows[row, column]))
        of_column = numbers.percent(float(self._columns[row, column]))
        count = numbers.count(self.count(row, column))
        sentence = f"{taken}: {count}\n{of_row} of the row, {of_column} of the column"
        if self._difference is None:
            return sentence
        points = numbers.signed(100 * float(self._difference[row, column]), 1)
        return f"{sentence}\n{points} points of the row against the other run"

    def _change(self, row: int, column: int) -> float | None:
        """Change of a cell's share, where that is what is shown."""
        if self._mode != "change" or self._difference is None:
            return None
        return float(self._difference[row, column])


class ConfusionDelegate(QStyledItemDelegate):
    """Paints a cell: blue on the diagonal, orange off it, a frame round the selected one."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the ground, the number and the frame."""
        area = option.rect.adjusted(0, 0, -1, -1)
        share, hit = float(index.data(SHARE_ROLE)), index.row() == index.column()
        change = index.data(CHANGE_ROLE)
        if change is None:
            ground = (hit_colour if hit else mistake_colour)(share, theme().tokens)
        else:
            share = change
            ground = change_colour(change if hit else -change, theme().tokens)
        painter.fillRect(area, QColor(ground))
        fitting = _fitting(str(index.data()), 600 if hit else 400, area)
        if fitting is not None:
            text, chosen = fitting
            painter.setFont(chosen)
            painter.setPen(theme().colour("muted") if share == 0 else QColor(text_on(ground)))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        table = self.parent()
        if isinstance(table, QTableView) and table.currentIndex() == index:
            painter.setPen(
                QPen(
                    theme().colour("text"),
                    2,
                    Qt.PenStyle.SolidLine,
                    Qt.PenCapStyle.SquareCap,
                    Qt.PenJoinStyle.MiterJoin,
                )
            )
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(1, 1, -1, -1))


def _fitting(text: str, weight: int, area: QRect) -> tuple[str, QFont] | None:
    """A number and the largest type in which the cell holds it whole; None in cells too small for any.

    The thousands comma goes before the number does. A number is never cut: a part of it would be wrong.
    """
    chosen = font(_TYPE_SIZE, weight)
    for size in range(chosen.pixelSize(), _LEAST_PIXELS - 1, -1):
        chosen.setPixelSize(size)
        metrics = QFontMetrics(chosen)
        for shown in (text, text.replace(",", "")):
            if metrics.horizontalAdvance(shown) <= area.width() - 2 and metrics.ascent() <= area.height():
                return shown, chosen
    return None


class ConfusionTable(QTableView):
    """The matrix; one cell is selected at a time, with the mouse or the arrow keys. Esc selects none.

    Signals:
        cell_selected: Actual and predicted class, or (-1, -1) when nothing is selected.
    """

    cell_selected = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Confusion matrix")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setProperty("focusRing", "none")  # the selected cell has its frame
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self._slanted = RotatedHeader(self)
        self.setHorizontalHeader(self._slanted)
        self._names = _NameHeader(self)
        self.setVerticalHeader(self._names)
        self._axes = QLabel("True ↓ Pred →", self)
        self._axes.setProperty("role", "note")
        self._axes.setToolTip("Rows are the true classes, columns the predicted ones.")
        self.setItemDelegate(ConfusionDelegate(self))
        model = ConfusionModel(self)
        self.setModel(model)
        model.modelReset.connect(self._fit)
        theme().changed.connect(self._fit)

    @property
    def matrix(self) -> ConfusionModel:
        """The model."""
        return cast(ConfusionModel, self.model())

    def select_cell(self, actual: int, predicted: int) -> None:
        """Selects a cell; (-1, -1) selects none."""
        index = self.matrix.index(actual, predicted) if actual >= 0 else QModelIndex()
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tells which cell is selected."""
        super().currentChanged(current, previous)
        self._slanted.viewport().update()
        self._names.viewport().update()
        self.cell_selected.emit(current.row(), current.column())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc selects no cell."""
        if event.key() == Qt.Key.Key_Escape and self.currentIndex().isValid():
            self.select_cell(-1, -1)
        else:
            super().keyPressEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Everything is drawn anew: of a moved picture the chosen cell's old frame would stay."""
        super().scrollContentsBy(dx, dy)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes the cells as large as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        """Cells of 36 pixels."""
        return QSize(theme().px(430), self._height(_CELL))

    def minimumSizeHint(self) -> QSize:
        """Cells of 24 pixels."""
        cell, columns = theme().px(_LOW_CELL), min(self.matrix.columnCount(), _MOST_ROWS)
        width = self._names.sizeHint().width() + columns * cell + self._slanted.overhang(cell)
        return QSize(width, self._height(_LOW_CELL))

    def _height(self, cell: int) -> int:
        rows = min(self.matrix.rowCount(), _MOST_ROWS)
        return self._slanted.sizeHint().height() + rows * theme().px(cell) + 2

    def _fit(self) -> None:
        self.updateGeometry()
        count = self.matrix.rowCount()
        if count == 0:
            return
        px = theme().px
        top, left = self._slanted.sizeHint().height(), self._names.sizeHint().width()
        height = self._bounded((self.height() - top - 2) // count)
        width = (self.width() - left) // count
        width = (self.width() - left - self._slanted.overhang(width)) // count
        width = min(self._bounded(width), round(height * _WIDEST))
        for header, side in ((self._slanted, width), (self._names, height)):
            if header.defaultSectionSize() != side:
                header.setDefaultSectionSize(side)
        self._axes.adjustSize()
        self._axes.move(max(0, left + px(6) - self._axes.width()), top - self._axes.height() - px(2))

    def _bounded(self, side: int) -> int:
        return max(theme().px(_SMALLEST_CELL), min(theme().px(_LARGEST_CELL), side))


class _NameHeader(QHeaderView):
    """Row names, right-aligned; the selected one is bold."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(Qt.Orientation.Vertical, table)
        self._table = table
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(1)
        self.setSectionsClickable(True)

    def sizeHint(self) -> Any:
        """As wide as the longest name, within reason."""
        hint = super().sizeHint()
        metrics = QFontMetrics(font(12, 600))
        names = [str(self.model().headerData(i, self.orientation())) for i in range(self.count())]
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        hint.setWidth(max(theme().px(68), min(widest, theme().px(110))) + theme().px(9))
        return hint

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw one name."""
        bold = self._table.currentIndex().row() == section
        painter.fillRect(rect, theme().colour("panel"))
        painter.setFont(font(12, 600 if bold else 400))
        painter.setPen(theme().colour("text" if bold else "text2"))
        area = rect.adjusted(0, 0, -theme().px(7), 0)
        name = str(self.model().headerData(section, self.orientation()))
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
