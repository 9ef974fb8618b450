"""What the network sees: the exact input as large pixels, with the value under the mouse in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import explained_image, sample_image
from nnstudio.gui.widgets import numbers

_SIDE = 336
_LEAST = 140
_HIGHEST = 422
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class NetworkInputView(QWidget):
    """The sample in whole pixels; hover, or move the cursor with the arrow keys, to read a value.

    Signals:
        readout(str): The pixel pointed at in words, or "".
    """

    readout = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample: NDArray[np.uint8] | None = None
        self._scaled: NDArray[np.float32] | None = None
        self._effects: NDArray[np.float32] | None = None
        self._strength = 0.0
        self._image = QImage()
        self._at: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("What the network sees")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme().changed.connect(self._redraw)

    @property
    def sample(self) -> NDArray[np.uint8] | None:
        """What is shown, ``(H, W, C)``."""
        return self._sample

    def show_sample(self, sample: NDArray[np.uint8], scaled: NDArray[np.float32] | None = None) -> None:
        """Shows a sample.

        Args:
            sample: Raw values, ``(H, W, C)``.
            scaled: The same as the network gets them after scaling, or None if nothing is known.
        """
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._effects = None  # those of another picture
        self._sample, self._scaled = sample, scaled
        if self._at is not None and not (self._at[0] < sample.shape[0] and self._at[1] < sample.shape[1]):
            self._at = None
        self._redraw()
        self._tell()

    @property
    def effects(self) -> NDArray[np.float32] | None:
        """What is laid over the sample, ``(H, W)``, or None."""
        return self._effects

    def show_effects(self, effects: NDArray[np.float32] | None, strength: float) -> None:
        """Lays what speaks for and against a class over the sample.

        Args:
            effects: ``(H, W)``, above 0 for, below 0 against; None shows the sample alone.
            strength: How strongly, 0 to 1.
        """
        fits = effects is not None and self._sample is not None and effects.shape == self._sample.shape[:2]
        self._effects, self._strength = (effects if fits else None), strength
        self._redraw()
        self._tell()

    def text_at(self, row: int, column: int) -> str:
        """A pixel in words."""
        if self._sample is None:
            return ""
        place = f"Row {row + 1}, col {column + 1}: "
        values = self._sample[row, column]
        effect = ""
        if self._effects is not None:
            effect = f", effect {numbers.signed(float(self._effects[row, column]), 2)}"
        if len(values) == 3:
            return place + "red {}, green {}, blue {}".format(*values) + effect
        text = f"{place}ink {values[0] / 255:.2f}{effect}"
        if self._scaled is not None and abs(float(self._scaled[row, column, 0]) - values[0] / 255) > 5e-3:
            text += f", input {numbers.fixed(float(self._scaled[row, column, 0]), 2)}"
        return text

    def sizeHint(self) -> QSize:
        """Twelve pixels for each of 28."""
        return QSize(theme().px(_SIDE) + 2, theme().px(_SIDE) + 2)

    def hasHeightForWidth(self) -> bool:
        """The pixels are square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as whole pixels of that width make it, up to the size of the canvas."""
        rows, columns = self._grid()
        cell = _cell(width - 2, columns)
        return min(round(cell * rows) + 2, theme().px(_HIGHEST))

    def minimumSizeHint(self) -> QSize:
        """Five pixels for each of 28."""
        return QSize(theme().px(_LEAST), theme().px(_LEAST))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the pixel under the mouse."""
        area = self._area()
        inside = event.position().toPoint() - area.topLeft()
        if self._sample is None or not QRect(0, 0, area.width(), area.height()).contains(inside):
            self._point(None)
            return
        rows, columns = self._sample.shape[:2]
        self._point((inside.y() * rows // area.height(), inside.x() * columns // area.width()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        super().leaveEvent(event)
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the reading cursor."""
        key = Qt.Key(event.key())
        if key not in _ARROWS or self._sample is None:
            super().keyPressEvent(event)
            return
        rows, columns = self._sample.shape[:2]
        row, column = self._at or (rows // 2, columns // 2)
        if self._at is not None:
            row, column = row + _ARROWS[key][0], column + _ARROWS[key][1]
        self._point((max(0, min(rows - 1, row)), max(0, min(columns - 1, column))))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The cursor goes with the focus."""
        super().focusOutEvent(event)
        self._point(None)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the pixels, sharp."""
        painter = QPainter(self)
        area = self._area()
        painter.fillRect(area, theme().colour("plot"))
        if not self._image.isNull():
            large = self._image.width() > area.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, large)
            painter.drawImage(area, self._image)
        if self._at is not None and self._sample is not None:
            rows, columns = self._sample.shape[:2]
            top, left = (area.height() * self._at[0] // rows, area.width() * self._at[1] // columns)
            cell = QRect(left, top, max(2, area.width() // columns), max(2, area.height() // rows))
            painter.setPen(QPen(theme().colour("accent"), 2, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(cell.translated(area.topLeft()))
        painter.setPen(theme().colour("border"))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))

    def _area(self) -> QRect:
        """A whole number of screen pixels per value where there is room, at the top in the middle."""
        width, height = self.width() - 2, self.height() - 2
        rows, columns = self._grid()
        cell = min(_cell(width, columns), _cell(height, rows))
        size = QSize(max(1, round(columns * cell)), max(1, round(rows * cell)))
        return QRect((self.width() - size.width()) // 2, 1, size.width(), size.height())

    def _grid(self) -> tuple[int, int]:
        return self._sample.shape[:2] if self._sample is not None else (28, 28)

    def _redraw(self) -> None:
        if self._sample is not None:
            self._image = sample_image(self._sample)
        if self._sample is not None and self._effects is not None:
            self._image = explained_image(self._image, self._effects, self._strength)
        self.update()

    def _point(self, at: tuple[int, int] | None) -> None:
        if at != self._at:
            self._at = at
            self.update()
            self._tell()

    def _tell(self) -> None:
        text = self.text_at(*self._at) if self._at is not None else ""
        self.setAccessibleDescription(text)
        self.readout.emit(text)


def _cell(room: int, count: int) -> float:
    """Screen pixels per value: a whole number where there is room for one."""
    cell = room / count
    return int(cell) if cell >= 1 else cell
