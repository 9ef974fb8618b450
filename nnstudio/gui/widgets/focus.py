"""The focus ring: 2 px of accent, 1 px off the focused widget.

``install(window)`` once per main window; a dialog of it gets a ring when the focus comes to it. A widget
chooses where its ring goes through the dynamic property ``focusRing``: ``"outside"`` (the default),
``"inside"`` (widgets that touch the window's edge) or ``"none"`` (views that paint the focus of their items
themselves).
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QFocusFrame,
    QMenu,
    QMenuBar,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QTabBar,
    QWidget,
)

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme

WIDTH = 2
GAP = 1


def install(window: QWidget) -> FocusRing:
    """Give ``window`` a ring that follows the keyboard focus inside it, and one to each of its dialogs."""
    ring = FocusRing(window)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.focusChanged.connect(ring.follow)
        app.focusChanged.connect(ring.equip)
    return ring


class FocusRing(QFocusFrame):
    """The ring of one window."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._inside = False
        self._by_mouse = False
        self._style = _RingStyle()
        self._style.setParent(self)
        self.setStyle(self._style)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme().changed.connect(self.update)

    def follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        """Move to the widget that has the focus now, if it lies in this window and wants a ring."""
        target = None if new is None else owner(new)
        if target is None or target.window() is not self._window or not _wants_ring(target):
            self.setWidget(None)  # type: ignore[arg-type]  # Qt takes a null pointer here
            return
        self.show_on(target)

    def equip(self, old: QWidget | None, new: QWidget | None) -> None:
        """Give a dialog of this window a ring of its own as soon as the focus is in it."""
        top = None if new is None else new.window()
        foreign = isinstance(top, QFileDialog)  # Qt's own, whose completer and ring get in each other's way
        if not isinstance(top, QDialog) or foreign or not self._owns(top):
            return
        ring = top.findChild(FocusRing) or FocusRing(top)
        ring.follow(old, new)

    def _owns(self, dialog: QDialog) -> bool:
        parent = dialog.parentWidget()
        return parent is not None and parent.window() is self._window

    def show_on(self, target: QWidget) -> None:
        """Put the ring around ``target``."""
        self._inside = _place(target) == "inside"
        self._style.margin = 0 if self._inside else theme().px(WIDTH) + GAP
        self.setWidget(None)  # type: ignore[arg-type]  # so that the margin is read again
        self.setWidget(target)
        self.raise_()

    def hand_on(self, target: QWidget, again: bool = False) -> None:
        """Give ``target`` the focus; without a ring where a click elsewhere, on a page's tab, hands it on.

        Args:
            target: Who gets it.
            again: Because of the same click or key as the last time.
        """
        if not again:
            self._by_mouse = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        reason = Qt.FocusReason
        target.setFocus(reason.OtherFocusReason if self._by_mouse else reason.ShortcutFocusReason)
        if self._by_mouse:
            self.setWidget(None)  # type: ignore[arg-type]  # it returns with the first key that moves it

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the rounded ring."""
        if self.widget() is None:
            return
        width = theme().px(WIDTH)
        radius = theme().px(METRICS.radius) + (0 if self._inside else width)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme().tokens.accent), width))
        half = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)


def hand_up(leaving: QWidget) -> None:
    """Give the focus to the nearest part above ``leaving`` if it is in there; Qt would take a neighbour."""
    focused = QApplication.focusWidget()
    if focused is None or not (leaving is focused or leaving.isAncestorOf(focused)):
        return
    above = leaving.parentWidget()
    while above is not None and above.focusPolicy() == Qt.FocusPolicy.NoFocus:
        above = above.parentWidget()
    if above is not None:
        above.setFocus(Qt.FocusReason.OtherFocusReason)


def owner(focused: QWidget) -> QWidget:
    """The control that ``focused`` belongs to: a spin box rather than the line edit inside it."""
    parent = focused.parentWidget()
    return parent if isinstance(parent, QAbstractSpinBox | QComboBox) else focused


def _place(target: QWidget) -> str:
    chosen = target.property("focusRing")
    if isinstance(chosen, str):
        return chosen
    return "inside" if isinstance(target, QAbstractScrollArea | QTabBar) else "outside"


def _wants_ring(target: QWidget) -> bool:
    if target.isWindow() or isinstance(target, QMenu | QMenuBar) or _place(target) == "none":
        return False
    # A click on a button or a slider needs no ring; it returns with the first key that moves the focus.
    clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
    return not (clicked and isinstance(target, QAbstractButton | QAbstractSlider))


class _RingStyle(QProxyStyle):
    """Tells ``QFocusFrame`` how far outside the widget to lie, and to lie above its neighbours."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self.margin = WIDTH + GAP

    def pixelMetric(
        self,
        metric: QStyle.PixelMetric,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> int:
        if metric in (QStyle.PixelMetric.PM_FocusFrameHMargin, QStyle.PixelMetric.PM_FocusFrameVMargin):
            return self.margin
        return super().pixelMetric(metric, option, widget)

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        return_data: QStyleHintReturn | None = None,
    ) -> int:
        if hint == QStyle.StyleHint.SH_FocusFrame_AboveWidget:
            return 1
        if hint == QStyle.StyleHint.SH_FocusFrame_Mask:
            return 0
        return super().styleHint(hint, option, widget, return_data)
