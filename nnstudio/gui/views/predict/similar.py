"""The training images that look most alike to the network, in a row with their classes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio.engine.analysis import FeatureIndex, Neighbour
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.pixels import sample_image
from nnstudio.gui.widgets import numbers

_SIDE = 44
_CAPTION = 18
_GAP = 8


class SimilarImages(QWidget):
    """As many as fit, most similar first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Neighbour, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._index: FeatureIndex | None = None
        self._note = ""
        self._pictures: list[QPixmap] = []
        self.setAccessibleName("Most similar training images")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._draw)

    @property
    def shown(self) -> tuple[Neighbour, ...]:
        """What is shown."""
        return self._shown

    def show_similar(
        self, index: FeatureIndex, neighbours: tuple[Neighbour, ...], classes: tuple[str, ...]
    ) -> None:
        """Shows samples of the part that the index was made of."""
        self._index, self._shown, self._classes, self._note = index, neighbours, classes, ""
        self.setAccessibleDescription("; ".join(self._sentence(one) for one in neighbours))
        self._draw()

    def say(self, note: str) -> None:
        """Shows no images, and why."""
        self._shown, self._pictures, self._note = (), [], note
        self.setAccessibleDescription(note)
        self.update()

    def sizeHint(self) -> QSize:
        """A row of seven."""
        return QSize(theme().px(7 * (_SIDE + _GAP)), theme().px(_SIDE + _CAPTION) + 2)

    def minimumSizeHint(self) -> QSize:
        """A row of three."""
        return QSize(theme().px(3 * (_SIDE + _GAP)), self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Say what is under the mouse."""
        if isinstance(event, QHelpEvent):
            found = [one for one, area in self._places() if area.contains(event.pos())]
            if found:
                QToolTip.showText(event.globalPos(), self._sentence(found[0]), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the pictures with class and similarity below."""
        painter = QPainter(self)
        if not self._shown:
            painter.setFont(font(12))
            painter.setPen(theme().colour("muted"))
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._note)
            return
        for (one, area), picture in zip(self._places(), self._pictures, strict=False):
            frame = QRect(area.left(), area.top(), area.width(), area.width())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, picture.width() > frame.width())
            painter.drawPixmap(frame, picture)
            painter.setPen(theme().colour("border"))
            painter.drawRect(frame)
            self._paint_caption(painter, one, QRect(area.left() - 4, frame.bottom(), area.width() + 8, 18))

    def _paint_caption(self, painter: QPainter, one: Neighbour, area: QRect) -> None:
        area.setHeight(theme().px(_CAPTION))
        bold, plain = font(11, 600), font(11)
        figure = f" {numbers.fixed(one.similarity, 2)}"
        room = area.width() - QFontMetrics(plain).horizontalAdvance(figure)
        name = QFontMetrics(bold).elidedText(
            self._classes[one.label], Qt.TextElideMode.ElideRight, max(room, theme().px(12))
        )
        width = QFontMetrics(bold).horizontalAdvance(name) + QFontMetrics(plain).horizontalAdvance(figure)
        left = area.left() + max(0, (area.width() - width) // 2)
        words = QRect(QPoint(left, area.top()), area.size())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(bold)
        painter.setPen(theme().colour("text"))
        painter.drawText(words, flags, name)
        painter.setFont(plain)
        painter.setPen(theme().colour("text2"))
        words.translate(QFontMetrics(bold).horizontalAdvance(name), 0)
        painter.drawText(words, flags, figure)

    def _places(self) -> list[tuple[Neighbour, QRect]]:
        px = theme().px
        side, count = px(_SIDE), len(self._shown)
        fitting = max(1, min(count, (self.width() + px(_GAP)) // (side + px(_GAP))))
        pitch = (self.width() - side - 2) / max(1, fitting - 1) if fitting == count > 1 else side + px(_GAP)
        pitch = min(pitch, side + px(2 * _GAP))
        return [
            (one, QRect(1 + round(place * pitch), 1, side, side + px(_CAPTION)))
            for place, one in enumerate(self._shown[:fitting])
        ]

    def _sentence(self, one: Neighbour) -> str:
        similarity = numbers.fixed(one.similarity)
        return f"Training image {one.position}: {self._classes[one.label]}, similarity {similarity}"

    def _draw(self) -> None:
        if self._index is not None:
            part = self._index.part
            samples = [part.samples(slice(one.position, one.position + 1))[0] for one in self._shown]
            self._pictures = [QPixmap.fromImage(sample_image(sample)) for sample in samples]
        self.update()
