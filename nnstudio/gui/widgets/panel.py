"""Panel: the white card with a header row that pages are made of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.elided_label import ElidedLabel

_HEADER = 36


class Panel(QFrame):
    """A titled card.

    Attributes:
        body: Layout below the header; add the content to it.
        header: Layout of the header row: title, subtitle, stretch, then the controls.

    Args:
        title: Its name; without one there is no header.
        subtitle: More about it.
        parent: Parent widget.
        yielding: The title may be shortened where the panel would be too wide for its page.
    """

    def __init__(
        self, title: str = "", subtitle: str = "", parent: QWidget | None = None, *, yielding: bool = False
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._header_row = QWidget(self)
        self.header = QHBoxLayout(self._header_row)
        self._title = ElidedLabel(title, "section") if yielding else QLabel(title)
        self._title.setProperty("role", "section")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._subtitle = ElidedLabel(subtitle, "caption")
        self.header.addWidget(self._title)
        self.header.addWidget(self._subtitle, 1)
        self.body = QVBoxLayout()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)  # the frame brings its border
        outer.setSpacing(0)
        outer.addWidget(self._header_row)
        outer.addLayout(self.body, 1)
        self._header_row.setVisible(bool(title))
        self.set_title(title)
        self._space()
        theme().changed.connect(self._space)

    def set_title(self, title: str) -> None:
        """Name the panel; without a title the header row is hidden."""
        self._title.setText(title)
        self._header_row.setVisible(bool(title))
        self.setAccessibleName(title)

    def set_subtitle(self, subtitle: str) -> None:
        """Say more beside the title; shortened when there is no room."""
        self._subtitle.setText(subtitle)

    def subtitle(self) -> str:
        """What stands beside the title."""
        return self._subtitle.full_text()

    def add_control(self, widget: QWidget) -> None:
        """Put a control at the right of the header row."""
        self.header.addWidget(widget)

    def _space(self) -> None:
        px = theme().px
        self._header_row.setFixedHeight(px(_HEADER))
        self.header.setContentsMargins(px(METRICS.padding) - 1, 0, px(METRICS.padding) - 1, 0)
        self.header.setSpacing(px(METRICS.gap))
        self.body.setContentsMargins(px(METRICS.padding) - 1, 0, px(METRICS.padding) - 1, px(METRICS.padding))
        self.body.setSpacing(px(METRICS.gap))
