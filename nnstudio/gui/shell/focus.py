"""The keyboard's way through the window: regions, and single keys that never steal from a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

TAKES_KEYS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
)


def takes_keys(widget: QWidget | None) -> bool:
    """Whether plain keys belong to a widget: fields, buttons, lists, trees, sliders and canvases.

    Canvases and other widgets of our own say so by handling keys themselves.
    """
    if widget is None:
        return False
    ours = (kind for kind in type(widget).__mro__ if kind.__module__.startswith("nnstudio."))
    return isinstance(widget, TAKES_KEYS) or any("keyPressEvent" in vars(kind) for kind in ours)


class SingleKeys(QObject):
    """Shortcuts of one plain key, switched off while the focus is in something that takes keys.

    Args:
        window: Window they work in.
        keys: What each key does.
    """

    def __init__(self, window: QWidget, keys: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(window)
        self._window = window
        self._wanted = True
        self._shortcuts = []
        for key, run in keys.items():
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setAutoRepeat(key == "Right")
            shortcut.activated.connect(run)
            self._shortcuts.append(shortcut)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    @property
    def active(self) -> bool:
        """The keys work now."""
        return all(shortcut.isEnabled() for shortcut in self._shortcuts)

    def set_wanted(self, wanted: bool) -> None:
        """Switches the keys on or off altogether."""
        self._wanted = wanted
        self._follow(None, QApplication.focusWidget())

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        for shortcut in self._shortcuts:
            shortcut.setEnabled(self._wanted and not takes_keys(new))


class Regions(QObject):
    """The parts of the window that F6 goes through, in reading order.

    The focus comes back to where it was in a part; at first to the part's ``focus_target()`` or, where it
    has none, to the first widget that takes the focus.
    """

    def __init__(self, window: QWidget, regions: Sequence[QWidget]) -> None:
        super().__init__(window)
        self._regions = list(regions)
        self._last: dict[int, QWidget] = {}
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._note)

    def cycle(self, step: int) -> None:
        """Moves the focus to the next (1) or previous (-1) region that can take it."""
        at = self._index(QApplication.focusWidget())
        count = len(self._regions)
        start = at if at is not None else (-1 if step > 0 else count)
        for distance in range(1, count + 1):
            region = self._regions[(start + step * distance) % count]
            target = self._target(region)
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _target(self, region: QWidget) -> QWidget | None:
        if not region.isVisible():
            return None
        last = self._last.get(id(region))
        if last is not None and last.isVisible() and last.isEnabled():
            return last
        own = getattr(region, "focus_target", None)
        chosen: QWidget | None = own() if own is not None else None
        if chosen is not None and chosen.isVisible() and chosen.isEnabled():
            return chosen
        widget: QWidget | None = region
        while widget is not None:
            inside = widget is region or region.isAncestorOf(widget)
            if inside and widget.isVisible() and widget.isEnabled() and _takes_focus(widget):
                return widget
            widget = widget.nextInFocusChain()
            if widget is region:
                return None
        return None

    def _note(self, _old: QWidget | None, new: QWidget | None) -> None:
        at = self._index(new)
        if at is not None and new is not None:
            region = id(self._regions[at])
            self._last[region] = new
            new.destroyed.connect(lambda: self._last.pop(region, None))

    def _index(self, widget: QWidget | None) -> int | None:
        for at, region in enumerate(self._regions):
            if widget is not None and (widget is region or region.isAncestorOf(widget)):
                return at
        return None


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
