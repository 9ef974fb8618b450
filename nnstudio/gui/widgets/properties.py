"""Dynamic properties that the style sheet selects on."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def set_property(widget: QWidget, **values: object) -> None:
    """Set style properties (``role="primary"``) and restyle the widget if one of them changed."""
    changed = False
    for name, value in values.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)
        widget.update()
