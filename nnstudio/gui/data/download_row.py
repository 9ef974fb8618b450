"""How far a download is, below the card of its data set."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel


class Download(QFrame):
    """How far a download is, with Cancel; or why it failed, with Try again.

    Signals:
        cancel_clicked(): Stop it.
        retry_clicked(): Begin it again.
    """

    cancel_clicked = Signal()
    retry_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failed = False
        self.text = ElidedLabel("", "secondary")
        self.pace = QLabel()
        self.pace.setProperty("role", "caption")
        self.pace.setTextFormat(Qt.TextFormat.PlainText)
        self.pace.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Download")
        self.button = Button("Cancel", small=True)
        self.button.clicked.connect(self._press)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme().px(10), 0, theme().px(10), theme().px(4))
        column.setSpacing(theme().px(4))
        for widget in (self.text, self.bar, self.pace):
            column.addWidget(widget)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)

    def say(self, text: str, share: float | None, pace: str) -> None:
        """Shows how far it is."""
        self._failed = False
        self.text.setText(text)
        self.pace.setText(pace)
        self.bar.show()
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0)))
        self.button.setText("Cancel")
        self.show()

    def fail(self, title: str, reason: str) -> None:
        """Shows that the download of ``title`` failed, and why in a few words."""
        self._failed = True
        self.text.setText(f"Could not download {title}")
        self.pace.setText(reason)
        self.bar.hide()
        self.button.setText("Try again")
        self.show()

    def _press(self) -> None:
        (self.retry_clicked if self._failed else self.cancel_clicked).emit()
