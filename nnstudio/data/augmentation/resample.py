"""Fetching the pixels of moved images, once per image however many moves there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.augmentation.pixel_map import PixelMap

Array = NDArray[np.float32]
Indices = NDArray[np.intp]


class Resampler:
    """Moves the pixels of images in place. What comes from beyond the edge is ``fill``.

    Args:
        samples: Most images at once.
        shape: Shape of an image ``(H, W, C)``.
        fill: Value beyond the edge.
    """

    def __init__(self, samples: int, shape: tuple[int, ...], fill: float) -> None:
        self._height, self._width, channels = shape
        pixels = samples, self._height, self._width
        # a border of one pixel holds the fill, so that no tap of the interpolation needs a mask
        bordered = samples, self._height + 2, self._width + 2
        self._source = np.full((channels, *bordered), fill, np.float32)
        self._first = np.arange(samples).reshape(-1, 1, 1) * (bordered[1] * bordered[2])
        self._index, self._column_index = np.empty(pixels, np.intp), np.empty(pixels, np.intp)
        self._rows, self._columns = np.empty(pixels, np.float32), np.empty(pixels, np.float32)
        self._floor = np.empty(pixels, np.float32)
        self._corners = np.empty((4, *pixels), np.float32)

    def copy(self, x: Array, places: PixelMap) -> None:
        """Moves images whose pixels stay whole; nothing is interpolated.

        Args:
            x: Images ``(n, H, W, C)``.
            places: A map to whole places that mixes no rows with columns.
        """
        n = len(x)
        source_rows, source_columns = places.separable()
        rows = np.clip(source_rows, -1, self._height).astype(np.intp) + 1  # within the border
        columns = np.clip(source_columns, -1, self._width).astype(np.intp) + 1
        starts = rows[:, :, np.newaxis] * (self._width + 2) + self._first[:n]
        index = np.add(starts, columns[:, np.newaxis], out=self._index[:n])  # (n, H, W)
        for channel, plane in enumerate(self._load(x)):
            taken = plane.take(
                index, out=self._corners[0, :n], mode="clip"
            )  # "raise" copies through a buffer
            np.copyto(x[..., channel], taken)

    def interpolate(self, x: Array, places: PixelMap, field: Array | None = None) -> None:
        """Moves images with bilinear interpolation.

        Args:
            x: Images ``(n, H, W, C)``.
            places: Where the pixels come from.
            field: Added to the places in the result first: rows and columns ``(2, n, H, W)``.
        """
        n = len(x)
        self._locate(n, places, field)
        rows, columns, corners = self._rows[:n], self._columns[:n], self._corners[:, :n]
        index, column_index = self._index[:n], self._column_index[:n]
        self._split(rows, index, self._height)
        self._split(columns, column_index, self._width)
        np.multiply(index, self._width + 2, out=index)
        np.add(index, column_index, out=index)
        np.add(index, self._first[:n], out=index)
        for channel, plane in enumerate(self._load(x)):
            np.copyto(x[..., channel], _blend(plane, index, self._width + 2, rows, columns, corners))

    def _load(self, x: Array) -> list[Array]:
        """Copies the images into the bordered source; a flat plane ``(n·(H+2)·(W+2),)`` per channel."""
        n = len(x)
        np.copyto(self._source[:, :n, 1:-1, 1:-1], np.moveaxis(x, 3, 0))
        return [plane[:n].reshape(-1) for plane in self._source]

    def _locate(self, n: int, places: PixelMap, field: Array | None) -> None:
        """Works out the source places ``(n, H, W)`` of all pixels."""
        matrix, offset = places.matrix.astype(np.float32), places.offset + places.centre
        rows, columns = (line.astype(np.float32) for line in places.grid())
        for axis, out in enumerate((self._rows[:n], self._columns[:n])):
            along = matrix[:, axis, :1] * rows + offset[:, axis, np.newaxis].astype(np.float32)  # (n, H)
            across = matrix[:, axis, 1:] * columns  # (n, W)
            np.add(along[:, :, np.newaxis], across[:, np.newaxis], out=out)
            if field is not None:
                for factor, part in zip(matrix[:, axis].T, field, strict=True):
                    moved = np.multiply(part, factor[:, np.newaxis, np.newaxis], out=self._floor[:n])
                    np.add(out, moved, out=out)

    def _split(self, places: Array, index: Indices, size: int) -> None:
        """Turns places into what is behind their whole part, which goes to ``index``, border counted."""
        floor = self._floor[: len(places)]
        np.clip(places, -1, size, out=places)  # beyond the border there is nothing new
        np.floor(places, out=floor)
        np.minimum(floor, size - 1, out=floor)  # so that the pixel after it exists
        np.subtract(places, floor, out=places)
        np.add(floor, 1, out=floor)
        np.copyto(index, floor, casting="unsafe")


def _blend(
    plane: Array, index: Indices, stride: int, row_share: Array, column_share: Array, corners: Array
) -> Array:
    """Weighs the four pixels around each place; a share of 0 gives the pixel at ``index`` to the last bit."""
    top: Array
    top, top_right, bottom, bottom_right = corners
    for start, corner in zip((0, 1, stride, stride + 1), corners, strict=True):
        plane[start:].take(index, out=corner, mode="clip")
    for left, right in ((top, top_right), (bottom, bottom_right)):
        np.subtract(right, left, out=right)
        np.multiply(right, column_share, out=right)
        np.add(left, right, out=left)
    np.subtract(bottom, top, out=bottom)
    np.multiply(bottom, row_share, out=bottom)
    np.add(top, bottom, out=top)
    return top
