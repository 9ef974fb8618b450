"""The invitation to the tour, beside the start page until it was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow
    from nnstudio.gui.tour.overlay import TourOverlay

SEEN = "tour/seen"
_WORDS = "A five-minute tour builds, trains and tests your first network with you."


class TourOffer(QFrame):
    """Says what the tour is for, with a button.

    Signals:
        taken(): The user wants the tour.
    """

    taken = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        title, words = QLabel("New here?"), QLabel(_WORDS)
        title.setProperty("role", "section")
        words.setProperty("role", "secondary")
        words.setWordWrap(True)
        self.button = Button("Take the tour", "tint")
        self.button.clicked.connect(self.taken)
        line = QFrame()
        line.setProperty("role", "divider")
        self._column = QVBoxLayout(self)
        for widget in (line, title, words):
            self._column.addWidget(widget)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        px = theme().px
        self._column.setContentsMargins(px(METRICS.padding), 0, px(METRICS.padding), px(METRICS.padding))
        self._column.setSpacing(px(METRICS.gap))


def start_tour(window: MainWindow) -> TourOverlay:
    """Shows the tour; once it is over it is no longer offered."""
    from nnstudio.gui.tour.overlay import TourOverlay

    running = window.findChild(TourOverlay)
    if running is not None:
        return running
    overlay = TourOverlay(window)

    def over() -> None:
        window.settings.set(SEEN, True)
        window.inspector.offer.hide()

    overlay.ended.connect(over)
    return overlay


def offer_tour(window: MainWindow, at_start: bool) -> None:
    """Offers the tour beside the start page, until somebody has seen it."""
    window.inspector.offer.setVisible(at_start and not window.settings.flag(SEEN, False))
