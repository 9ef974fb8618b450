"""The table of trials."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.experiments.sweeps.trials import Trial
from nnstudio.gui.experiments.results_model import PLACE_ROLE, STATUS, STATUS_ROLE, ResultsModel
from nnstudio.gui.look.icons import pixmap
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets.tag import KINDS

_ROW, _TAG, _ICON = 27, 18, 12
_LINE, _WORDS = 72, 116  # the line with the dot, and the room that figures take
TAGS = {
    "done": ("good", "check"),
    "pruned": ("neutral", "chevron-down"),
    "running": ("accent", "play"),
    "queued": ("neutral", "clock"),
    "failed": ("error", "warning-triangle"),
}


class StatusDelegate(QStyledItemDelegate):
    """Paints the status as a tag: a word and an icon on a tint."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one tag."""
        area, px = option.rect, theme().px
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme().colour("accent_tint"))
        painter.setPen(theme().colour("border"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        kind, icon_name = TAGS[index.data(STATUS_ROLE)]
        ground, colour = KINDS[kind]
        text = str(index.data())
        width = QFontMetrics(font(11, 600)).horizontalAdvance(text) + px(6 + _ICON + 4 + 6)
        tag = QRect(area.left() + px(8), area.center().y() - px(_TAG) // 2 + 1, width, px(_TAG))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(ground))
        painter.drawRoundedRect(tag, px(METRICS.radius_tag), px(METRICS.radius_tag))
        drawn = pixmap(icon_name, colour, _ICON, painter.device().devicePixelRatioF())
        painter.drawPixmap(tag.left() + px(6), tag.center().y() - px(_ICON) // 2 + 1, drawn)
        painter.setFont(font(11, 600))
        painter.setPen(QColor(theme().tokens.colour(colour)))
        words = tag.adjusted(px(6 + _ICON + 4), 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room for the widest word."""
        return QSize(theme().px(104), theme().px(_ROW))


class GoalDelegate(QStyledItemDelegate):
    """Paints a figure, and at its left where it lies among all trials, with its standard deviation."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the words as usual, then the dot on its line."""
        super().paint(painter, option, index)
        place, px = index.data(PLACE_ROLE), theme().px
        words = QFontMetrics(option.font).horizontalAdvance(str(index.data())) + px(24)
        line = QRect(
            option.rect.right() - px(_LINE) - max(words, px(_WORDS)), option.rect.top(), px(_LINE), 0
        )
        if place is None or line.left() < option.rect.left() + px(8):
            return
        mean, std = place
        middle = option.rect.center().y()
        at = line.left() + mean * line.width()
        low, high = (min(max(at + side * std * line.width(), line.left()), line.right()) for side in (-1, 1))
        pruned = index.data(STATUS_ROLE) == "pruned"
        colour = theme().colour("muted") if pruned else QColor(theme().tokens.line(0))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("border"), 1))
        painter.drawLine(line.left(), middle, line.right(), middle)
        painter.setPen(QPen(colour, px(2)))
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(at, middle), px(3), px(3))
        painter.restore()


class ResultsTable(QTableView):
    """The trials, sorted by a click on a column's head; Return or a double click opens one.

    Signals:
        opened(Trial): A trial was opened.
        selected(object): Another trial is selected, or None.
    """

    opened = Signal(object)
    selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Trials of the sweep")
        self.rows = ResultsModel(self)
        self.setModel(self.rows)
        self.setItemDelegateForColumn(STATUS, StatusDelegate(self))
        self._goals = GoalDelegate(self)
        self._goal_at = -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort)
        self._order: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.DescendingOrder)
        self.doubleClicked.connect(lambda index: self.opened.emit(self.rows.trials[index.row()]))
        self.selectionModel().currentRowChanged.connect(lambda *_: self.selected.emit(self.trial))
        self.rows.modelReset.connect(self._lay_out)
        theme().changed.connect(self._lay_out)

    @property
    def trial(self) -> Trial | None:
        """The selected one."""
        index = self.currentIndex()
        return self.rows.trials[index.row()] if index.isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens the selected trial."""
        trial = self.trial
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and trial is not None:
            self.opened.emit(trial)
        else:
            super().keyPressEvent(event)

    def fit(self) -> None:
        """Gives the columns the widths of their words; what is left goes to the goal's."""
        header = self.horizontalHeader()
        self.resizeColumnsToContents()
        for column in range(self.rows.columnCount()):
            mode = QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(column, mode)
        goal = self.rows.goal_column
        if self._goal_at >= 0:
            self.setItemDelegateForColumn(self._goal_at, None)  # type: ignore[arg-type]
        if 0 < goal < self.rows.columnCount():
            self._goal_at = goal
            self.setItemDelegateForColumn(goal, self._goals)
            header.setSectionResizeMode(goal, QHeaderView.ResizeMode.Stretch)

    def _sort(self, column: int) -> None:
        """Figures the best or largest first, words and numbers the smallest first; then the other way."""
        down = column >= self.rows.goal_column
        first = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
        other = Qt.SortOrder.AscendingOrder if down else Qt.SortOrder.DescendingOrder
        order = other if self._order == (column, first) else first
        self._order = (column, order)
        self.horizontalHeader().setSortIndicatorShown(True)
        self.horizontalHeader().setSortIndicator(column, order)
        self.rows.sort(column, order)

    def _lay_out(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme().px(_ROW))
        self.fit()
