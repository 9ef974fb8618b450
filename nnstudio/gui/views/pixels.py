"""Samples and sheets as pictures on the screen.

Grey samples are ink: 0 is bare paper. They are shown as the theme's paper and ink, dark on white in the
light theme and light on black in the dark one. Colour samples are shown as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from nnstudio.engine.drawing import is_drawable
from nnstudio.gui.theme import theme
from nnstudio.gui.views.map_colours import overlaid


def sample_image(sample: NDArray[np.generic]) -> QImage:
    """A sample ``(H, W, 1)`` or ``(H, W, 3)`` as a picture of one pixel per value.

    Bytes are taken as they are; floats are stretched from the sample's least to its greatest value,
    because nothing says which range they have.

    Raises:
        ValueError: The sample is no picture.
    """
    if not is_drawable(sample.shape):
        raise ValueError(f"a picture is height × width × 1 or 3; got {sample.shape}")
    levels = np.ascontiguousarray(_bytes(sample))
    height, width, channels = levels.shape
    if channels == 3:
        return QImage(levels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    return shown(QImage(levels.data, width, height, width, QImage.Format.Format_Grayscale8).copy())


def shown(ink: QImage) -> QImage:
    """A grey picture of ink in the theme's colours; colour pictures come back unchanged."""
    if ink.format() != QImage.Format.Format_Grayscale8 or theme().tokens.dark:
        return ink
    image = ink.copy()
    image.invertPixels()
    return image


def explained_image(sample: QImage, effects: NDArray[np.float32], strength: float) -> QImage:
    """A sample's picture with what speaks for a class and against it laid over it.

    Args:
        sample: As ``sample_image`` gives it.
        effects: ``(H, W)``, above 0 for, below 0 against; the largest gets the full colour.
        strength: 0 to 1.
    """
    picture = sample.convertToFormat(QImage.Format.Format_RGB888)
    width, height = picture.width(), picture.height()
    lines = np.frombuffer(picture.constBits(), np.uint8).reshape(height, picture.bytesPerLine())
    colours = lines[:, : 3 * width].reshape(height, width, 3)
    largest = float(np.abs(np.nan_to_num(effects)).max())
    scaled = effects / np.float32(largest if largest > 0 else 1)
    return rgb_image(overlaid(colours, scaled, strength, theme().tokens))


def rgb_image(colours: NDArray[np.uint8]) -> QImage:
    """A picture of colours ``(H, W, 3)``."""
    levels = np.ascontiguousarray(colours)
    height, width = levels.shape[:2]
    return QImage(levels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def ink_words() -> str:
    """How grey samples are shown, for tooltips."""
    if theme().tokens.dark:
        return "Shown as the network gets it: white ink on black."
    return "Shown dark on white; the network gets white ink on black."


def _bytes(sample: NDArray[np.generic]) -> NDArray[np.uint8]:
    if sample.dtype == np.uint8:
        return sample.astype(np.uint8, copy=False)
    values = sample.astype(np.float64)
    low, span = float(values.min()), float(np.ptp(values))
    return np.rint((values - low) * (255 / span if span > 0 else 0)).astype(np.uint8)
