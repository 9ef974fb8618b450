"""Buttons with a role, and flat icon buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from nnstudio.gui.look.icons import icon
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.properties import set_property

_GAP = 2  # between icon and text, on top of Qt's own
_ICON_COLOUR = {
    "primary": "on_accent",
    "tint": "accent",
    "text": "accent",
    "quiet": "text2",
    "danger": "error",
    "busy": "text2",
}


class Button(QPushButton):
    """A push button of the style sheet's roles: "" (default), primary, tint, text, quiet, danger, busy."""

    def __init__(
        self,
        text: str,
        role: str = "",
        icon_name: str = "",
        small: bool = False,
        tooltip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._icon_name = icon_name
        self.setAutoDefault(False)
        self.setToolTip(tooltip)
        set_property(self, small=small)
        self.set_role(role)
        self._resize_icon()
        theme().changed.connect(self._resize_icon)

    def set_role(self, role: str) -> None:
        """Change the look; the icon takes the matching colour."""
        set_property(self, role=role)
        self.set_icon(self._icon_name)

    def set_icon(self, icon_name: str) -> None:
        """Show another icon, or none for an empty name."""
        self._icon_name = icon_name
        if icon_name:
            self.setIcon(icon(icon_name, _ICON_COLOUR.get(str(self.property("role")), "text")))

    def _resize_icon(self) -> None:
        side = theme().px(METRICS.icon)
        self.setIconSize(QSize(side + theme().px(_GAP), side))


class IconButton(QToolButton):
    """A flat 24 px button with an icon; its label is the tooltip and the accessible name."""

    def __init__(
        self,
        icon_name: str,
        label: str,
        role: str = "text2",
        checkable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role = role
        set_property(self, role="icon")
        self.setIcon(icon(icon_name, role))
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_label(label)
        self._resize_icon()
        theme().changed.connect(self._resize_icon)

    def set_label(self, label: str) -> None:
        """Say what the button does."""
        self.setToolTip(label)
        self.setAccessibleName(label)

    def set_icon(self, icon_name: str) -> None:
        """Show another icon in the same colour."""
        self.setIcon(icon(icon_name, self._role))

    def _resize_icon(self) -> None:
        side = theme().px(METRICS.icon)
        self.setIconSize(QSize(side, side))
