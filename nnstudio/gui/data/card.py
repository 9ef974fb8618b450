"""The card of a data set: a few samples, its name, two lines about it and its state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from nnstudio.gui.look.icons import pixmap
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.pixels import sample_image
from nnstudio.gui.widgets.tag import Tag
from nnstudio.gui.widgets.tile import Tile

_HEIGHT = 72
_PICTURE = 50
Points = tuple[NDArray[np.float32], NDArray[np.int64]]


class DatasetCard(Tile):
    """A card; pressing it chooses the data set.

    Args:
        title: Its name.
        lines: Two lines about it.
        icon_name: Picture until there are samples.
        parent: Qt parent.
    """

    def __init__(
        self, title: str, lines: tuple[str, str], icon_name: str = "database", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self.setCheckable(True)
        self._title, self._lines, self._icon = title, lines, icon_name
        self._images: list[QPixmap] = []
        self._samples: NDArray[np.generic] | None = None
        self._points: Points | None = None
        self.tag = Tag("", "neutral", parent=self)
        self.tag.hide()
        self._describe()
        theme().changed.connect(self._themed)
        self._themed()

    @property
    def title(self) -> str:
        """Its name."""
        return self._title

    def show_lines(self, lines: tuple[str, str]) -> None:
        """Shows other lines."""
        self._lines = lines
        self._describe()
        self.update()

    def show_tag(self, text: str, kind: str, icon_name: str) -> None:
        """Shows a state; "" shows none."""
        self.tag.setVisible(bool(text))
        if text:
            self.tag.show_status(text, kind, icon_name)
        self._place_tag()
        self._describe()

    def show_samples(self, samples: NDArray[np.generic] | None) -> None:
        """Shows some images ``(n, H, W, C)``."""
        self._samples = samples
        self._themed()

    def show_points(self, points: Points | None) -> None:
        """Shows some points of a 2-D set."""
        self._points = points
        self.update()

    def set_locked(self, reason: str) -> None:
        """Locks the card and says why; "" unlocks it."""
        self.setEnabled(not reason)
        self.setToolTip(reason)

    def sizeHint(self) -> QSize:
        """As high as designed."""
        return QSize(theme().px(260), theme().px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """It may become narrow."""
        return QSize(theme().px(160), theme().px(_HEIGHT))

    def resizeEvent(self, event: object) -> None:
        """Keeps the state in the corner."""
        self._place_tag()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws ground, picture and words."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked():
            painter.setPen(QPen(theme().colour("accent"), 2))
            painter.setBrush(theme().colour("accent_tint"))
            radius = theme().px(METRICS.radius_card)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)
        px = theme().px
        side = px(_PICTURE)
        picture = QRect(px(10), (self.height() - side) // 2, side, side)
        self._paint_picture(painter, picture)
        left = picture.right() + px(12)
        self._paint_words(painter, left)

    def _paint_words(self, painter: QPainter, left: int) -> None:
        px = theme().px
        enabled = self.isEnabled()
        room = self.width() - left - px(10)
        beside = room - (self.tag.width() + px(6) if not self.tag.isHidden() else 0)
        tops = (px(9), px(29), px(46))
        roles = ("text", "text2", "text2")
        fonts = (font(13, 600), font(12), font(12))
        rooms = (room, room, beside) if self._tag_is_low() else (beside, room, room)
        texts = (self._title, *self._lines)
        for top, role, face, width, text in zip(tops, roles, fonts, rooms, texts, strict=True):
            painter.setFont(face)
            painter.setPen(theme().colour(role if enabled else "disabled"))
            words = QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, width)
            line = QRect(left, top, width + 2, px(18))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_picture(self, painter: QPainter, area: QRect) -> None:
        if self._images:
            half = area.width() // 2
            for number, image in enumerate(self._images[:4]):
                cell = QRect(
                    area.left() + number % 2 * half, area.top() + number // 2 * half, half - 1, half - 1
                )
                painter.drawPixmap(cell, image)
            return
        if self._points is not None:
            self._paint_points(painter, area)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("hover"))
        painter.drawRoundedRect(area, theme().px(4), theme().px(4))
        drawn = pixmap(self._icon, "text2", 22, self.devicePixelRatioF())
        place = QRect(0, 0, theme().px(22), theme().px(22))
        place.moveCenter(area.center())
        painter.drawPixmap(place, drawn)

    def _paint_points(self, painter: QPainter, area: QRect) -> None:
        assert self._points is not None
        x, y = self._points
        low, span = x.min(axis=0), np.ptp(x, axis=0)
        painter.setPen(Qt.PenStyle.NoPen)
        for point, label in zip(x, y, strict=True):
            at = (point - low) / np.maximum(span, 1e-9)
            painter.setBrush(theme().colour(theme().tokens.line(int(label))))
            centre = QPointF(area.left() + at[0] * area.width(), area.bottom() - at[1] * area.height())
            painter.drawEllipse(centre, theme().px(1.4), theme().px(1.4))

    def _tag_is_low(self) -> bool:
        """There is no room for the state beside the name, so it stands in the last line."""
        px = theme().px
        taken = px(_PICTURE + 10 + 12 + 10 + 6) + self.tag.sizeHint().width()
        return QFontMetrics(font(13, 600)).horizontalAdvance(self._title) + taken > self.width()

    def _place_tag(self) -> None:
        size, px = self.tag.sizeHint(), theme().px
        top = px(46 if self._tag_is_low() else 10)
        self.tag.setGeometry(self.width() - size.width() - px(9), top, size.width(), size.height())

    def _themed(self) -> None:
        samples = self._samples
        self._images = [] if samples is None else [QPixmap.fromImage(sample_image(one)) for one in samples]
        self.update()

    def _describe(self) -> None:
        self.setAccessibleName(self._title)
        state = "" if self.tag.isHidden() else f"{self.tag.text()}. "
        self.setAccessibleDescription(f"{state}{self._lines[0]}. {self._lines[1]}")
