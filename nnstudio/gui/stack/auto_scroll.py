"""Scrolls a list while something is dragged near its upper or lower end."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractScrollArea

from nnstudio.gui.theme import theme

ZONE = 36
STEP = 9
INTERVAL_MS = 20


class AutoScroll(QObject):
    """Runs while a drag is near an end; the nearer, the faster.

    Args:
        area: What scrolls.
        scrolled: Called after each step, since another row is under the pointer then.
    """

    def __init__(self, area: QAbstractScrollArea, scrolled: Callable[[], None]) -> None:
        super().__init__(area)
        self._area = area
        self._scrolled = scrolled
        self._speed = 0
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._step)

    def follow(self, y: float) -> None:
        """The drag is at ``y`` of the viewport."""
        zone, high = theme().px(ZONE), self._area.viewport().height()
        near = max(0.0, zone - y) - max(0.0, zone - (high - y))  # positive near the upper end
        self._speed = -round(theme().px(STEP) * near / zone)
        if self._speed and not self._timer.isActive():
            self._timer.start()
        elif not self._speed:
            self._timer.stop()

    def stop(self) -> None:
        """The drag is over."""
        self._speed = 0
        self._timer.stop()

    def _step(self) -> None:
        bar = self._area.verticalScrollBar()
        before = bar.value()
        bar.setValue(before + self._speed)
        if bar.value() == before:
            self._timer.stop()
        else:
            self._scrolled()
