"""Limits how often something is redrawn, without ever losing the last state."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Throttle(QObject):
    """Calls ``action`` when asked, but at most once per interval; the last request is always honoured.

    Args:
        milliseconds: The interval.
        action: What to do.
        parent: Qt parent.
    """

    def __init__(self, milliseconds: int, action: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._seconds = milliseconds / 1000
        self._action = action
        self._done_at = -1e9
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.now)

    @property
    def waiting(self) -> bool:
        """Something was asked for and is not done yet."""
        return self._timer.isActive()

    def request(self) -> None:
        """Acts at once if the interval is over, or at its end."""
        if self._timer.isActive():
            return
        left = self._done_at + self._seconds - time.monotonic()
        if left <= 0:
            self.now()
        else:
            self._timer.start(int(1000 * left) + 1)

    def now(self) -> None:
        """Acts at once."""
        self._timer.stop()
        self._done_at = time.monotonic()
        self._action()

    def cancel(self) -> None:
        """Forgets a request that waits."""
        self._timer.stop()
