"""Empty state: what will appear here, how to get it, and one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_shown


class EmptyState(QWidget):
    """A centred title, a sentence and at most one button.

    Signals:
        clicked: The button was pressed.
    """

    clicked = Signal()

    def __init__(
        self,
        title: str,
        text: str,
        button: str = "",
        button_icon: str = "",
        icon_name: str = "",
        primary: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.addStretch(1)
        if icon_name:
            self._layout.addWidget(IconLabel(icon_name, "muted", 24), 0, Qt.AlignmentFlag.AlignHCenter)
        self._title = self._centred("section")
        self._text = self._centred("secondary")
        self._text.setWordWrap(True)
        self.button = Button(button, "primary" if primary else "", button_icon, small=True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # it goes away when it has done its work
        self.button.clicked.connect(self.clicked)
        self._layout.addSpacing(theme().px(4))
        self._layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addStretch(1)
        self._layout.setSpacing(theme().px(4))
        set_shown(self.button, bool(button))
        self.say(title, text)

    def say(self, title: str, text: str) -> None:
        """Show another title and sentence."""
        self._title.setText(title)
        set_shown(self._title, bool(title))
        self._text.setText(text)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)

    def _centred(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._layout.addWidget(label)
        return label
