"""What surrounds the inspector's sections: the scroll area and the strip at the foot."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.icon_label import IconLabel


class Notice(QFrame):
    """The strip at the foot: what waits for the next epoch, and how to take it back.

    Signals:
        undo(): Take it back.
    """

    undo = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strip = QFrame()
        self._strip.setProperty("role", "hint")
        self._text = QLabel()
        self._text.setProperty("role", "secondary")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self.button = Button("Undo", "text", small=True, tooltip="Keep what the run trains with now.")
        self.button.clicked.connect(self.undo)
        self._row = QHBoxLayout(self._strip)
        self._row.addWidget(IconLabel("clock", "accent"))
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self.button)
        self._outer = QVBoxLayout(self)
        self._outer.addWidget(self._strip)
        self._space()
        theme().changed.connect(self._space)
        self.say("")

    def say(self, text: str) -> None:
        """Show a sentence; the strip is hidden without one."""
        self._text.setText(text)
        self._strip.setAccessibleName(text)
        self.setVisible(bool(text))

    def text(self) -> str:
        """The sentence that is shown."""
        return self._text.text()

    def _space(self) -> None:
        px = theme().px
        self._outer.setContentsMargins(px(8), px(8), px(8), px(8))
        self._row.setContentsMargins(px(10), px(4), px(4), px(4))
        self._row.setSpacing(px(METRICS.gap))


class SectionScroll(QScrollArea):
    """Scrolls the sections; its bar lies in the right margin, so that the fields keep their width."""

    def __init__(self, content: QWidget, insets: list[QHBoxLayout]) -> None:
        super().__init__()
        self._insets = insets
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        self.verticalScrollBar().installEventFilter(self)
        theme().changed.connect(self._space)
        self._space()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make room for the bar when it comes and goes."""
        if watched is self.verticalScrollBar() and event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._space()
        return super().eventFilter(watched, event)

    def _space(self) -> None:
        px = theme().px
        bar = self.verticalScrollBar()
        taken = bar.sizeHint().width() if bar.isVisible() else 0
        for inset in self._insets:
            inset.setContentsMargins(px(METRICS.padding), 0, px(METRICS.padding) - taken, 0)
