"""From a drawing or a photo to what a network was trained on: ink cropped, scaled and centred like MNIST.

Sheets are arrays of *ink*: 0 is bare paper, 1 is full ink, whatever colours they are shown in. Networks
for digits and clothes take exactly that, white ink on black.

MNIST's digits "were size normalized to fit in a 20x20 pixel box while preserving their aspect ratio", with
grey levels from the anti-aliasing, and "were centered in a 28x28 image by computing the center of mass of
the pixels" (LeCun, Cortes and Burges, the MNIST database). Other sizes are treated in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.layer import Shape, shape_text
from nnstudio.errors import DataError

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BOX_SHARE = 20 / 28
"""Side of the box that the ink fills, as a share of the input's side."""
INK = 0.03
"""Values above this are ink and not the grey of an antialiased edge."""
LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue (Rec. ITU-R BT.709)."""

_CLEAR_CONTRAST = 0.04  # of full scale; a picture with less has nothing on it
_NOISE_MARGIN = 2.0  # paper is this many times as dark as 95 % of the border, at the most


def is_drawable(shape: Shape) -> bool:
    """Whether samples of this shape are pictures: height × width × 1 (grey) or 3 (colour)."""
    return len(shape) == 3 and shape[2] in (1, 3)


def require_drawable(shape: Shape) -> None:
    """Refuses networks that don't look at pictures.

    Raises:
        DataError: The network's input is no grey or colour picture.
    """
    if not is_drawable(shape):
        raise DataError(
            "this network doesn't look at pictures",
            allowed="an input of height × width × 1 or × 3",
            received=f"an input of {shape_text(shape)}",
            fix="open or train a network for images, such as the preset for digits",
        )


def network_input(ink: Floats, shape: Shape, *, centre: bool) -> Bytes:
    """What the network gets to see of a drawing.

    Args:
        ink: The sheet, ``(rows, columns)`` or ``(rows, columns, 3)``, 0 to 1. A sheet in colour holds
            colours and not ink, and is never centred.
        shape: The network's input, ``(H, W, 1)`` or ``(H, W, 3)``.
        centre: Crop to the ink, scale it to the box and centre it by mass, like MNIST.

    Returns:
        Raw sample, ``(H, W, C)``, 0 to 255; all 0 for a grey sheet without ink.

    Raises:
        DataError: The network's input is no picture.
    """
    require_drawable(shape)
    height, width, channels = shape
    if ink.ndim == 3 and channels == 1:
        ink = luminance(ink)
    pixels = _centred(ink, height, width) if centre and ink.ndim == 2 else resample(ink, height, width)
    sample: Bytes = np.rint(pixels.clip(0, 1) * 255).astype(np.uint8)
    if sample.ndim == 2:
        sample = np.repeat(sample[:, :, None], channels, axis=2)
    return sample


def has_ink(ink: Floats) -> bool:
    """Whether anything is drawn on a sheet of ink."""
    return bool((ink > INK).any())


def resample(image: Floats, rows: int, columns: int) -> Floats:
    """Scales an image by area averaging; what has to grow is interpolated between pixel centres.

    Args:
        image: ``(h, w)`` or ``(h, w, channels)``.
        rows: Height of the result.
        columns: Width of the result.
    """
    down, across = _weights(image.shape[0], rows), _weights(image.shape[1], columns)
    scaled: Floats = np.tensordot(down, image.astype(np.float32), axes=1)  # (rows, w, ...)
    scaled = np.moveaxis(np.tensordot(across, np.moveaxis(scaled, 1, 0), axes=1), 0, 1)
    return np.ascontiguousarray(scaled)


def luminance(colours: Floats) -> Floats:
    """Brightness of a picture ``(h, w, 3)`` or ``(h, w)``, 0 to 1."""
    if colours.ndim == 2:
        return colours
    brightness: Floats = colours @ np.array(LUMINANCE, np.float32)
    return brightness


@dataclass(frozen=True, eq=False)
class Opened:
    """A picture made ready for the canvas.

    Attributes:
        sheet: Ink ``(h, w)``, or colours ``(h, w, 3)`` for a network that takes them; 0 to 1.
        exact: The picture has the network's size already and its pixels are used as they are.
        inverted: It was dark on a light ground and is turned round.
    """

    sheet: Floats
    exact: bool
    inverted: bool


def open_picture(pixels: Bytes, shape: Shape) -> Opened:
    """Turns a photo, a scan or a sample of a data set into ink.

    The ground is what the border shows. A picture of the network's own size keeps its values; from
    others the ground is taken away and the ink is stretched to full contrast, so that pencil on grey
    paper counts as much as a felt pen.

    Args:
        pixels: ``(h, w)``, ``(h, w, 3)`` or ``(h, w, 4)`` with transparency, which shows white paper.
        shape: The network's input.

    Raises:
        DataError: The network's input is no picture, or there is nothing on the picture.
    """
    require_drawable(shape)
    colours = _on_white(pixels)
    exact = colours.shape[:2] == shape[:2]
    if shape[2] == 3:
        return Opened(colours if colours.ndim == 3 else np.stack([colours] * 3, axis=2), exact, False)
    brightness = luminance(colours)
    border = _border(brightness)
    ground = float(np.median(border))
    low, high = float(brightness.min()), float(brightness.max())
    if high - low < _CLEAR_CONTRAST:
        raise DataError(
            "there is nothing to see on this picture",
            received="one colour all over",
            fix="use a picture with a dark drawing on a light ground, or the other way round",
        )
    inverted = high - ground < ground - low
    if exact:
        return Opened(1 - brightness if inverted else brightness, True, inverted)
    ink = ground - brightness if inverted else brightness - ground
    noise = _NOISE_MARGIN * float(np.quantile(np.abs(border - ground), 0.95))
    peak = float(ink.max())
    floor = min(noise, peak / 2)  # a drawing that touches the border must not count as noise
    return Opened(((ink - floor) / (peak - floor)).clip(0, 1).astype(np.float32), False, inverted)


def fit_on_sheet(picture: Floats, rows: int, columns: int, ground: float = 0.0) -> Floats:
    """Puts a picture on a sheet as large as it fits, in the middle, keeping its proportions.

    Pictures that fit a whole number of times keep their pixels sharp.

    Args:
        picture: ``(h, w)`` or ``(h, w, 3)``.
        rows: Height of the sheet.
        columns: Width of the sheet.
        ground: Value of what the picture leaves free.
    """
    factor = min(rows / picture.shape[0], columns / picture.shape[1])
    height = max(1, round(picture.shape[0] * factor))
    width = max(1, round(picture.shape[1] * factor))
    if factor >= 1 and factor == int(factor):
        scaled = picture.repeat(int(factor), axis=0).repeat(int(factor), axis=1)
    else:
        scaled = resample(picture, height, width)
    sheet = np.full((rows, columns, *picture.shape[2:]), ground, np.float32)
    top, left = (rows - height) // 2, (columns - width) // 2
    sheet[top : top + height, left : left + width] = scaled
    return sheet


def _centred(ink: Floats, height: int, width: int) -> Floats:
    """The ink in its box, its centre of mass in the middle of ``(height, width)``."""
    field = np.zeros((height, width), np.float32)
    marked = ink > INK
    if not marked.any():
        return field
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(height * BOX_SHARE / cut.shape[0], width * BOX_SHARE / cut.shape[1])
    box = resample(cut, max(1, round(cut.shape[0] * scale)), max(1, round(cut.shape[1] * scale)))
    top = _place(box.sum(axis=1), height)
    left = _place(box.sum(axis=0), width)
    field[top : top + box.shape[0], left : left + box.shape[1]] = box
    return field


def _place(mass: Floats, size: int) -> int:
    """First row of a box, so that its centre of mass comes nearest to row ``size // 2``, as on MNIST."""
    middle = float((mass * np.arange(len(mass))).sum() / mass.sum())
    return int(np.clip(round(size // 2 - middle), 0, size - len(mass)))


@lru_cache(maxsize=64)
def _weights(old: int, new: int) -> Floats:
    """Weights ``(new, old)`` of the old pixels in each new one; every row adds up to 1."""
    positions = np.arange(new)[:, None]
    pixels = np.arange(old)
    ratio = old / new
    if ratio >= 1:  # the share of each old pixel that lies inside the new one
        start, stop = positions * ratio, (positions + 1) * ratio
        weights = np.minimum(stop, pixels + 1) - np.maximum(start, pixels)
    else:
        centre = np.clip((positions + 0.5) * ratio - 0.5, 0, old - 1)
        weights = 1 - np.abs(pixels - centre)
    weights = weights.clip(min=0)
    normalised: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def _on_white(pixels: Bytes) -> Floats:
    values: Floats = pixels.astype(np.float32) / np.float32(255)
    if values.ndim == 3 and values.shape[2] == 4:
        alpha = values[:, :, 3:]
        values = values[:, :, :3] * alpha + (1 - alpha)
    return values


def _border(image: Floats) -> Floats:
    """The values along the four sides, a sixteenth of the picture deep."""
    rows, columns = (max(1, side // 16) for side in image.shape)
    sides = (image[:rows], image[-rows:], image[:, :columns], image[:, -columns:])
    return np.concatenate([side.ravel() for side in sides])
