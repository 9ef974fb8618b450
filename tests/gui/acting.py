"""What a person does with a form, as real events."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget


def focused(widget: QWidget) -> QWidget:
    """The widget, with the keyboard focus that Tab gives."""
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    assert widget.hasFocus()
    return widget


def retype(widget: QWidget, text: str, *, enter: bool = False) -> None:
    """Replaces the text of a field."""
    focused(widget)
    QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(widget, text)
    if enter:
        QTest.keyClick(widget, Qt.Key.Key_Return)


def pick(box: QWidget, text: str) -> None:
    """Opens a choice and clicks an entry."""
    assert isinstance(box, QComboBox)
    box.showPopup()
    view = box.view()
    index = box.model().index(box.findText(text), 0)
    assert index.isValid(), f"{text} is not among the choices"
    view.scrollTo(index)
    QTest.mouseMove(view.viewport(), view.visualRect(index).center())
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
    assert not view.isVisible()


def roll(widget: QWidget, angle: int, pos: QPoint | None = None) -> None:
    """Turns the mouse wheel over a widget."""
    place = widget.rect().center() if pos is None else pos
    event = QWheelEvent(
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def state(widget: QWidget) -> str:
    """The state that the style sheet shows: "", "invalid", "changed" or "locked"."""
    return str(widget.property("state") or "")


def double_click(widget: QWidget, pos: QPoint | None = None) -> None:
    """Double-clicks as a hand does; ``QTest.mouseDClick`` alone leaves the button down."""
    place = widget.rect().center() if pos is None else pos
    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=place)
