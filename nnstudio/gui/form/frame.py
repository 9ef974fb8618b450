"""What surrounds the inspector's sections: the scroll area and the strip at the foot."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_shown

_ROUNDS = 4
"""A text that wraps otherwise in its new width asks for one more round."""


class Notice(QFrame):
    """The strip at the foot: what waits for the next epoch, and how to take it back.

    Signals:
        undo(): Take it back.
    """

    undo = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = self._brief = ""
        self._strip = QFrame()
        self._strip.setProperty("role", "hint")
        self._text = ElidedLabel("", "secondary")
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

    def say(self, text: str, brief: str = "") -> None:
        """Show a sentence; the strip is hidden without one.

        Args:
            text: The sentence.
            brief: What stands in its place where there is too little room, and the sentence in the tooltip.
        """
        self._sentence, self._brief = text, brief
        self._strip.setAccessibleName(text)
        set_shown(self, bool(text))
        self._fit()

    def text(self) -> str:
        """The sentence."""
        return self._sentence

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may have room for the whole sentence."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._text.setText(self._sentence)
        self._text.setToolTip("")
        needed = self._outer.totalMinimumSize().width() - self._text.minimumSizeHint().width()
        if self._brief and needed + self._text.sizeHint().width() > self.width():
            self._text.setText(self._brief)
            self._text.setToolTip(self._sentence)

    def _space(self) -> None:
        px = theme().px
        self._outer.setContentsMargins(px(8), px(8), px(8), px(8))
        self._row.setContentsMargins(px(10), px(4), px(4), px(4))
        self._row.setSpacing(px(METRICS.gap))


class SectionScroll(QScrollArea):
    """Scrolls the sections; its bar lies in the right margin, so that the fields keep their width.

    It sizes the content by itself: Qt does so some frames later, and in those the rows are drawn squeezed.
    Give it the content empty, and fill that and the insets then: Qt measures, and styles, all it is given.
    """

    def __init__(self, content: QWidget, insets: list[QHBoxLayout]) -> None:
        super().__init__()
        self._content, self._insets = content, insets
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        content.installEventFilter(self)
        theme().changed.connect(self._fit)

    def settle(self) -> None:
        """Lays everything out at once, however deep the forms lie in each other."""
        for _ in range(_ROUNDS):
            for inner in self._content.findChildren(QLayout):
                if (owner := inner.parentWidget()) is not None:
                    owner.updateGeometry()
            if not self._fit():
                break

    def event(self, event: QEvent) -> bool:
        """Measures the content for a new style only where it can be seen; showing it measures it anyway."""
        if event.type() == QEvent.Type.StyleChange and not self.isVisible():
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the height that the sections need."""
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follows the width of the dock."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> bool:
        """Gives the content its size; True if it had another."""
        content, layout = self._content, self._content.layout()
        if layout is None:
            return False
        room, before = self.contentsRect(), content.size()
        bar = self._bar if self.verticalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOn else 0
        lines = layout.totalMinimumHeightForWidth(room.width() - bar)  # of texts that wrap at this width
        needed = max(layout.totalMinimumSize().height(), lines)
        bar = self._bar if needed > room.height() else 0
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOn if bar else policy.ScrollBarAlwaysOff)
        px = theme().px
        for inset in self._insets:
            inset.setContentsMargins(px(METRICS.padding), 0, px(METRICS.padding) - bar, 0)
        content.resize(room.width() - bar, max(needed, room.height()))
        layout.activate()
        return content.size() != before

    @property
    def _bar(self) -> int:
        """Width of the bar."""
        return self.verticalScrollBar().sizeHint().width()
