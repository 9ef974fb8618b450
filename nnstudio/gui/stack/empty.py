"""What the stack shows below the Input while there is nothing else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF
from PySide6.QtWidgets import QFrame, QVBoxLayout

from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack import commands, edits
from nnstudio.gui.stack.view import StackView
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.empty_state import EmptyState

_HEIGHT = 158
_TEXT = (
    "Drag a layer here, or select one and press Enter. Shapes and parameter counts are worked out as you go."
)


class EmptyStack(QFrame):
    """A dashed card in the view's viewport; what is dropped on it lands in the view."""

    def __init__(self, view: StackView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self.setProperty("role", "drop")
        self.state = EmptyState("Your model is empty", _TEXT, "Add a dense layer", "plus", primary=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme().px(12), 0, theme().px(12), 0)
        layout.addWidget(self.state)
        self.state.clicked.connect(self._add)
        view.viewport().installEventFilter(self)
        view.cards.refreshed.connect(self.place)
        theme().changed.connect(self.place)
        self.place()

    def place(self) -> None:
        """Shows the card below the Input while there is nothing else."""
        network = self._view.document.network
        self.setVisible(edits.is_empty(network))
        if self.isHidden():
            return
        px = theme().px
        top = float(px(at.MARGIN))
        if network.layers:
            self._view.doItemsLayout()  # so that the Input's rectangle is the new one
            top = self._view.geometry_.card(self._view.cards.index(0, 0)).bottom() + px(at.GAP)
        area = QRectF(px(at.MARGIN), top, self._view.card_width(), px(_HEIGHT))
        self.setGeometry(area.toRect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the size of the view."""
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def _add(self) -> None:
        commands.add_first_dense(self._view.document)
        self._view.setFocus()
