"""What operations work on: matrices, windows on samples, weights, samples; checked in front of raw memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import LINE, aligned
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT

WINDOW = 1 << 18
"""Floats of a thread's room for scaled samples, where they are not too wide."""
WINDOW_ROWS = 64, 256
"""Fewest and most samples there: a kernel is read for them each time."""


class Matrix:
    """A value for every sample and feature of a batch, ``(batch, width)``.

    Images lie here row by row with their channels last, so a sample's shape doesn't matter. Samples lie
    behind each other without gaps, except where their size would put the same column of many rows into
    the same few places of the first-level cache; then a gap of a cache line spreads them.

    Args:
        batch: Most samples.
        width: Features.

    Attributes:
        changeable: Who computed it reads no more of it than where it is 0, to undo a ReLU. So the one layer
            that reads it may set values to 0, or undo that ReLU and write the gradient in its place.
        rectified: It is a ReLU's output, through which no gradient passes where it is 0.
        factor: What a dropout has multiplied the rest of a ReLU's output by.
        undone: It is a gradient, and that ReLU is undone in it already.
        scaled: It is multiplied by that factor already.
    """

    changeable = rectified = undone = scaled = False
    factor = 1.0

    def __init__(self, batch: int, width: int) -> None:
        stride = width + LINE if width >= 128 and width % 64 == 0 else width
        self.width = width
        self.array = aligned(batch * stride).reshape(batch, stride)

    def again(self) -> Matrix:
        """Another matrix in the same place, for what is written when these values are of no more use."""
        other = Matrix.__new__(Matrix)
        other.width, other.array = self.width, self.array
        return other

    @property
    def batch(self) -> int:
        """Most samples."""
        return len(self.array)

    @property
    def address(self) -> int:
        """Where it begins."""
        return int(self.array.ctypes.data)

    @property
    def row(self) -> int:
        """Stride by sample, in bytes."""
        return int(self.array.strides[0])


class Window(Matrix):
    """The scaled samples of a batch, of which a thread has only some at a time, in room of its own.

    So they stay in its cache. Where the gradient of a kernel isn't made beside them (see
    ``instructions.gradient_parts``), they are converted once more for it, feature by feature: that is faster
    than to write a whole batch to memory, and to read what another thread wrote.

    Args:
        batch: Most samples.
        width: Features.
        itemsize: Bytes of a raw value.
        offsets: What is subtracted from each feature, ``(width,)``.
        scales: What it is multiplied by then, ``(width,)``.

    Attributes:
        rows: Most samples at a time.
    """

    def __init__(
        self, batch: int, width: int, itemsize: int, offsets: NDArray[np.float32], scales: NDArray[np.float32]
    ) -> None:
        stride = (-(-width // LINE) | 1) * LINE  # an odd number of cache lines, so that rows spread
        self.width, self.itemsize, self.offsets, self.scales = width, itemsize, offsets, scales
        self.rows = min(batch, max(WINDOW_ROWS[0], min(WINDOW_ROWS[1], WINDOW // stride)))
        self.array = np.broadcast_to(np.float32(np.nan), (batch, stride))  # of the right shape only

    @property
    def address(self) -> int:
        """0: it begins where a thread's room does."""
        return 0

    @property
    def row(self) -> int:
        """Stride by sample, in bytes."""
        return FLOAT * self.array.shape[1]


@dataclass(frozen=True, eq=False)
class Weights:
    """One weight array, with what its update needs.

    Attributes:
        values: The weights, a view into the flat vector.
        gradient: Where whole gradients are wanted first: a view into the gradient vector. None to go from
            each tile of the gradient straight to the weights.
        offset: Place of the first weight in the flat vectors.
        sums: Where the gradient of a large batch is added up, part by part; None to do without.
        decayed: The optimizer shrinks it.
        l1: λ of the penalty's Σ|w|.
        l2: λ of Σw².
    """

    values: NDArray[np.float32]
    gradient: NDArray[np.float32] | None
    offset: int
    decayed: bool = False
    l1: float = 0.0
    l2: float = 0.0
    sums: NDArray[np.float32] | None = None


class Samples:
    """Raw samples and their labels, as a program reads them.

    Args:
        x: ``(n, ...)``, uint8 or float32.
        labels: Class of each, ``(n,)`` int64, from 0 to ``classes - 1``; None where no loss is computed.
        classes: How many classes there are.

    Raises:
        ValueError: They have another type or layout, or a label is out of bounds.
    """

    def __init__(self, x: NDArray[Any], labels: NDArray[np.int64] | None = None, classes: int = 0) -> None:
        self.x = x.reshape(len(x), -1)
        self.labels = labels
        require(self.x.flags.c_contiguous and x.dtype in (np.uint8, np.float32), "samples")
        if labels is not None:
            require(labels.dtype == np.int64 and labels.flags.c_contiguous, "labels")
            require(len(labels) == len(x), "labels")
            require(len(x) == 0 or (labels.min() >= 0 and labels.max() < classes), "labels")
        self.classes = classes

    def __len__(self) -> int:
        return len(self.x)


def require(right: bool, what: str) -> None:
    """Refuses an array that doesn't fit its operation.

    Raises:
        ValueError: It isn't right.
    """
    if not right:
        raise ValueError(f"an array for the compiled kernels has the wrong size, type or layout: {what}")
