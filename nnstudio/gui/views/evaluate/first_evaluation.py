"""What the Evaluate page shows as long as there is no evaluation: what to do, or how far the first one is."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.empty_state import EmptyState

State = Literal["nothing", "working", "ended"]
_NOTHING = ("Nothing to evaluate yet", "Train once and the confusion matrix appears here.")
_BUTTONS: dict[State, tuple[str, str, str]] = {
    "nothing": ("Train", "play", "primary"),
    "working": ("Cancel", "close", ""),
    "ended": ("Evaluate again", "refresh", "primary"),
}
_BAR = 260


class FirstEvaluation(EmptyState):
    """An empty state whose button is that of its state.

    Signals:
        train_requested: There is nothing to evaluate: "Train".
        cancel_clicked: An evaluation is under way: "Cancel".
        again_clicked: It was cancelled or failed: "Evaluate again".
    """

    train_requested = Signal()
    cancel_clicked = Signal()
    again_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(*_NOTHING, "Train", "play", "table", parent=parent)
        self.state: State = "nothing"
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Evaluation")
        self.bar.setFixedWidth(theme().px(_BAR))
        self._layout.insertWidget(
            self._layout.indexOf(self.button), self.bar, 0, Qt.AlignmentFlag.AlignHCenter
        )
        self.clicked.connect(self._press)
        self.show_nothing()

    def show_nothing(self) -> None:
        """There is no network to evaluate."""
        self._turn("nothing", *_NOTHING)

    def show_working(self, message: str, share: float | None) -> None:
        """An evaluation is under way; ``share`` is how far it is, None where that isn't known."""
        self._turn("working", "Evaluating the network", message)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0)))

    def show_ended(self, title: str, text: str) -> None:
        """It came to nothing."""
        self._turn("ended", title, text)

    def _turn(self, state: State, title: str, sentence: str) -> None:
        self.say(title, sentence)
        self.bar.setVisible(state == "working")
        if state != self.state:
            self.state = state
            text, icon, role = _BUTTONS[state]
            self.button.setText(text)
            self.button.set_role(role)
            self.button.set_icon(icon)

    def _press(self) -> None:
        signals = {
            "nothing": self.train_requested,
            "working": self.cancel_clicked,
            "ended": self.again_clicked,
        }
        signals[self.state].emit()
