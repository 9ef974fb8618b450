"""When Python looks for cyclic garbage, chosen so that no edit and no frame waits for it.

Young objects are looked at as ever, which takes a millisecond. From time to time, though, Python looks at all
objects there are: with the window's modules, widgets and specs that is 100,000 to 200,000 of them and 50 to
100 ms, and it comes to it while many objects are being made: in an edit, or when a run begins.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 600_000
_SELDOM = 10_000  # collections of middle-aged objects before all are looked at: some hours
_USUAL = gc.get_threshold()


class Collector(QObject):
    """While it lives, all objects are looked at every ten minutes and not when Python comes to it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.set_threshold(*_USUAL[:2], _SELDOM)
        self.destroyed.connect(lambda: gc.set_threshold(*_USUAL))
        self._timer = QTimer(self)
        self._timer.timeout.connect(gc.collect)
        self._timer.start(EVERY_MS)
