"""The button below a form that shows its less common settings."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button


class MoreButton(QWidget):
    """The words "More settings" below the fields, then "Fewer settings".

    Attributes:
        button: What is clicked.

    Signals:
        toggled_more(bool): The less common settings are wanted, or no longer.
    """

    toggled_more = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._more = False
        self.button = Button("More settings", "quiet", "chevron-down", small=True)
        self.button.clicked.connect(lambda: self.set_more(not self._more))
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.button)
        self._row.addStretch(1)
        self._space()
        theme().changed.connect(self._space)

    @property
    def more(self) -> bool:
        """The less common settings are shown."""
        return self._more

    def set_more(self, more: bool) -> None:
        """Shows them, or no longer."""
        if more == self._more:
            return
        self._more = more
        self.button.setText("Fewer settings" if more else "More settings")
        self.button.set_icon("chevron-up" if more else "chevron-down")
        self.toggled_more.emit(more)

    def _space(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(METRICS.form_label + METRICS.gap), 0, 0, 0)
