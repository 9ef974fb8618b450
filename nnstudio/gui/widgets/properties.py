"""Dynamic properties that the style sheet selects on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def set_property(widget: QWidget, **values: object) -> None:
    """Set style properties (``role="primary"``) and restyle the widget if one of them changed.

    A widget that was never shown isn't styled yet: to style it now would be to do it again for every
    parent that it is put into.
    """
    changed = False
    for name, value in values.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)
        widget.update()


def set_shown(widget: QWidget, shown: bool) -> None:
    """Hide a part, or show it if it is hidden: to show one anew styles it, even with no window around."""
    if not shown or widget.isHidden():
        widget.setVisible(shown)
