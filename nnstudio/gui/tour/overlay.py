"""The tour over the window: everything dimmed but what is talked about, which can be used meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QCloseEvent,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.tour.steps import STEPS, Step
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.wrapped_label import WrappedLabel

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

FOLLOW_MS = 150
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DIM = 130
_WIDTH, _GAP, _EDGE = 320, 12, 4
_LEFT, _PADDING = 16, 12


class Callout(QFrame):
    """What a step says, and the way on.

    Attributes:
        back: The step before.
        next: The step after.
        end: Ends the tour.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "tip")
        self._title, self._count = _label("section"), _label("caption")
        self._text = WrappedLabel("secondary", _WIDTH - _LEFT - _PADDING)
        self.back = Button("Back", small=True)
        self.next = Button("Next", "primary", small=True)
        self.end = Button("End tour", "quiet", small=True, tooltip="Leave the tour (Esc)")
        row = QHBoxLayout()
        row.addWidget(self._count)
        row.addWidget(self.end)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        column = QVBoxLayout(self)
        px = theme().px
        column.setContentsMargins(px(_LEFT), px(_PADDING), px(_PADDING), px(_PADDING))
        column.setSpacing(px(8))
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addLayout(row)
        self.setFixedWidth(px(_WIDTH))

    def say(self, step: Step, number: int, total: int) -> None:
        """Shows a step."""
        self._title.setText(step.title)
        self._text.setText(step.text)
        self._count.setText(f"{number} of {total}")
        self.back.setEnabled(number > 1)
        self.next.setText("Done" if number == total else "Next")
        self.end.setVisible(number < total)
        self.setAccessibleName(f"Tour, {number} of {total}: {step.title}")
        self.setAccessibleDescription(step.text)
        self.adjustSize()

    @property
    def title(self) -> str:
        """Title of the step."""
        return self._title.text()


class TourOverlay(QWidget):
    """Lies over the whole window but for a hole round the widget that is talked about.

    Enter and Right go on, Left goes back, Esc ends.

    Attributes:
        callout: What is said.

    Signals:
        ended(): The tour is over, at its end or before.
    """

    ended = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._steps = [step for step in STEPS if step.wanted(window)]
        self._at = 0
        self._hole = QRect()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Tour")
        self.setProperty("focusRing", "none")
        self.callout = Callout(self)
        self.callout.back.clicked.connect(lambda: self.go(-1))
        self.callout.next.clicked.connect(lambda: self.go(1))
        self.callout.end.clicked.connect(self.end)
        for child in (self.callout.back, self.callout.next, self.callout.end):
            child.installEventFilter(self)
        window.installEventFilter(self)
        self._follow = QTimer(self, interval=FOLLOW_MS)
        self._follow.timeout.connect(self._place)
        self._show()
        self._follow.start()

    @property
    def step(self) -> Step:
        """The present step."""
        return self._steps[self._at]

    @property
    def hole(self) -> QRect:
        """Where the window shows, in its coordinates; empty where a step points at nothing."""
        return self._hole

    def go(self, by: int) -> None:
        """Goes to another step; past the last one the tour is over."""
        if by > 0:
            self.step.leave(self._window)
        if self._at + by >= len(self._steps):
            self.end()
            return
        self._at = max(0, self._at + by)
        self._show()

    def end(self) -> None:
        """Ends the tour."""
        self.close()
        self._window.centre.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The tour is over, however it was closed."""
        self._follow.stop()
        self._window.removeEventFilter(self)
        self.ended.emit()
        super().closeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the window's size; arrows and Esc work on the buttons, too."""
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        pressed = event.type() == QEvent.Type.KeyPress and watched is not self._window
        if pressed and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            return self._key(Qt.Key(event.key()), watched)
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks through the steps."""
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif not self._key(Qt.Key(event.key()), self):
            super().keyPressEvent(event)

    def _key(self, key: Qt.Key, on: QObject) -> bool:
        if key == Qt.Key.Key_Left:
            self.go(-1)
        elif key == Qt.Key.Key_Right or on in (self, self.callout.next):
            self.go(1)
        elif isinstance(on, Button):
            on.click()
        else:
            return False
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The dimmed part can't be used."""
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dims everything and frames the hole."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, _DIM))
        if not self._hole.isEmpty():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().colour("accent"), 2 * theme().zoom))
            radius = theme().px(METRICS.radius_card)
            painter.drawRoundedRect(self._hole.adjusted(-2, -2, 2, 2), radius, radius)

    def _show(self) -> None:
        self.step.enter(self._window)
        self.callout.say(self.step, self._at + 1, len(self._steps))
        self._place()
        self.show()
        self.raise_()
        self.callout.next.setFocus(Qt.FocusReason.TabFocusReason)
        told = f"{self.callout.accessibleName()}. {self.step.text}"
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, told))

    def _place(self) -> None:
        """Lies over the window as it is now; the hole is where the widget is now."""
        room = self._window.rect()
        target = self.step.find(self._window)
        hole = QRect()
        if target is not None and target.isVisible():
            corner = target.mapTo(self._window, QPoint(0, 0))
            edge = theme().px(_EDGE)
            hole = QRect(corner, target.size()).adjusted(-edge, -edge, edge, edge) & room.adjusted(
                3, 3, -3, -3
            )
        place = _beside(hole, self.callout.size(), room, theme().px(_GAP))
        if (self.geometry(), self._hole, self.callout.pos()) == (room, hole, place):
            return
        self._hole = hole
        self.setGeometry(room)
        self.callout.move(place)
        self.setMask(QRegion(room) - QRegion(hole) + QRegion(self.callout.geometry()))
        self.update()


def _beside(hole: QRect, size: QSize, room: QRect, gap: int) -> QPoint:
    """Where the callout goes: right of the hole, left, below, above, or else into its lower corner."""
    callout = QRect(QPoint(0, 0), size)
    if hole.isEmpty():
        callout.moveCenter(room.center())
        return callout.topLeft()
    spots = (
        QPoint(hole.right() + gap, hole.top()),
        QPoint(hole.left() - gap - callout.width(), hole.top()),
        QPoint(hole.left(), hole.bottom() + gap),
        QPoint(hole.left(), hole.top() - gap - callout.height()),
    )
    inside = room.adjusted(gap, gap, -gap, -gap)
    for at, spot in enumerate(spots):
        callout.moveTopLeft(spot)
        if at < 2:
            callout.moveTop(max(inside.top(), min(callout.top(), inside.bottom() - callout.height())))
        else:
            callout.moveLeft(max(inside.left(), min(callout.left(), inside.right() - callout.width())))
        if inside.contains(callout):
            return callout.topLeft()
    return hole.bottomRight() - QPoint(callout.width() + gap, callout.height() + gap)


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
