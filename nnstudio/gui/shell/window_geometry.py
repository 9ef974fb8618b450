"""Where the window goes: where it was, if that is still on a screen, and never too large for it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.theme import theme

SMALLEST = QSize(1280, 720)
FIRST = QSize(1440, 900)
_VISIBLE = 64  # pixels of the title bar that must be within reach
_FRAME = QSize(8, 40)  # room for a title bar and borders, which aren't known before the window is shown


def smallest_size(available: QSize, zoom: float = 1.0) -> QSize:
    """The smallest supported window at a zoom, or the whole screen where that is smaller."""
    return (SMALLEST * zoom).boundedTo(available - _FRAME)


def limit_window(window: QMainWindow) -> None:
    """Keeps the window from being made smaller than its parts can bear."""
    available = (window.screen() or QGuiApplication.primaryScreen()).availableGeometry()
    window.setMinimumSize(smallest_size(available.size(), theme().zoom))


def place_window(window: QMainWindow, settings: Settings) -> None:
    """Gives the window its remembered place and size, or the first ones."""
    available = QGuiApplication.primaryScreen().availableGeometry()
    limit_window(window)
    restored = window.restoreGeometry(settings.bytes("window/geometry"))
    if not restored or not _reachable(window.frameGeometry()):
        first = (FIRST * theme().zoom).boundedTo(available.size() - _FRAME)
        window.resize(first.expandedTo(window.minimumSize()))
        window.move(
            available.left() + (available.width() - window.width()) // 2,
            available.top() + max(0, available.height() - window.height() - _FRAME.height()) // 2,
        )


def _reachable(frame: QRect) -> bool:
    """Whether the title bar can be grasped on some screen."""
    title = QRect(frame.left(), frame.top(), frame.width(), _VISIBLE)
    for screen in QGuiApplication.screens():
        seen = screen.availableGeometry().intersected(title)
        if seen.width() >= _VISIBLE and seen.height() >= _VISIBLE // 2:
            return True
    return False
