"""The drawing canvas of the Predict page: mouse, keyboard, brush, eraser, its own undo."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.core.layer import Shape
from nnstudio.engine.drawing import fit_on_sheet
from nnstudio.gui.theme import theme
from nnstudio.gui.views.predict.canvas_input import (
    ARROWS,
    ERASING,
    accepts,
    is_for_canvas,
    is_redo,
    is_straight,
)
from nnstudio.gui.views.predict.canvas_paint import paint_pen, paint_sheet
from nnstudio.gui.views.predict.canvas_sheet import SIDE, Sheet
from nnstudio.gui.views.predict.stroke import Stroke

Tool = Literal["brush", "eraser"]

PEN = 30
PENS = (8, 60)
LIGHTEST = 0.35
"""Width of a tablet's pen that hardly touches, as a share of the full width."""


class Canvas(QWidget):
    """Draw with the left button, erase with the right one, hold Shift for straight strokes.

    A tablet's pen draws as wide as it is pressed, and erases with its other end.

    With the keyboard: the arrows move a cell cursor, Space paints, Backspace erases, Shift with an arrow
    draws a line. Undo and redo are the canvas's own while it has the focus.

    Signals:
        changed: The drawing changed, also in the middle of a stroke.
        steps_changed: What can be undone or redone changed.
        pasted(QMimeData): The user pasted, or dropped files on the canvas.
        approached: The pointer moves above the sheet without drawing.
    """

    approached = Signal()
    changed = Signal()
    steps_changed = Signal()
    pasted = Signal(object)

    def __init__(self, shape: Shape = (28, 28, 1), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = Sheet(shape)
        self._tool: Tool = "brush"
        self._pen = PEN
        self._pressure = 1.0  # of a tablet's pen; a mouse presses fully
        self._last_width = float(PEN)
        self._grid = True
        self._cursor = (shape[0] // 2, shape[1] // 2)
        self._keyboard = False  # the keyboard is in use, so its cursor is shown
        self._hover: QPointF | None = None
        self._stroke: Stroke | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)  # the right button erases
        self.setAccessibleName("Canvas")
        self._describe()
        theme().changed.connect(self.updateGeometry)

    @property
    def pen(self) -> int:
        """Width of brush and eraser, in pixels of the sheet."""
        return self._pen

    def set_pen(self, width: int) -> None:
        """Changes the width of brush and eraser, within ``PENS``."""
        self._pen = max(PENS[0], min(PENS[1], width))
        self.update()

    def set_tool(self, tool: Tool) -> None:
        """Chooses what the left button does."""
        self._tool = tool
        self._describe()

    def set_grid(self, visible: bool) -> None:
        """Shows or hides the lines between the cells."""
        self._grid = visible
        self.update()

    def set_shape(self, shape: Shape) -> None:
        """Takes a new sheet if the network's input has another shape."""
        if shape == self.sheet.shape:
            return
        self.sheet = Sheet(shape)
        self._stroke, self._cursor = None, (shape[0] // 2, shape[1] // 2)
        self.updateGeometry()
        self._tell()

    @property
    def drawing(self) -> bool:
        """A stroke is under way."""
        return self._stroke is not None

    def put(self, picture: NDArray[np.float32], again: bool = False) -> None:
        """Puts a picture of ink (or of colours) on the sheet, as large as it fits.

        One undo step; with ``again`` it goes on with the step before.
        """
        size = self.sheet.image.size()
        ground = 1.0 if self.sheet.colour else 0.0
        self.sheet.put(fit_on_sheet(picture, size.height(), size.width(), ground), again)
        self._tell()

    def clear(self) -> None:
        """Takes a new sheet; one undo step."""
        if not self.sheet.blank:
            self.sheet.clear()
            self._tell()

    def invert(self) -> None:
        """Turns ink to paper and paper to ink (colours to their opposites); one undo step."""
        self.sheet.put(1 - self.sheet.values())
        self._tell()

    def undo(self) -> None:
        """Takes the last step back."""
        if self._stroke is None and self.sheet.undo():
            self._tell()

    def redo(self) -> None:
        """Makes the step again."""
        if self._stroke is None and self.sheet.redo():
            self._tell()

    @property
    def cursor_cell(self) -> tuple[int, int]:
        """Row and column of the keyboard's cursor."""
        return self._cursor

    def sizeHint(self) -> QSize:
        """The sheet, zoomed, and its frame."""
        size = self.sheet.image.size()
        factor = theme().px(SIDE) / max(SIDE, size.width(), size.height())
        return QSize(round(size.width() * factor) + 2, round(size.height() * factor) + 2)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A stroke begins; another button during it takes the stroke back."""
        if self._stroke is not None:
            self._abandon()
            return
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return
        self._begin(event.position(), event.button() == Qt.MouseButton.RightButton)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The stroke goes on."""
        self._extend(event.position(), is_straight(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The stroke ends."""
        self._end(event.position(), is_straight(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        """The same with a tablet's pen: pressure makes it wider, its other end erases."""
        kind = event.type()
        self._pressure = 1.0 if kind == QEvent.Type.TabletRelease else event.pressure()
        if kind == QEvent.Type.TabletPress and self._stroke is None:
            self._begin(event.position(), event.pointerType() == QPointingDevice.PointerType.Eraser)
        elif kind == QEvent.Type.TabletMove:
            self._extend(event.position(), is_straight(event))
        elif kind == QEvent.Type.TabletRelease:
            self._end(event.position(), is_straight(event))
        event.accept()  # or Qt makes a mouse event of it

    def _begin(self, position: QPointF, erase: bool) -> None:
        self._keyboard = False
        at = self._to_sheet(position)
        self.sheet.begin()
        self._stroke = Stroke(at, erase or self._tool == "eraser")
        self.sheet.dot(at, self._width, self._stroke.erase)
        self._tell()

    def _extend(self, position: QPointF, straight: bool) -> None:
        self._hover = position
        stroke = self._stroke
        if stroke is None:
            self.update()
            self.approached.emit()
            return
        at = self._to_sheet(position)
        if straight:
            self.sheet.rewind()
            self.sheet.stroke(stroke.straight(at), self._width, stroke.erase)
        else:
            self.sheet.stroke(stroke.curve(at), self._width, stroke.erase)
        self.update()
        self.changed.emit()

    def _end(self, position: QPointF, straight: bool) -> None:
        if self._stroke is None:
            return
        if not straight:
            finish = self._stroke.finish(self._to_sheet(position))
            self.sheet.stroke(finish, self._last_width, self._stroke.erase)
        self._stroke = None
        self._tell()

    @property
    def _width(self) -> float:
        """Width of the pen at the present pressure."""
        self._last_width = self._pen * (LIGHTEST + (1 - LIGHTEST) * min(1.0, max(0.0, self._pressure)))
        return self._last_width

    def leaveEvent(self, event: QEvent) -> None:
        """No circle is shown outside."""
        super().leaveEvent(event)
        self._hover = None
        self.update()

    def _abandon(self) -> None:
        self._stroke = None
        self.sheet.undo()
        self._tell()

    # Keyboard

    def event(self, event: QEvent) -> bool:
        """Keeps the canvas's keys from the window's shortcuts while it has the focus."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and is_for_canvas(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cursor, painting, undo, paste."""
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif is_redo(event):
            self.redo()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        elif key in ARROWS:
            self._move(key, drawing=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Space:
            self._mark(erase=self._tool == "eraser")
        elif key in ERASING:
            self._mark(erase=True)
        elif key == Qt.Key.Key_Escape and self._stroke is not None:
            self._abandon()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tab shows the cell cursor."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._keyboard = True
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The cell cursor goes with the focus."""
        super().focusOutEvent(event)
        self.update()

    def _move(self, key: Qt.Key, drawing: bool) -> None:
        down, across = ARROWS[key]
        before = self._cell_middle()
        row = max(0, min(self.sheet.rows - 1, self._cursor[0] + down))
        column = max(0, min(self.sheet.columns - 1, self._cursor[1] + across))
        self._cursor, self._keyboard = (row, column), True
        if drawing:
            self.sheet.begin()
            line = QPainterPath(before)
            line.lineTo(self._cell_middle())
            self.sheet.stroke(line, self._pen, self._tool == "eraser")
            self._tell()
        self._describe()
        self.update()

    def _mark(self, erase: bool) -> None:
        self._keyboard = True
        self.sheet.begin()
        self.sheet.dot(self._cell_middle(), self._pen, erase)
        self._tell()

    def _paste(self) -> None:
        self.pasted.emit(QGuiApplication.clipboard().mimeData())

    # Files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and pictures may be dropped."""
        if accepts(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped."""
        self.pasted.emit(event.mimeData())
        event.acceptProposedAction()

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the sheet, the grid, the cursor and the frame."""
        painter = QPainter(self)
        area = self._area()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        paint_sheet(painter, area, self.sheet, self._grid)
        if self._keyboard and self.hasFocus():
            painter.setPen(QPen(theme().colour("accent"), 2, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(self._cell_area(area))
        painter.setPen(QPen(theme().colour("strong"), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        if self._hover is not None:
            paint_pen(painter, area, self._hover, self._pen / 2 * area.width() / self.sheet.image.width())

    def _area(self) -> QRect:
        return self.rect().adjusted(1, 1, -1, -1)

    def _cell_area(self, area: QRect) -> QRectF:
        row, column = self._cursor
        width, height = area.width() / self.sheet.columns, area.height() / self.sheet.rows
        return QRectF(area.left() + column * width, area.top() + row * height, width, height)

    def _cell_middle(self) -> QPointF:
        row, column = self._cursor
        return QPointF((column + 0.5) * self.sheet.cell, (row + 0.5) * self.sheet.cell)

    def _to_sheet(self, position: QPointF) -> QPointF:
        area, size = self._area(), self.sheet.image.size()
        inside = position - QPointF(area.topLeft())
        return QPointF(inside.x() * size.width() / area.width(), inside.y() * size.height() / area.height())

    def to_widget(self, x: float, y: float) -> QPoint:
        """Where a place of the sheet lies on the widget."""
        area, size = self._area(), self.sheet.image.size()
        return area.topLeft() + QPoint(
            round(x * area.width() / size.width()), round(y * area.height() / size.height())
        )

    def _tell(self) -> None:
        self.update()
        self.changed.emit()
        self.steps_changed.emit()

    def _describe(self) -> None:
        row, column = self._cursor
        self.setAccessibleDescription(
            f"Row {row + 1} of {self.sheet.rows}, column {column + 1} of {self.sheet.columns}, {self._tool}"
        )
