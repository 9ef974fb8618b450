"""The head of the stack: the model's name, buttons, and the notice that it is a draft."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.icon_label import IconLabel

_TITLE_ROW = 36
_NOTICE_ROW = 26
_NARROW = 310


class StackHeader(QFrame):
    """Title row and, when there is something to say, the notice row.

    Attributes:
        add: Opens the layers to insert.
        duplicate: Copies the selected layers.
        group: Puts them into a block.
        delete: Takes them out.
        more: Everything else that can be done with them, where there is no room for ``group``.

    Signals:
        revert_requested(): The user wants the run's network back.
    """

    revert_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "header")
        title = QLabel("Model")
        title.setProperty("role", "section")
        self._name = ElidedLabel("", "caption")
        self.add = IconButton("plus", "Insert a layer")
        self.duplicate = IconButton("duplicate", "Duplicate the selected layer (Ctrl+D)")
        self.group = IconButton("group", "Group the selected layers into a residual block (Ctrl+G)")
        self.delete = IconButton("trash", "Delete the selected layer (Del)")
        self.more = IconButton("more", "More commands for the selected layer")
        self._title_row = QHBoxLayout()
        self._title_row.addWidget(title)
        self._title_row.addSpacing(theme().px(4))
        self._title_row.addWidget(self._name, 1)
        for button in (self.add, self.duplicate, self.group, self.delete, self.more):
            self._title_row.addWidget(button)
        self._notice = QWidget()
        self._notice_text = ElidedLabel("", "secondary")
        self._revert = Button("Revert", "text", small=True)
        self._revert.setToolTip("Take back every change of the network since the run began.")
        self._revert.clicked.connect(self.revert_requested)
        self._notice_row = QHBoxLayout(self._notice)
        self._notice_row.addWidget(IconLabel("draft", "text2"))
        self._notice_row.addWidget(self._notice_text, 1)
        self._notice_row.addWidget(self._revert)
        self._outer = QVBoxLayout(self)
        self._outer.addLayout(self._title_row)
        self._outer.addWidget(self._notice)
        self.set_notice(None)
        self._space()
        theme().changed.connect(self._space)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow panel a menu stands in for the rarer button."""
        super().resizeEvent(event)
        narrow = self.width() < theme().px(_NARROW)
        self.group.setVisible(not narrow)
        self.more.setVisible(narrow)

    def set_name(self, name: str) -> None:
        """Shows the project's name."""
        self._name.setText(name)

    def set_notice(self, text: str | None) -> None:
        """Says that the stack is a draft, or nothing."""
        self._notice_text.setText(text or "")
        self._notice.setVisible(text is not None)

    def notice(self) -> str | None:
        """The notice, or None."""
        return None if self._notice.isHidden() else self._notice_text.full_text()

    def _space(self) -> None:
        px = theme().px
        side = px(METRICS.padding)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._title_row.setContentsMargins(side, px(6), px(6), px(6))
        self._title_row.setSpacing(px(4))
        self._notice_row.setContentsMargins(side, 0, px(6), px(4))
        self._notice_row.setSpacing(px(6))
        self._notice.setFixedHeight(px(_NOTICE_ROW))
