"""A slider for panels that scroll."""

from __future__ import annotations

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QSlider


class QuietSlider(QSlider):
    """A slider that leaves the wheel to the page while it has no focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turns only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
