"""Checks of what a window looks like: text cut off, widgets in each other's way, names, contrast."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenuBar,
    QScrollBar,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)

from nnstudio.gui.look.tokens import contrast
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.focus import FocusRing

SLACK = 1  # pixels: advances are rounded
TEXT, LARGE = 4.5, 3.0
RATIO = 2  # pictures for the contrast are drawn larger, so that thin strokes have a core in their full colour


def seen(top: QWidget) -> Iterator[QWidget]:
    """Everything visible in a window, without its other windows."""
    stack = [top]
    while stack:
        widget = stack.pop()
        yield widget
        stack += [
            child
            for child in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
            if child.isVisible() and not child.isWindow()
        ]


def name_of(widget: QWidget) -> str:
    """A widget as a message names it, with those it stands in."""
    parts = []
    here: QWidget | None = widget
    while here is not None and len(parts) < 4:
        own = here.objectName() or here.accessibleName()
        parts.append(f"{type(here).__name__}{f' {own!r}' if own else ''}")
        here = here.parentWidget()
    return " in ".join(parts)


# Text


def cut_off(top: QWidget) -> list[str]:
    """Text that has less room than it needs and no tooltip that tells it all."""
    found = []
    for widget in seen(top):
        text = _text(widget)
        if not text or _tooltip(widget, text):
            continue
        if _missing(widget, text) > SLACK or _clipped(widget):
            found.append(f"cut off: {text!r} of {name_of(widget)}")
    return found


def _text(widget: QWidget) -> str:
    return _written(widget).strip()


def _written(widget: QWidget) -> str:
    if isinstance(widget, ElidedLabel):
        return widget.full_text()
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QLineEdit):
        return widget.text() or widget.placeholderText()
    return ""


def _tooltip(widget: QWidget, text: str) -> bool:
    """Whether a tooltip of the widget, or of the field it is part of, tells the text."""
    here: QWidget | None = widget
    while isinstance(here, QLineEdit) and here.parentWidget() is not None and not here.toolTip():
        here = here.parentWidget()
    return here is not None and text.casefold() in here.toolTip().casefold()


def _missing(widget: QWidget, text: str) -> int:
    """Pixels that the text lacks, in the direction in which it lacks most."""
    metrics, room = widget.fontMetrics(), widget.contentsRect()
    if isinstance(widget, QLabel):
        if widget.wordWrap():
            return widget.heightForWidth(widget.width()) - widget.height()
        if widget.textFormat() == Qt.TextFormat.RichText or "<" in text:
            return widget.sizeHint().width() - widget.width()
        lines = text.split("\n")
        wide = max(metrics.horizontalAdvance(line) for line in lines)
        high = metrics.ascent() + metrics.descent() + (len(lines) - 1) * metrics.lineSpacing()
        return max(wide - room.width(), high - room.height() - 2)
    if isinstance(widget, QAbstractButton):
        return widget.minimumSizeHint().width() - widget.width() if not _is_icon(widget) else 0
    if isinstance(widget, QComboBox):
        return metrics.horizontalAdvance(text) - _field(widget).width()
    margins = widget.textMargins() if isinstance(widget, QLineEdit) else None
    inner = room.width() - (margins.left() + margins.right() if margins else 0) - 4
    return metrics.horizontalAdvance(text) - inner


def _is_icon(button: QAbstractButton) -> bool:
    style = getattr(button, "toolButtonStyle", None)
    return style is not None and style() == Qt.ToolButtonStyle.ToolButtonIconOnly


def _field(box: QComboBox) -> QRect:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    return box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box)


def _clipped(widget: QWidget) -> bool:
    """Part of the widget lies outside one that it stands in, where nothing scrolls."""
    area, here = widget.rect(), widget
    while not here.isWindow():
        parent = here.parentWidget()
        if parent is None or isinstance(parent.parentWidget(), QAbstractScrollArea):
            return False
        area = area.translated(here.pos())
        if not parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(area):
            return True
        here = parent
    return False


# Places


def overlaps(top: QWidget) -> list[str]:
    """Siblings that cover each other."""
    found = []
    for parent in seen(top):
        if isinstance(parent, QGraphicsView | QAbstractItemView):
            continue
        children = [child for child in _children(parent) if _solid(child)]
        for number, first in enumerate(children):
            for second in children[number + 1 :]:
                shared = first.geometry().intersected(second.geometry())
                if shared.width() > SLACK and shared.height() > SLACK:
                    found.append(f"overlapping: {name_of(first)} and {name_of(second)}, {shared.size()}")
    return found


def _children(parent: QWidget) -> list[QWidget]:
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return [child for child in parent.findChildren(QWidget, options=direct) if child.isVisible()]


def _solid(widget: QWidget) -> bool:
    """It takes room of its own: no window, no ring, nothing that lies over a field on purpose."""
    overlay = widget.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    handle = widget.objectName() == "qt_qmainwindow_extended_splitter"  # lies over the edges of docks
    return not (widget.isWindow() or overlay or handle or isinstance(widget, FocusRing | QScrollBar))


# Names


def nameless(top: QWidget) -> list[str]:
    """Widgets that take the focus and have nothing for a screen reader to say."""
    found = []
    for widget in seen(top):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(widget, QMainWindow | QMenuBar):
            continue
        if widget.focusProxy() is not None or isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox):
            continue  # a part of something that has the focus for it
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is None or not interface.text(QAccessible.Text.Name).strip():
            found.append(f"no accessible name: {name_of(widget)}")
    return found


# Contrast


def faint(top: QWidget) -> list[str]:
    """Text whose colour stands out too little from its ground, measured in the picture itself."""
    picture = _picture(top)
    found = []
    for widget in seen(top):
        text = _text(widget)
        if not text or not widget.isEnabled() or isinstance(widget, QComboBox):
            continue
        area = _text_area(widget, text)
        where = QRect(widget.mapTo(top, area.topLeft()), area.size()).intersected(top.rect())
        if where.width() < 4 or where.height() < 6 or not _is_in_front(widget, where.center(), top):
            continue
        reached, ink, ground = _measured(picture, where)
        wanted = LARGE if _is_large(widget) else TEXT
        if reached < wanted:
            found.append(f"faint: {text!r} of {name_of(widget)}: {reached:.2f}, {ink} on {ground}")
    return found


def _picture(top: QWidget) -> NDArray[np.uint32]:
    """The colour of every pixel, as 0xRRGGBB."""
    image = QImage(top.size() * RATIO, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(RATIO)
    top.render(image)
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return rows[:, : image.width()] & 0xFFFFFF


def _text_area(widget: QWidget, text: str) -> QRect:
    """Where the text is, or at least the first line of it."""
    room = widget.contentsRect()
    if isinstance(widget, QAbstractButton | QLabel):
        return room
    high = min(room.height(), widget.fontMetrics().height())
    wide = min(room.width(), widget.fontMetrics().horizontalAdvance(text) + 8)
    return QRect(QPoint(room.left(), room.center().y() - high // 2), QSize(wide, high))


def _is_in_front(widget: QWidget, point: QPoint, top: QWidget) -> bool:
    """Nothing scrolled or popped up covers the text."""
    front = top.childAt(point)
    return front is not None and (front is widget or widget.isAncestorOf(front) or front.isAncestorOf(widget))


def _measured(picture: NDArray[np.uint32], area: QRect) -> tuple[float, str, str]:
    """The greatest contrast of a colour in an area to the most frequent one there."""
    top, left = area.top() * RATIO, area.left() * RATIO
    part = picture[top : top + area.height() * RATIO, left : left + area.width() * RATIO]
    colours, counts = np.unique(part, return_counts=True)
    ground = _hex(colours[counts.argmax()])
    often = colours[counts >= 2]  # one pixel alone may be a trick of the drawing
    ratios = [contrast(_hex(colour), ground) for colour in often]
    best = int(np.argmax(ratios))
    return ratios[best], _hex(often[best]), ground


def _hex(colour: np.uint32) -> str:
    return f"#{colour:06X}"


def _is_large(widget: QWidget) -> bool:
    """Large text, as WCAG 2.2 has it: 24 px, or 18.66 px and bold."""
    font = widget.font()
    size = widget.fontInfo().pixelSize()
    return size >= 24 or (size >= 18.66 and font.weight() >= 700)


def findings(top: QWidget, *, contrast_too: bool = True) -> list[str]:
    """All that is wrong with the looks of a window."""
    QApplication.processEvents()
    checks = [cut_off, overlaps, nameless] + ([faint] if contrast_too else [])
    return [finding for check in checks for finding in check(top)]
