"""A column header whose names lean at 45 degrees, for narrow columns."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from nnstudio.gui.theme import font, theme

_ANGLE = 45
_LONGEST = 96  # pixels of a name; longer ones are shortened
_MARGIN = 6


class RotatedHeader(QHeaderView):
    """Horizontal header with slanted names; the names of the selected column are bold.

    Names lean over the columns to the right, so the table keeps ``overhang`` free at its right edge.
    """

    def __init__(self, table: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(1)
        self.setSectionsClickable(True)
        self.setHighlightSections(True)

    def overhang(self, side: int) -> int:
        """How far names reach beyond the last column, if columns are ``side`` pixels wide."""
        beyond = [self._reach(i) - (self.count() - i) * side + side // 2 for i in range(self.count())]
        return max([0, *beyond])

    def sizeHint(self) -> QSize:
        """As high as the longest name leans."""
        highest = max((self._reach(i) for i in range(self.count())), default=0)
        return QSize(super().sizeHint().width(), highest + theme().px(_MARGIN))

    def _reach(self, section: int) -> int:
        """Height, and width, of a leaning name."""
        metrics = QFontMetrics(font(12, 600))
        along = min(metrics.horizontalAdvance(self._name(section)), theme().px(_LONGEST))
        return math.ceil((along + metrics.height() / 2) * math.sin(math.radians(_ANGLE)))

    def _name(self, section: int) -> str:
        return str(self.model().headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all names; they cross the borders of their sections."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.fillRect(self.viewport().rect(), theme().colour("panel"))
        selected = self._table.currentIndex().column()
        height = self.viewport().height()
        for section in range(self.count()):
            bold = section == selected
            painter.setFont(font(12, 600 if bold else 400))
            painter.setPen(theme().colour("text" if bold else "text2"))
            metrics = painter.fontMetrics()
            name = metrics.elidedText(self._name(section), Qt.TextElideMode.ElideRight, theme().px(_LONGEST))
            painter.save()
            middle = self.sectionViewportPosition(section) + self.sectionSize(section) / 2
            painter.translate(middle + metrics.ascent() / 4, height - theme().px(_MARGIN))
            painter.rotate(-_ANGLE)
            painter.drawText(0, 0, name)
            painter.restore()
