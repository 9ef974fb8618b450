"""The decision surface: the plane in the colours of the network's answers, with the points on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.engine.analysis.plane import REACH
from nnstudio.gui.playground.colours import SURFACE, colour_table, plane_image
from nnstudio.gui.playground.look import Look, PointGroup
from nnstudio.gui.theme import theme

LEAST = 160
_DOT, _SQUARE, _RING, _SMALL_RING = 3.4, 3.4, 8.5, 5.0
_MANY = 40
_KEY_STEP = REACH / 25
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


@dataclass(frozen=True)
class Shown:
    """What the user wants to see.

    Attributes:
        train: The points to train on.
        held: Those held back for validation and test.
        lines: The lines of the first layer's units.
        classes: The class alone, without how sure the network is.
    """

    train: bool = True
    held: bool = True
    lines: bool = False
    classes: bool = False


class SurfaceView(QWidget):
    """A square picture of the plane. The pointer or the arrow keys ask for the answer at a place.

    Signals:
        asked(object): ``(x, y)`` of the plane under the cursor, or None.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown = Shown()
        self._picture: QImage | None = None
        self._lines: QImage | None = None
        self._points: QPixmap | None = None
        self._cursor: tuple[float, float] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Decision surface")
        self.setAccessibleDescription(
            "The plane in the colours of the network's answers. The arrow keys move a cursor over it."
        )
        theme().changed.connect(self._redraw)

    @property
    def look(self) -> Look | None:
        """What is drawn."""
        return self._look

    @property
    def shown(self) -> Shown:
        """What of it is drawn."""
        return self._shown

    def show_look(self, look: Look) -> None:
        """Draws another look; the points are only drawn again if they are others."""
        before, self._look = self._look, look
        if before is None or not _same_points(before, look):
            self._points = None
        self._picture = self._lines = None
        self.update()

    def set_shown(self, shown: Shown) -> None:
        """Draws more or less of it."""
        self._shown = shown
        self._redraw()

    def answer(self, x: float, y: float) -> float | None:
        """Probability of class B at a place of the plane, from the nearest square of the surface."""
        surface = self._look.surface if self._look is not None else None
        if surface is None or max(abs(x), abs(y)) > REACH:
            return None
        side = len(surface)
        column = min(side - 1, int((x + REACH) / (2 * REACH) * side))
        row = min(side - 1, int((REACH - y) / (2 * REACH) * side))
        return float(surface[row, column])

    def to_pixel(self, x: float, y: float) -> QPointF:
        """Where a place of the plane lies in the widget."""
        return QPointF((x + REACH) / (2 * REACH) * self.width(), (REACH - y) / (2 * REACH) * self.height())

    def sizeHint(self) -> QSize:
        """The designed size."""
        return QSize(theme().px(390), theme().px(390))

    def minimumSizeHint(self) -> QSize:
        """Small, but readable."""
        return QSize(theme().px(LEAST), theme().px(LEAST))

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws surface, lines, points, rings round the wrong ones, and the cursor."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("plot"))
        look = self._look
        if look is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if look.surface is not None:
            painter.drawImage(self.rect(), self._surface(look))
        if self._shown.lines and look.lines is not None:
            painter.drawImage(self.rect(), self._line_picture(look))
        painter.drawPixmap(0, 0, self._point_picture(look))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_wrong(painter, look)
        self._paint_cursor(painter)
        painter.setPen(QPen(theme().colour("border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _surface(self, look: Look) -> QImage:
        if self._picture is None:
            assert look.surface is not None
            values = look.surface
            if self._shown.classes:
                values = (values > 0.5).astype(np.float32)
            self._picture = plane_image(values, colour_table(theme().tokens, SURFACE))
        return self._picture

    def _line_picture(self, look: Look) -> QImage:
        if self._lines is None:
            assert look.lines is not None
            colour = theme().colour("text2")
            colour.setAlpha(150)
            table = np.array([0, colour.rgba()], dtype=np.uint32)
            pixels = np.ascontiguousarray(table[look.lines.astype(np.intp)])
            h, w = pixels.shape
            self._lines = QImage(pixels.tobytes(), w, h, 4 * w, QImage.Format.Format_ARGB32).copy()
        return self._lines

    def _point_picture(self, look: Look) -> QPixmap:
        ratio = self.devicePixelRatioF()
        if self._points is None or self._points.devicePixelRatio() != ratio:
            self._points = QPixmap(self.size() * ratio)
            self._points.setDevicePixelRatio(ratio)
            self._points.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._points)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for name, group in self._visible(look):
                self._paint_group(painter, name, group)
            painter.end()
        return self._points

    def _visible(self, look: Look) -> list[tuple[str, PointGroup]]:
        wanted = {"train": self._shown.train, "validation": self._shown.held, "test": self._shown.held}
        return [(name, group) for name, group in look.groups.items() if wanted[name]]

    def _paint_group(self, painter: QPainter, name: str, group: PointGroup) -> None:
        for (x, y), label in zip(group.places.tolist(), group.labels.tolist(), strict=True):
            paint_point(painter, self.to_pixel(x, y), name, int(label))

    def _paint_wrong(self, painter: QPainter, look: Look) -> None:
        """Rings round wrong answers; smaller ones where they would hide all else, none before training."""
        if not look.trained:
            return
        wrong = [group.places[group.wrong] for _, group in self._visible(look) if group.wrong is not None]
        many = sum(map(len, wrong)) > _MANY
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().colour("text"), (1 if many else 1.5) * theme().zoom))
        radius = (_SMALL_RING if many else _RING) * theme().zoom
        for places in wrong:
            for x, y in places.tolist():
                painter.drawEllipse(self.to_pixel(x, y), radius, radius)

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._cursor is not None and self.hasFocus():
            at, arm = self.to_pixel(*self._cursor), theme().px(7)
            painter.setPen(QPen(theme().colour("text"), 1))
            painter.drawLine(at - QPointF(arm, 0), at + QPointF(arm, 0))
            painter.drawLine(at - QPointF(0, arm), at + QPointF(0, arm))

    def _redraw(self) -> None:
        self._picture = self._lines = self._points = None
        self.update()

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The points move."""
        super().resizeEvent(event)
        self._points = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Asks for the answer under the pointer."""
        at = event.position()
        x = at.x() / max(1, self.width()) * 2 * REACH - REACH
        self._ask((x, REACH - at.y() / max(1, self.height()) * 2 * REACH))

    def leaveEvent(self, event: object) -> None:
        """Nothing is under the pointer any more."""
        self._ask(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the cursor."""
        move = _ARROWS.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        x, y = self._cursor or (0.0, 0.0)
        x, y = x + move[0] * _KEY_STEP, y + move[1] * _KEY_STEP
        self._ask((min(max(x, -REACH), REACH), min(max(y, -REACH), REACH)))

    def _ask(self, place: tuple[float, float] | None) -> None:
        self._cursor = place
        self.asked.emit(place)
        if self.hasFocus():
            self.update()


def paint_point(painter: QPainter, at: QPointF, group: str, label: int) -> None:
    """Draws one point: dots to train on, diamonds for validation, hollow squares to test with."""
    colour, ground = QColor(theme().tokens.line(label)), theme().colour("panel")
    if group == "train":
        radius = _DOT * theme().zoom
        painter.setPen(QPen(ground, 1))
        painter.setBrush(colour)
        painter.drawEllipse(at, radius, radius)
        return
    side = _SQUARE * theme().zoom
    painter.setPen(QPen(colour, 1.8 * theme().zoom))
    painter.setBrush(ground)
    if group == "test":
        painter.drawRect(QRectF(at.x() - side, at.y() - side, 2 * side, 2 * side))
    else:
        reach = 1.3 * side
        corners = (QPointF(0, -reach), QPointF(reach, 0), QPointF(0, reach), QPointF(-reach, 0))
        painter.drawPolygon([at + corner for corner in corners])


def _same_points(one: Look, other: Look) -> bool:
    """Looks at equal recipes share their arrays."""
    places = [[group.places for group in look.groups.values()] for look in (one, other)]
    return len(places[0]) == len(places[1]) and all(a is b for a, b in zip(*places, strict=True))
