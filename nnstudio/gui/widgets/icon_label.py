"""A small picture that follows the theme."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.gui.look.icons import icon
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme


class IconLabel(QWidget):
    """Shows an icon of ``size`` pixels; decorative, so it never takes focus and has no accessible name."""

    def __init__(
        self, name: str = "", role: str = "text2", size: int = METRICS.icon, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._size = size
        self._icon = icon(name, role) if name else QIcon()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._resize()
        theme().changed.connect(self._resize)

    def show_icon(self, name: str, role: str = "text2") -> None:
        """Show one of the interface icons in the colour ``role``."""
        self.show_glyph(icon(name, role))

    def show_glyph(self, drawing: QIcon) -> None:
        """Show any icon, such as a layer glyph."""
        self._icon = drawing
        self.update()

    def sizeHint(self) -> QSize:
        """A square of the zoomed size."""
        side = theme().px(self._size)
        return QSize(side, side)

    def _resize(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the icon in the colour it has now."""
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        self._icon.paint(QPainter(self), self.rect(), Qt.AlignmentFlag.AlignCenter, mode)
