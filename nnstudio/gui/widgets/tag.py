"""Status tag: a word and an icon on a tint, such as a green "Done"."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.look.icons import pixmap
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import font, theme

# kind -> ground, colour of text and icon
KINDS = {
    "good": ("good_tint", "good"),
    "accent": ("accent_tint", "accent"),
    "neutral": ("hover", "text2"),
    "caution": ("caution_tint", "caution"),
    "error": ("error_tint", "error"),
}
_HEIGHT = 18
_PADDING = 6
_ICON = 12
_GAP = 4


class Tag(QWidget):
    """A tag of one of ``KINDS``; the icon is the cue beside the colour."""

    def __init__(
        self, text: str, kind: str = "neutral", icon_name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_status(text, kind, icon_name)
        theme().changed.connect(self.updateGeometry)
        theme().changed.connect(self.update)

    def show_status(self, text: str, kind: str = "neutral", icon_name: str = "") -> None:
        """Show another status.

        Raises:
            KeyError: ``kind`` is not one of ``KINDS``.
        """
        self._ground, self._colour = KINDS[kind]
        self._text = text
        self._icon_name = icon_name
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The word it shows."""
        return self._text

    def sizeHint(self) -> QSize:
        """The icon and the whole word."""
        return QSize(self._text_left() + self._text_width() + theme().px(_PADDING), theme().px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """A tag never shrinks."""
        return self.sizeHint()

    def _text_left(self) -> int:
        return theme().px(_PADDING) + (theme().px(_ICON) + theme().px(_GAP) if self._icon_name else 0)

    def _text_width(self) -> int:
        return QFontMetrics(font(11, 600)).horizontalAdvance(self._text) + 1

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the tint, the icon and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(self._ground))
        radius = theme().px(METRICS.radius_tag)
        painter.drawRoundedRect(self.rect(), radius, radius)
        if self._icon_name:
            side = theme().px(_ICON)
            top = (self.height() - side) // 2
            drawn = pixmap(self._icon_name, self._colour, _ICON, self.devicePixelRatioF())
            painter.drawPixmap(theme().px(_PADDING), top, drawn)
        painter.setFont(font(11, 600))
        painter.setPen(QColor(theme().tokens.colour(self._colour)))
        area = QRect(self._text_left(), 0, self.width(), self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text)
