"""The predicted class in large type on a tint."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import font, theme

_SIDE = 96
_SIZES = (64, 48, 36, 28, 22, 18, 15, 13, 11)
_MARGIN = 8


class BigClass(QWidget):
    """A square of 96 pixels; long names get smaller type, and two lines if need be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Predicted class")
        theme().changed.connect(self.updateGeometry)

    @property
    def name(self) -> str:
        """The class shown."""
        return self._name

    def show_name(self, name: str) -> None:
        """Shows a class, or nothing for an empty name."""
        if name != self._name:
            self._name = name
            self.setAccessibleDescription(name)
            self.setToolTip(name)
            self.update()

    def sizeHint(self) -> QSize:
        """The square."""
        side = theme().px(_SIDE)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the tint and the name."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("accent_tint" if self._name else "hover"))
        radius = theme().px(METRICS.radius)
        painter.drawRoundedRect(self.rect(), radius, radius)
        margin = theme().px(_MARGIN)
        area = self.rect().adjusted(margin, margin, -margin, -margin)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        for size in _SIZES:
            painter.setFont(font(size, 600))
            metrics = QFontMetrics(painter.font())
            needed = metrics.boundingRect(area, flags, self._name)
            if needed.width() <= area.width() and needed.height() <= max(area.height(), metrics.height()):
                break
        painter.setPen(theme().colour("accent"))
        painter.drawText(self.rect() if len(self._name) == 1 else area, flags, self._name)
