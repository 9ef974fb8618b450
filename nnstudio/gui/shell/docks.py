"""Side panels: which ones a page has, how wide they are, and whether they are open, per page."""

from __future__ import annotations

from typing import Any, Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.theme import theme

Side = Literal["left", "right"]
SIDES: tuple[Side, ...] = ("left", "right")
PAGES: dict[str, dict[Side, tuple[str, ...]]] = {
    "train": {"left": ("layers", "stack"), "right": ("inspector",)},
    "evaluate": {"left": ("outline",), "right": ()},
    "predict": {"left": ("outline",), "right": ()},
    "data": {"left": ("datasets",), "right": ("preparation",)},
    "experiments": {"left": ("sweep",), "right": ()},
}
WIDTHS = {
    "layers": 172,
    "stack": 316,
    "outline": 200,
    "inspector": 292,
    "datasets": 292,
    "preparation": 332,
    "sweep": 332,
}
NARROW_WIDTHS = WIDTHS | {
    "layers": 44,
    "stack": 300,
    "inspector": 280,
    "datasets": 264,
    "preparation": 300,
    "sweep": 316,
}
TITLES = {
    "layers": "Layers",
    "stack": "Model",
    "outline": "Model outline",
    "inspector": "Inspector",
    "datasets": "Data sets",
    "preparation": "Preparation",
    "sweep": "Sweep setup",
}
_LIMITS = (120, 640)
_AREAS = {"left": Qt.DockWidgetArea.LeftDockWidgetArea, "right": Qt.DockWidgetArea.RightDockWidgetArea}


class Docks(QObject):
    """The dock widgets of the window.

    Args:
        window: The main window.
        contents: Widget for each name of ``WIDTHS``.
        settings: Remembers visibility and widths per page.
    """

    def __init__(self, window: QMainWindow, contents: dict[str, QWidget], settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._contents = contents
        self._settings = settings
        self._page = "train"
        self._narrow = False
        self._pressed: dict[str, int] = {}
        self._remembered: dict[str, Any] = settings.data("window/docks")
        self._docks = {name: self._make(name, widget) for name, widget in contents.items()}
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        window.addDockWidget(left, self._docks["layers"])
        window.splitDockWidget(self._docks["layers"], self._docks["stack"], Qt.Orientation.Horizontal)
        window.splitDockWidget(self._docks["stack"], self._docks["outline"], Qt.Orientation.Horizontal)
        window.splitDockWidget(self._docks["outline"], self._docks["datasets"], Qt.Orientation.Horizontal)
        window.splitDockWidget(self._docks["datasets"], self._docks["sweep"], Qt.Orientation.Horizontal)
        right = Qt.DockWidgetArea.RightDockWidgetArea
        window.addDockWidget(right, self._docks["inspector"])
        window.splitDockWidget(
            self._docks["inspector"], self._docks["preparation"], Qt.Orientation.Horizontal
        )
        window.installEventFilter(self)
        theme().changed.connect(self.apply)

    @property
    def narrow(self) -> bool:
        """The window is too narrow for the layer list beside the stack."""
        return self._narrow

    def has(self, side: Side) -> bool:
        """The page has panels on that side."""
        return bool(PAGES[self._page][side])

    def is_open(self, side: Side) -> bool:
        """They are shown."""
        return self.has(side) and bool(self._memory(self._page).get(side, True))

    def show_page(self, page: str) -> None:
        """Shows the panels of a page as they were when it was last in front."""
        self._page = page
        self.apply()

    def set_open(self, side: Side, is_open: bool) -> None:
        """Shows or hides one side of the present page."""
        self._memory(self._page)[side] = is_open
        self.apply()

    def set_narrow(self, narrow: bool) -> None:
        """Changes between the layer list and its rail, each with its own widths."""
        if narrow != self._narrow:
            self._narrow = narrow
            self.apply()

    def apply(self) -> None:
        """Shows and hides the docks, and gives them their widths."""
        shown = [name for side in SIDES if self.is_open(side) for name in PAGES[self._page][side]]
        for name, dock in sorted(self._docks.items(), key=lambda item: item[0] in shown):
            dock.setVisible(name in shown)
        rail = self._contents["layers"]
        fixed = theme().px(NARROW_WIDTHS["layers"]) if self._narrow else 0
        rail.setMinimumWidth(fixed)
        rail.setMaximumWidth(fixed or 16_777_215)
        docks = [self._docks[name] for name in shown]
        widths = [theme().px(self._width(name)) for name in shown]
        layout = self._window.layout()
        assert layout is not None
        layout.activate()  # else the docks just hidden would still get their share of the width
        self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)

    def remember(self) -> None:
        """Keeps what is open on each page, and how wide, for the next start."""
        self._settings.set("window/docks", self._remembered)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Notices docks that the user makes wider or narrower."""
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = self._widths()
        elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed:
            QTimer.singleShot(0, self, self._dragged)
        return False

    def _dragged(self) -> None:
        """Keeps widths the user gave; those that a small window or a zoom forces are nobody's wish."""
        changed = {name: width for name, width in self._widths().items() if self._pressed.get(name) != width}
        self._pressed = {}
        if changed:
            memory = self._memory(self._page)
            kept = memory.get(self._mode)
            given = {name: round(width / theme().zoom) for name, width in changed.items()}
            memory[self._mode] = (kept if isinstance(kept, dict) else {}) | given
            self.remember()

    def _widths(self) -> dict[str, int]:
        return {name: dock.width() for name, dock in self._docks.items() if dock.isVisible()}

    @property
    def _mode(self) -> str:
        return "narrow" if self._narrow else "wide"

    def _memory(self, page: str) -> dict[str, Any]:
        memory = self._remembered.get(page)
        if not isinstance(memory, dict):
            memory = self._remembered[page] = {}
        return memory

    def _width(self, name: str) -> int:
        """Width at 100% zoom: the remembered one if it is sane, or the design's."""
        designed = (NARROW_WIDTHS if self._narrow else WIDTHS)[name]
        widths = self._memory(self._page).get(self._mode)
        kept = widths.get(name) if isinstance(widths, dict) else None
        if not isinstance(kept, int) or (self._narrow and name == "layers"):
            return designed
        return min(max(kept, _LIMITS[0]), _LIMITS[1])

    def _make(self, name: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(TITLES[name], self._window)
        dock.setObjectName(f"{name}_dock")
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget(dock))  # no title bar: the panels have headers of their own
        dock.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        holder = QWidget()  # a dock measures at once what it is given
        dock.setWidget(holder)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(widget)
        return dock
