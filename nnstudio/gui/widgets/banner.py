"""Banner: one finding in one strip, with the evidence and at most one fix."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.focus import hand_up
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_property

# kind -> icon, colour of the icon
KINDS = {
    "info": ("info", "accent"),
    "good": ("check-circle", "good"),
    "caution": ("stethoscope", "caution"),
    "error": ("error-circle", "error"),
}
_COMPACT = 46


class Banner(QFrame):
    """A strip of 54 px (46 when compact): icon, title, detail, action, Why? and close.

    Signals:
        action_clicked: The fix was chosen.
        why_clicked: The user asks for the explanation.
        closed: The banner was closed (it hides itself first).
    """

    action_clicked = Signal()
    why_clicked = Signal()
    closed = Signal()

    def __init__(self, compact: bool = False, closable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = compact
        set_property(self, role="banner", kind="info")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._icon = IconLabel("info", "accent", 18 if compact else 20)
        self._title = ElidedLabel("", "section")
        self._detail = ElidedLabel("", "secondary")
        self._action = Button("", small=compact)
        self._why = Button("Why?", "quiet", small=True)
        self._close = IconButton("close", "Close", parent=self)  # shown without a parent it would be a window
        self._close.setVisible(closable)
        words = QVBoxLayout()
        words.setSpacing(1 if compact else 2)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addSpacing(2)
        self._row.addLayout(words, 1)
        for button in (self._action, self._why, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it was
            self._row.addWidget(button)
        self._action.clicked.connect(self.action_clicked)
        self._why.clicked.connect(self.why_clicked)
        self._close.clicked.connect(self._on_close)
        self._space()
        theme().changed.connect(self._space)

    def say(
        self,
        kind: str,
        title: str,
        detail: str = "",
        action: str = "",
        why: bool | str = False,
        icon_name: str = "",
    ) -> None:
        """Show a finding.

        Args:
            kind: One of ``KINDS``.
            title: What happened.
            detail: The evidence, in numbers.
            action: The fix, naming the exact change; no button if empty.
            why: Whether to offer an explanation; a text replaces "Why?".
            icon_name: Replaces the kind's own icon.

        Raises:
            KeyError: ``kind`` is not one of ``KINDS``.
        """
        drawing, colour = KINDS[kind]
        set_property(self, kind=kind)
        self._icon.show_icon(icon_name or drawing, colour)
        self._title.setText(title)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self._why.setText(why if isinstance(why, str) and why else "Why?")
        self._why.setVisible(bool(why))
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)

    def setVisible(self, visible: bool) -> None:
        """Keeps the keyboard near by when the banner goes."""
        if not visible and self.isVisible():
            hand_up(self)
        super().setVisible(visible)

    def describe_action(self, text: str) -> None:
        """Says in the fix's tooltip what it brings."""
        self._action.setToolTip(text)
        self._action.setAccessibleDescription(text)

    def _on_close(self) -> None:
        self.hide()
        self.closed.emit()

    def _space(self) -> None:
        px = theme().px
        self.setFixedHeight(px(_COMPACT if self._compact else METRICS.banner))
        self._row.setContentsMargins(px(METRICS.padding), 0, px(METRICS.gap), 0)
        self._row.setSpacing(px(METRICS.gap))
