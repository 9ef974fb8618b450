"""Renders batches of pen strokes as 28x28 images, prepared exactly as MNIST's were.

MNIST's digits fill a 20x20 box on their longer side and are then moved, by whole pixels, so that their
centre of mass is in the middle of the 28x28 image (LeCun, Cortes and Burges, the MNIST database).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 28
BOX = 20
CENTRE = 14
"""Row and column of the pixel that the centre of mass is nearest to, as measured on MNIST."""
_MARGIN = 8  # room around the box on the sheet, so that no pen mark falls off it
_SHEET = BOX + 2 * _MARGIN
_EDGE = 1.3  # pixels over which the ink fades out, smoothly, as in MNIST's resampled scans
_REACH = 4  # a mark covers (2 * _REACH + 1)^2 pixels around a segment's middle

FloatArray = NDArray[np.float32]


def render(starts: FloatArray, ends: FloatArray, radii: FloatArray) -> NDArray[np.uint8]:
    """Draws one image per row of segments.

    Args:
        starts: Where each segment begins, x and y in any unit, shape (images, segments, 2).
        ends: Where each segment ends, same shape.
        radii: Half the pen's width at each segment in pixels, shape (images, segments).

    Returns:
        White on black, shape (images, 28, 28).
    """
    starts, ends = _fit(starts, ends, radii)
    return _centre(_draw(starts, ends, radii))


def _fit(starts: FloatArray, ends: FloatArray, radii: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scales and moves the strokes so that the ink's longer side fills the box on the sheet."""
    low = np.minimum(starts, ends).min(axis=1)
    size = np.maximum(starts, ends).max(axis=1) - low
    pen = radii.max(axis=1, keepdims=True) + np.float32((_EDGE - 1) / 2)
    scale = (BOX - 2 * pen) / np.maximum(size.max(axis=1, keepdims=True), 1e-6)
    origin = _MARGIN + (BOX - size * scale) / 2 - low * scale - 0.5  # pixel centres are whole numbers
    scale, origin = scale[:, None], origin[:, None]
    return starts * scale + origin, ends * scale + origin


def _draw(starts: FloatArray, ends: FloatArray, radii: FloatArray) -> FloatArray:
    """Antialiased ink (images, sheet, sheet) from 0 to 1: how far each pixel is inside the pen's path.

    Goes through the segments and handles all images at once; a segment touches only the small window
    of pixels around its middle.
    """
    count, segments, _ = starts.shape
    sheet = np.zeros(count * _SHEET * _SHEET, np.float32)
    steps = np.arange(-_REACH, _REACH + 1)
    window = (steps[:, None] * _SHEET + steps).ravel()
    offset_x = np.tile(steps, len(steps)).astype(np.float32)
    offset_y = np.repeat(steps, len(steps)).astype(np.float32)
    first = np.arange(count) * (_SHEET * _SHEET)
    for k in range(segments):
        start, along = starts[:, k], ends[:, k] - starts[:, k]
        middle: FloatArray = np.rint(start + along / 2).clip(_REACH, _SHEET - 1 - _REACH)
        from_x = offset_x + (middle[:, :1] - start[:, :1])
        from_y = offset_y + (middle[:, 1:] - start[:, 1:])
        ink = _coverage(from_x, from_y, along, radii[:, k])
        column, row = middle.astype(np.int64).T
        at = (first + row * _SHEET + column)[:, None] + window
        sheet[at] = np.maximum(sheet[at], ink)
    return sheet.reshape(count, _SHEET, _SHEET)


def _coverage(from_x: FloatArray, from_y: FloatArray, along: FloatArray, radius: FloatArray) -> FloatArray:
    """Ink of a segment with round ends at pixels given from its start, shape (images, pixels)."""
    length2 = np.maximum((along * along).sum(axis=1, keepdims=True), 1e-8)
    along_x, along_y = along[:, :1], along[:, 1:]
    nearest = (from_x * along_x + from_y * along_y) / length2
    np.clip(nearest, 0.0, 1.0, out=nearest)
    from_x -= nearest * along_x
    from_y -= nearest * along_y
    distance = np.sqrt(from_x * from_x + from_y * from_y)
    np.subtract(radius[:, None] + np.float32(_EDGE / 2), distance, out=distance)
    distance /= np.float32(_EDGE)
    np.clip(distance, 0.0, 1.0, out=distance)
    ink: FloatArray = distance * distance * (3 - 2 * distance)
    return ink


def _centre(sheet: FloatArray) -> NDArray[np.uint8]:
    """Cuts (images, 28, 28) out of the sheets, around the centre of mass to the nearest pixel."""
    position = np.arange(_SHEET, dtype=np.float32)
    columns, rows = sheet.sum(axis=1), sheet.sum(axis=2)
    mass = columns.sum(axis=1)
    left = _cut(columns @ position / mass)
    top = _cut(rows @ position / mass)
    grid = np.arange(SIDE)
    each = np.arange(len(sheet))[:, None, None]
    cut = sheet[each, (top[:, None] + grid)[:, :, None], (left[:, None] + grid)[:, None, :]]
    images: NDArray[np.uint8] = np.rint(cut * np.float32(255)).astype(np.uint8)
    return images


def _cut(centre: FloatArray) -> NDArray[np.int64]:
    """First pixel of the cut that has ``centre`` in its middle and keeps the whole box."""
    first: NDArray[np.int64] = np.rint(centre - CENTRE).astype(np.int64)
    return first.clip(_MARGIN + BOX - SIDE, _MARGIN)
