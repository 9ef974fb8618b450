"""Bars of fixed height across the window: the toolbar and the row of page tabs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolBar, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.properties import set_property


class Bar(QToolBar):
    """A toolbar that cannot be moved or hidden, with the page's margin at both ends.

    Add the contents from left to right, then call ``finish``. Qt has one margin for all four sides of a
    toolbar; the style sheet uses it to centre the contents, so the ends are widgets.
    """

    def __init__(self, title: str, tabs: bool = False, parent: QWidget | None = None) -> None:
        """Make an empty bar.

        Args:
            title: Accessible name.
            tabs: The row for page tabs, 36 high, rather than the toolbar of 44.
            parent: Qt parent.
        """
        super().__init__(title, parent)
        self._tabs = tabs
        self._height = METRICS.tab_row if tabs else METRICS.tool_bar
        self._spaces: list[tuple[QWidget, int]] = []
        set_property(self, role="tabs" if tabs else "")
        self.ensurePolished()  # the style sheet's height comes before the fixed one
        self.setAccessibleName(title)
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        theme().changed.connect(self._resize)
        self._resize()
        if not tabs:
            self.add_space(0)

    def add_space(self, width: int) -> None:
        """Leave ``width`` pixels free, besides the bar's own spacing of 8."""
        space = QWidget(self)
        self._spaces.append((space, width))
        space.setFixedWidth(theme().px(width))
        self.addWidget(space)

    def add_stretch(self) -> None:
        """Push everything that follows to the right."""
        stretch = QWidget(self)
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)

    def add_label(self, text: str) -> QLabel:
        """Name the control that follows."""
        label = QLabel(text, self)
        set_property(label, role="secondary")
        self.addWidget(label)
        return label

    def finish(self) -> None:
        """Leave the margin at the right end."""
        self.add_space(4 if self._tabs else 0)

    def _resize(self) -> None:
        self.setFixedHeight(theme().px(self._height))
        for space, width in self._spaces:
            space.setFixedWidth(theme().px(width))
