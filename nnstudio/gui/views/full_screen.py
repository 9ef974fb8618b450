"""Lets a panel of a page fill the screen, and gives it back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.gui.widgets.buttons import IconButton


class FullScreenButton(IconButton):
    """Shows its panel alone on the whole screen, and back.

    Args:
        panel: The panel; it lies in a layout of its parent.
        title: Title of the window.
        instead: Asked at every click; True if it has done something else with it.
    """

    def __init__(self, panel: QWidget, title: str, instead: Callable[[], bool] | None = None) -> None:
        super().__init__("fullscreen", "Full screen")
        self._panel, self._title, self._instead = panel, title, instead
        self._window: _FullScreen | None = None
        self.clicked.connect(self.toggle)

    @property
    def is_full(self) -> bool:
        """The panel fills the screen."""
        return self._window is not None

    @property
    def words(self) -> str:
        """What a click does."""
        return "Leave full screen" if self.is_full else "Full screen"

    def toggle(self) -> None:
        """Fills the screen, or leaves it."""
        if self._instead is not None and self._instead():
            return
        if self._window is not None:
            self.leave()
        else:
            self._window = _FullScreen(self._panel, self._title, self)
            self.set_label(self.words)

    def leave(self) -> None:
        """Puts the panel back into its page."""
        if self._window is not None:
            window, self._window = self._window, None
            window.give_back()
            self.set_label(self.words)


class _FullScreen(QWidget):
    """A window of its own that borrows the panel; Esc gives it back."""

    def __init__(self, panel: QWidget, title: str, button: FullScreenButton) -> None:
        super().__init__(panel.window(), Qt.WindowType.Window)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "page")
        self._panel, self._button = panel, button
        home = panel.parentWidget()
        self._home = home.layout() if home is not None else None
        self._place = QWidget(home)  # keeps the panel's place
        if self._home is not None:
            self._home.replaceWidget(panel, self._place)
        layout = QVBoxLayout(self)
        layout.addWidget(panel)
        self.showFullScreen()

    def give_back(self) -> None:
        """Puts the panel where it came from, and closes."""
        if self._home is not None:
            self._home.replaceWidget(self._place, self._panel)
            self._panel.show()
        self._place.deleteLater()
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self._button.leave()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: object) -> None:
        """Closing by the window manager leaves too."""
        self._button.leave()
