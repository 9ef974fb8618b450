"""A label that shortens itself at the right and then shows its whole text as a tooltip.

For names and sentences only: numbers never elide, so they belong in an ordinary ``QLabel``.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """A one-line ``QLabel`` that may become narrower than its text."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self._hint = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show ``text``, as much of it as there is room for."""
        if text == self._full and super().text():
            return
        self._full = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def full_text(self) -> str:
        """The whole text, elided or not."""
        return self._full

    def setToolTip(self, tip: str) -> None:
        """A tooltip of its own, below the whole text where that is shortened."""
        self._hint = tip
        self._fit()

    def is_elided(self) -> bool:
        """Whether part of the text is hidden."""
        return super().text() != self._full

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        metrics = self._metrics()
        return QSize(metrics.horizontalAdvance(self._full) + 1, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Room for one letter and the ellipsis."""
        metrics = self._metrics()
        shortest = min(metrics.horizontalAdvance("…" * 2), metrics.horizontalAdvance(self._full))
        return QSize(shortest, metrics.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Elide for the new width."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Elide again when the font changes."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()
            self._fit()

    def _metrics(self) -> QFontMetrics:
        self.ensurePolished()
        return self.fontMetrics()

    def _fit(self) -> None:
        if not self.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
            super().setText(self._full)
            super().setToolTip(self._hint)
            return
        room = self.contentsRect().width()
        shown = self._metrics().elidedText(self._full, Qt.TextElideMode.ElideRight, room)
        super().setText(shown)
        hidden = shown != self._full and self._full not in self._hint
        super().setToolTip("\n".join(part for part in (self._full if hidden else "", self._hint) if part))
