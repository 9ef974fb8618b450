"""The same image as it is and as the first epochs of a run would see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.data.augmentation.preview import preview
from nnstudio.data.dataset import Part
from nnstudio.engine.drawing import is_drawable
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import shown

EPOCHS = 7
_COLUMNS, _SIDE = 4, 62
_PAUSE_MS = 40


class PreviewTiles(QWidget):
    """Eight tiles: the original first, framed, then epochs 1 to 7."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self.setAccessibleName("Live preview of the augmentation")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    @property
    def images(self) -> list[QImage]:
        """What is shown, the original first."""
        return self._images

    def show_values(self, values: NDArray[np.float32], low: float, high: float) -> None:
        """Shows raw values ``(n, H, W, C)`` that lie between ``low`` and ``high``."""
        span = (high - low) or 1.0
        levels = np.clip(np.rint((values - low) * (255 / span)), 0, 255).astype(np.uint8)
        self._images = [_image(one) for one in levels]
        self.setAccessibleDescription(f"The original and {len(levels) - 1} variations.")
        self.update()

    def clear(self) -> None:
        """Shows nothing."""
        self._images = []
        self.update()

    def sizeHint(self) -> QSize:
        """Two rows of four."""
        px = theme().px
        return QSize(_COLUMNS * px(_SIDE + METRICS.gap), 2 * px(_SIDE + METRICS.gap))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the tiles."""
        painter = QPainter(self)
        gap = theme().px(METRICS.gap)
        side = min((self.width() - (_COLUMNS - 1) * gap) // _COLUMNS, (self.height() - gap) // 2)
        for number, image in enumerate(self._images):
            row, column = divmod(number, _COLUMNS)
            tile = QRect(column * (side + gap), row * (side + gap), side, side)
            inner = tile.adjusted(4, 4, -4, -4)
            size = image.size().scaled(inner.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(inner.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, image.width() > target.width())
            painter.drawImage(target, shown(image))
            first = number == 0
            painter.setPen(QPen(theme().colour("strong" if first else "border"), 2 if first else 1))
            painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), 3, 3)


class AugmentationPreview(QObject):
    """Makes the tiles' images in the background, again and again while a slider moves.

    Args:
        tiles: Where they are shown.
        parent: Qt parent.

    Signals:
        failed(Exception): The samples can't be varied so.
    """

    failed = Signal(object)

    def __init__(self, tiles: PreviewTiles, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._wanted: tuple[Part, int, AugmentationSpec, int] | None = None
        self._task: Task | None = None
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._make)

    def show_sample(self, part: Part, position: int, recipe: AugmentationSpec, seed: int) -> None:
        """Shows a training sample with a recipe; ``seed`` is that of the run."""
        if not is_drawable(part.shape):
            self._wanted = None
            self._tiles.clear()
            return
        self._wanted = (part, position, recipe, seed)
        if not self._timer.isActive():
            self._timer.start()

    def _make(self) -> None:
        if self._wanted is None:
            return
        if self._task is not None and not self._task.finished:
            self._timer.start()  # the newest wish is looked at when this one is done
            return
        part, position, recipe, seed = self._wanted
        positions = np.array([position % len(part)], np.int64)

        def work() -> tuple[NDArray[np.float32], float, float]:
            values = preview(part, positions, recipe, seed=seed, epochs=EPOCHS)[:, 0]
            if part.x.dtype == np.uint8:
                return values, 0.0, 255.0
            return values, float(values[0].min()), float(values[0].max())

        self._task = run_in_background(
            work, lambda made: self._tiles.show_values(*made), self.failed.emit, self
        )


def _image(levels: NDArray[np.uint8]) -> QImage:
    height, width, channels = levels.shape
    levels = np.ascontiguousarray(levels)
    if channels == 3:
        return QImage(levels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    return QImage(levels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
