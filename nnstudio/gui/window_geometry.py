"""Where the window goes: where it was, if that is still on a screen, and never too large for it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from nnstudio.gui.settings import Settings

SMALLEST = QSize(1280, 720)
FIRST = QSize(1440, 900)
_VISIBLE = 64  # pixels of the title bar that must be within reach
_FRAME = QSize(8, 40)  # room for a title bar and borders, which aren't known before the window is shown


def smallest_size(available: QSize) -> QSize:
    """The smallest supported window, or the whole screen where that is smaller."""
    return SMALLEST.boundedTo(available - _FRAME)


def place_window(window: QMainWindow, settings: Settings) -> None:
    """Gives the window its remembered place and size, or the first ones."""
    available = QGuiApplication.primaryScreen().availableGeometry()
    window.setMinimumSize(smallest_size(available.size()))
    restored = window.restoreGeometry(settings.bytes("window/geometry"))
    if not restored or not _reachable(window.frameGeometry()):
        window.resize(FIRST.boundedTo(available.size() - _FRAME).expandedTo(window.minimumSize()))
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
