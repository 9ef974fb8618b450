"""How the canvas looks: paper, ink, the lines between the cells, and the circle of the pen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPen

from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import shown
from nnstudio.gui.views.predict.canvas_sheet import Sheet

_LEAST_GRID = 6  # pixels of a cell; a finer grid would hide the drawing


def paint_sheet(painter: QPainter, area: QRect, sheet: Sheet, grid: bool) -> None:
    """Draws the sheet, with its cells if ``grid``; the ink covers the lines, the paper doesn't."""
    if sheet.colour:
        painter.drawImage(area, sheet.image)
        if grid:
            _paint_grid(painter, area, sheet)
        return
    dark, modes = theme().tokens.dark, QPainter.CompositionMode
    painter.fillRect(area, Qt.GlobalColor.black if dark else Qt.GlobalColor.white)
    if grid:
        _paint_grid(painter, area, sheet)
    painter.setCompositionMode(modes.CompositionMode_Lighten if dark else modes.CompositionMode_Darken)
    painter.drawImage(area, shown(sheet.image))
    painter.setCompositionMode(modes.CompositionMode_SourceOver)


def paint_pen(painter: QPainter, area: QRect, at: QPointF, radius: float) -> None:
    """Draws the circle that the pen would mark."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(area)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme().colour("muted"), 1, Qt.PenStyle.DashLine))
    painter.drawEllipse(at, radius, radius)


def _paint_grid(painter: QPainter, area: QRect, sheet: Sheet) -> None:
    if area.width() / sheet.columns < _LEAST_GRID:
        return
    painter.setPen(QPen(theme().colour("grid"), 1))
    for column in range(1, sheet.columns):
        x = area.left() + round(area.width() * column / sheet.columns)
        painter.drawLine(x, area.top(), x, area.bottom())
    for row in range(1, sheet.rows):
        y = area.top() + round(area.height() * row / sheet.rows)
        painter.drawLine(area.left(), y, area.right(), y)
