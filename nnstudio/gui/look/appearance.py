"""View > Theme and View > Zoom: the choice, its tick and its memory."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup

from nnstudio.gui.shell.actions import Actions
from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.theme import MODES, ZOOMS, Mode, theme


def restore(settings: Settings) -> None:
    """Gives the theme what the settings remember, before the first window is made."""
    mode = settings.text("view/theme", "system")
    zoom = settings.number("view/zoom", 1.0)
    if mode in MODES and mode != theme().mode:
        theme().mode = mode
    if zoom in ZOOMS and zoom != theme().zoom:
        theme().zoom = zoom


class Appearance(QObject):
    """Connects the actions with the theme."""

    def __init__(self, actions: Actions, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        self._settings = settings
        modes, zooms = QActionGroup(self), QActionGroup(self)
        for mode in MODES:
            action = actions[f"theme_{mode}"]
            modes.addAction(action)
            action.triggered.connect(lambda _checked=False, mode=mode: self.set_mode(mode))
        for zoom in ZOOMS:
            action = actions[f"zoom_{round(100 * zoom)}"]
            zooms.addAction(action)
            action.triggered.connect(lambda _checked=False, zoom=zoom: self.set_zoom(zoom))
        theme().changed.connect(self._tick)
        self._tick()

    def set_mode(self, mode: Mode) -> None:
        """Light, dark or as the system says."""
        theme().mode = mode
        self._settings.set("view/theme", mode)

    def set_zoom(self, zoom: float) -> None:
        """One of ``ZOOMS``."""
        theme().zoom = zoom
        self._settings.set("view/zoom", zoom)

    def _tick(self) -> None:
        self._actions[f"theme_{theme().mode}"].setChecked(True)
        self._actions[f"zoom_{round(100 * theme().zoom)}"].setChecked(True)
