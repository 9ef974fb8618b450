"""Where the pixels of a moved image come from: one affine map per sample, composed move by move."""

from __future__ import annotations

import numpy as np

from nnstudio.data.augmentation.draws import Floats


class PixelMap:
    """The inverse of all moves so far: the place in the source for every place in the result.

    With places ``(row, column)`` measured from the image's centre, ``source = matrix · place + offset``.
    Composing the inverse maps first means that an image is resampled once, however many moves there are.

    Args:
        samples: Number of samples; each starts with a map that moves nothing.
        height: Rows of an image.
        width: Columns of an image.
    """

    def __init__(self, samples: int, height: int, width: int) -> None:
        self.height = height
        self.width = width
        self.matrix: Floats = np.tile(np.eye(2), (samples, 1, 1))  # (n, 2, 2)
        self.offset: Floats = np.zeros((samples, 2))

    def turn(self, inverse: Floats) -> None:
        """Adds linear moves about the centre, given by their inverse matrices ``(n, 2, 2)``."""
        self.matrix = self.matrix @ inverse

    def stretch(self, axis: int, inverse: Floats) -> None:
        """Adds a scaling of one axis about the centre, given by its inverse factors ``(n,)``."""
        self.matrix[:, :, axis] *= inverse[:, np.newaxis]

    def move(self, pixels: Floats) -> None:
        """Adds moves by ``pixels`` ``(n, 2)``, down and to the right."""
        self.offset -= np.einsum("nij,nj->ni", self.matrix, pixels)

    def separable(self) -> tuple[Floats, Floats]:
        """Source rows ``(n, H)`` and columns ``(n, W)`` of a map that mixes no rows with columns."""
        rows, columns = self.grid()
        offset = self.offset + self.centre
        source_rows = self.matrix[:, :1, 0] * rows + offset[:, :1]
        source_columns = self.matrix[:, 1:, 1] * columns + offset[:, 1:]
        return source_rows, source_columns

    def grid(self) -> tuple[Floats, Floats]:
        """Rows ``(H,)`` and columns ``(W,)`` measured from the centre."""
        row, column = self.centre
        return np.arange(self.height) - row, np.arange(self.width) - column

    @property
    def centre(self) -> tuple[float, float]:
        """Row and column of the centre; between two pixels where the size is even."""
        return (self.height - 1) / 2, (self.width - 1) / 2
