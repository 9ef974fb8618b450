"""The heading of the similar training images: by which features, and how many were looked at."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnstudio.engine.analysis import FeatureIndex
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel


class SearchBar(QWidget):
    """Says how far the search is; it can be stopped, and gone on with.

    Signals:
        toggled: The search is to stop, or to go on.
    """

    toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = ElidedLabel("Most similar training images", "section")
        self.features = ElidedLabel("", "caption")
        self.features.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.features.setToolTip(
            "Cosine of the angle between what the network makes of both images in front of its last layer.\n"
            "1: the same features, 0: nothing in common. a·b / (|a|·|b|)"
        )
        self.button = IconButton("close", "Stop the search")
        self.button.clicked.connect(self.toggled)
        self.button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme().px(6))
        row.addWidget(heading)
        row.addWidget(self.features, 1)
        row.addWidget(self.button)

    def show_search(self, index: FeatureIndex | None, searching: bool, can_go_on: bool) -> None:
        """Shows how far a search is, or nothing.

        Args:
            index: What is known; None for nothing.
            searching: The search is under way.
            can_go_on: It was stopped by hand.
        """
        self.button.setVisible(index is not None and (searching or can_go_on))
        self.button.set_icon("close" if searching else "play")
        self.button.set_label("Stop the search" if searching else "Go on with the search")
        self.features.setText("" if index is None else _words(index))


def _words(index: FeatureIndex) -> str:
    total = len(index.part)
    if index.known < total:
        return f"{numbers.count(index.known)} of {numbers.count(total)}"
    return f"features of {index.layer}, {numbers.count(index.features)}"
