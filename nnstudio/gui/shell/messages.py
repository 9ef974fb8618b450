"""One message above the page: an error with what to do, good news, or a download under way.

It stays until it is closed or replaced, takes no focus and blocks nothing. A caution that was replaced
comes back when what replaced it is closed: it may offer something that is found nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.errors import NNStudioError
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.focus import hand_up
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_property

_ICONS = {"info": "info", "good": "check-circle", "caution": "warning-triangle", "error": "error-circle"}
_COLOURS = {"info": "accent", "good": "good", "caution": "caution", "error": "error"}


class MessageArea(QFrame):
    """The message; hidden while there is none.

    Signals:
        closed(): The user closed it.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_property(self, role="banner", kind="info")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._runs: tuple[Callable[[], object] | None, Callable[[], object] | None] = (None, None)
        self._details = ""
        self._said: tuple[Any, ...] = ()
        self._covered: list[tuple[Any, ...]] = []  # cautions, the newest last
        self._icon = IconLabel("info", "accent", 18)
        self._title = self._label("section")
        self._text = self._label("secondary")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._action = Button("", small=True)
        self._action.clicked.connect(lambda: self._act(0))
        self._other = Button("", "quiet", small=True)
        self._other.clicked.connect(lambda: self._act(1))
        self._copy = Button("Copy details", "quiet", small=True)
        self._copy.clicked.connect(self._copy_details)
        self._close = IconButton("close", "Close the message")
        self._close.clicked.connect(self._on_close)
        self._arrange()
        self._bar.hide()
        self._space()
        theme().changed.connect(self._space)
        self.hide()

    @property
    def title(self) -> str:
        """The message's first line, "" while there is none."""
        return "" if self.isHidden() else self._title.text()

    @property
    def text(self) -> str:
        """The lines below it."""
        return self._text.text()

    def say(
        self,
        kind: str,
        title: str,
        text: str = "",
        action: tuple[str, Callable[[], object]] | None = None,
        details: str = "",
        other: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Shows a message.

        Args:
            kind: "info", "good", "caution" or "error".
            title: What happened.
            text: The lines below.
            action: Text of a button and what it does; the message closes first.
            details: Longer text that can be copied, such as a traceback.
            other: A second, quieter button.
        """
        self._cover(title)
        self._said = (kind, title, text, action, details, other)
        self._details = details
        self._runs = (action[1] if action else None, other[1] if other else None)
        set_property(self, kind=kind)
        self._icon.show_icon(_ICONS[kind], _COLOURS[kind])
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._bar.hide()
        self._close.show()
        self._copy.setVisible(bool(details))
        for button, offered in ((self._action, action), (self._other, other)):
            button.setText(offered[0] if offered else "")
            button.setVisible(offered is not None)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.show()

    def show_error(self, error: Exception, action: tuple[str, Callable[[], object]] | None = None) -> None:
        """Shows what happened, what was allowed, what was received and what to do."""
        if not isinstance(error, NNStudioError):
            self.say("error", _sentence(str(error) or type(error).__name__), action=action)
            return
        rows = (("Allowed", error.allowed), ("Received", error.received), ("What to do", error.fix))
        lines = [f"{name}: {_short(value)}" for name, value in rows if value]
        self.say("error", _sentence(_short(error.what)), "\n".join(lines), action)

    def show_progress(self, text: str, share: float | None, cancel: Callable[[], object]) -> None:
        """Shows something under way with a Cancel button; ``share`` is None while unknown."""
        if self._bar.isHidden() or self.isHidden():
            self.say("info", text, action=("Cancel", cancel))
            self._bar.show()
            self._close.hide()
        self._title.setText(text)
        self._bar.setRange(0, 0 if share is None else 1000)
        self._bar.setValue(round(1000 * (share or 0)))

    def clear_news(self, *_news: object) -> None:
        """Hides good news and hints, which something newer has overtaken; errors and downloads stay."""
        if self.property("kind") in ("good", "info") and self._bar.isHidden():
            self._uncover(lambda: None)

    def setVisible(self, visible: bool) -> None:
        """Keeps the keyboard near by when the message goes."""
        if not visible and self.isVisible():
            hand_up(self)
        super().setVisible(visible)

    def clear(self) -> None:
        """Hides the message, and forgets what it has replaced."""
        self.hide()
        self._runs = (None, None)
        self._covered.clear()

    def _cover(self, title: str) -> None:
        """Another message comes: keeps a caution on show for later."""
        self._covered = [said for said in self._covered if said[1] != title]
        if not self.isHidden() and self._said[:1] == ("caution",) and self._said[1] != title:
            self._covered.append(self._said)

    def _uncover(self, run: Callable[[], object]) -> None:
        """Hides the message and does something; unless that says something, a replaced caution comes back."""
        covered = [*self._covered]
        self.clear()
        run()
        if covered and self.isHidden():
            self._covered = covered
            self.say(*self._covered.pop())

    def _act(self, which: int) -> None:
        self._uncover(self._runs[which] or (lambda: None))

    def _on_close(self) -> None:
        self._uncover(self.closed.emit)

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._title.text()}\n{self._text.text()}\n\n{self._details}")
        self._copy.setText("Copied")

    def _label(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setProperty("focusRing", "none")  # a click into the words selects nothing to act on
        return label

    def _space(self) -> None:
        gap = theme().px(8)
        self.setStyleSheet(f"MessageArea {{ margin: {gap}px {gap}px 0 {gap}px; }}")

    def _arrange(self) -> None:
        px = theme().px
        words = QVBoxLayout()
        words.setSpacing(px(4))
        for widget in (self._title, self._text, self._bar):
            words.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(px(12), px(8), px(8), px(8))
        row.setSpacing(px(8))
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        for button in (self._action, self._other, self._copy, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it was
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _short(text: str, longest: int = 300) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
