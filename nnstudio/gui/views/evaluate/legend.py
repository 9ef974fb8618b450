"""The legend below the confusion matrix."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import font, theme

_SWATCH = 9


class Legend(QWidget):
    """Blue: correct. Orange: mistake, stronger where its share is larger. Green and red: what changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = "counts"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend")
        self.show_mode("counts")
        theme().changed.connect(self.updateGeometry)

    def show_mode(self, mode: str) -> None:
        """Explains the colours of a mode of the matrix."""
        self._mode = mode
        self.setAccessibleDescription(" ".join(text for _, text in self._entries()))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(theme().px(200), theme().px(20))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw swatches and words, centred; shorter words where there is less room."""
        painter = QPainter(self)
        painter.setFont(font(11))
        metrics, px = QFontMetrics(font(11)), theme().px
        entries = self._entries()

        def width() -> int:
            return sum(metrics.horizontalAdvance(text) + px(_SWATCH + 6) for _, text in entries) + px(16)

        if width() > self.width():
            entries = [(role, text.split(",")[0] + ".") for role, text in entries]
        left, middle = max(0, (self.width() - width()) // 2), self.height() // 2
        for role, text in entries:
            swatch = px(_SWATCH)
            painter.fillRect(left, middle - swatch // 2, swatch, swatch, theme().colour(role))
            painter.setPen(theme().colour("muted"))
            painter.drawText(left + px(_SWATCH + 6), middle + metrics.ascent() // 2 - 1, text.rstrip("."))
            left += px(_SWATCH + 6) + metrics.horizontalAdvance(text) + px(16)

    def _entries(self) -> list[tuple[str, str]]:
        """Colours with their meanings."""
        if self._mode == "change":
            return [("good", "Better, in points of the row"), ("error", "Worse, in points of the row")]
        line, whole = theme().tokens.line, "column" if self._mode == "column" else "row"
        return [(line(0), "Correct"), (line(1), f"Mistake, stronger = larger share of the {whole}")]
