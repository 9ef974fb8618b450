"""Pixels under a sliding window as rows of a matrix, and the way back ("im2col" and "col2im").

The matrix holds every pixel as often as there are taps, so it is made for a block at a time: a few
samples, or a few output rows of one large sample, as many as fit into a core's own cache.

With groups the channels are cut into ``G`` equal parts, and every matrix gets ``G`` as its first axis.
Letters in comments: ``b`` samples, ``P = b·rows·oW`` output positions of a block, ``K = kh·kw·C/G``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nnstudio.core.window import Window
from nnstudio.engine.ops.shared import LEAST_WORK, SharedOps

Array = Any

_SHORT_RUN = 12
"""Window rows of fewer values are copied tap by tap: a copy pays per run of values, not per value."""

SHARES = 4
"""Parts of a batch that several threads may compute. Each adds up a gradient of the kernel by itself."""

_COLUMNS, _PADDED, _BY_ROW, _ROWS = 1, 2, 3, 4  # scratch slots


@dataclass(frozen=True)
class Block:
    """The output positions that are worked on at a time, and the input rows under them.

    Attributes:
        samples: Which samples.
        rows: Which rows of their output.
        top: Input row under the first tap; negative on the padding.
        height: Input rows under the window, padding included.
        inside: Which of these lie on the image.
    """

    samples: slice
    rows: slice
    top: int
    height: int
    inside: slice

    @property
    def image_rows(self) -> slice:
        """The rows of the image under the window."""
        return slice(self.top + self.inside.start, self.top + self.inside.stop)


class ColumnOps(SharedOps):
    """Columns of a block, and gradients of columns back to pixels."""

    def shares(self, x: Array, out: Array, window: Window, groups: int) -> list[slice]:
        """Parts of the batch for several threads, as many as the shapes say."""
        samples, work = len(out), out.size * window.taps * x.shape[3] // groups
        step = -(-samples // SHARES) if work >= LEAST_WORK else samples
        return [slice(start, min(start + step, samples)) for start in range(0, samples, step)]

    def blocks(self, x: Array, out: Array, window: Window, share: slice) -> Iterator[Block]:
        """Parts of a convolution of some samples, from ``x`` to ``out``, whose columns fit into the cache."""
        rows, width = out.shape[1:3]
        axis = window.axes(*x.shape[1:3])[0]
        row_bytes = width * window.taps * x.shape[3] * x.dtype.itemsize
        # every block reads the whole kernel once, so a large kernel wants blocks of its own size
        room = max(self.block_bytes, window.taps * x.shape[3] * out.shape[3] * x.dtype.itemsize)
        whole = row_bytes * rows <= room
        bands = [slice(0, rows)] if whole else list(self.parts(rows, row_bytes, room))
        for part in self.parts(share.stop - share.start, row_bytes * rows, room):
            samples = slice(share.start + part.start, share.start + part.stop)
            for band in bands:
                top = band.start * axis.stride - axis.before
                height = (band.stop - band.start - 1) * axis.stride + axis.reach
                first = min(max(0, -top), height)
                inside = slice(first, max(first, min(height, axis.size - top)))
                yield Block(samples, band, top, height, inside)

    def columns(self, x: Array, window: Window, block: Block, groups: int) -> Array:
        """The pixels under the window at each position of a block: ``(G, P, K)``.

        Args:
            x: Images, ``(n, H, W, C)``.
            window: The window.
            block: The positions.
            groups: Parts of the channels, ``G``.
        """
        if window.is_pointwise and groups == 1:
            return x[block.samples, block.image_rows].reshape(1, -1, x.shape[3])
        view = self._windows(self._padded(x, window, block), window, block, groups)
        kh, kw, channels = view.shape[4:]
        positions = view.shape[1] * view.shape[2] * view.shape[3]
        if kw * channels < _SHORT_RUN:
            by_tap = view.transpose(0, 4, 5, 6, 1, 2, 3)  # (G, kh, kw, C/G, b, rows, oW)
            columns = self.scratch(_COLUMNS, by_tap.shape, x.dtype)
            columns[...] = by_tap
            return columns.reshape(groups, kh * kw * channels, positions).swapaxes(1, 2)
        columns = self.scratch(_COLUMNS, view.shape, x.dtype)
        columns[...] = view
        return columns.reshape(groups, positions, kh * kw * channels)

    def add_columns(self, d_positions: Array, kernel: Array, window: Window, block: Block, dx: Array) -> None:
        """Adds the gradient of a block to that of the image: ``dx[pixel under tap] += dz @ kernelᵀ``.

        The products of all taps of a window row lie side by side, so first the window's rows are
        added up, each in one long run, and then the taps within a row.

        Args:
            d_positions: Gradient at the block's positions, ``(P, F)``.
            kernel: ``(kh, kw, C/G, F)``.
            window: The window.
            block: The positions.
            dx: Gradient of the images, ``(n, H, W, C)``.
        """
        kh, kw, channels, filters = kernel.shape
        groups = dx.shape[3] // channels
        by_group = d_positions.reshape(-1, groups, filters // groups).swapaxes(0, 1)  # (G, P, F/G)
        if window.is_pointwise and groups == 1:
            pixels = dx[block.samples, block.image_rows].reshape(-1, channels)
            self.xp.matmul(d_positions, kernel[0, 0].T, out=pixels)
            return
        transposed = kernel.reshape(kh, kw * channels, groups, -1).transpose(0, 2, 3, 1)
        by_row = self.scratch(_BY_ROW, (kh, groups, len(d_positions), kw * channels), dx.dtype)
        self.xp.matmul(by_group, transposed, out=by_row)  # (kh, G, P, kw·C/G)
        rows = self._add_rows(by_row, window, block)  # (G, b, height, oW·kw·C/G)
        axis = window.axes(*dx.shape[1:3])[1]
        rows = rows.reshape(*rows.shape[:3], -1, kw, channels)[:, :, block.inside]
        image = dx[block.samples, block.image_rows]
        image = image.reshape(*image.shape[:3], groups, channels).transpose(3, 0, 1, 2, 4)
        for tap in range(kw):
            outputs, inputs = axis.overlap(tap)
            image[:, :, :, inputs] += rows[:, :, :, outputs, tap]

    def _add_rows(self, by_row: Array, window: Window, block: Block) -> Array:
        """Adds up the window's rows: ``(kh, G, P, kw·C/G) -> (G, b, height, oW·kw·C/G)``."""
        kh, groups = by_row.shape[:2]
        samples, outputs = block.samples.stop - block.samples.start, block.rows.stop - block.rows.start
        by_row = by_row.reshape(kh, groups, samples, outputs, -1)
        rows = self.scratch(_ROWS, (groups, samples, block.height, by_row.shape[4]), by_row.dtype)
        rows[...] = 0
        stride, dilation = window.strides[0], window.dilation[0]
        for tap in range(kh):
            start = tap * dilation
            rows[:, :, start : start + (outputs - 1) * stride + 1 : stride] += by_row[tap]
        return rows

    def _padded(self, x: Array, window: Window, block: Block) -> Array:
        """The pixels under a block's window, ``(b, height, reached width, C)``, zeros on the padding."""
        axis = window.axes(*x.shape[1:3])[1]
        reached = (axis.outputs - 1) * axis.stride + axis.reach
        image = x[block.samples, block.image_rows]
        if axis.before == 0 and reached <= axis.size and block.inside == slice(0, block.height):
            return image
        padded = self.scratch(_PADDED, (len(image), block.height, reached, x.shape[3]), x.dtype)
        padded[...] = 0
        columns = min(axis.size, reached - axis.before)
        padded[:, block.inside, axis.before : axis.before + columns] = image[:, :, :columns]
        return padded

    def _windows(self, padded: Array, window: Window, block: Block, groups: int) -> Array:
        """A view ``(G, b, rows, oW, kh, kw, C/G)`` of the pixels under each position."""
        sample, row, column, value = padded.strides
        channels = padded.shape[3] // groups
        outputs = block.rows.stop - block.rows.start
        width = (padded.shape[2] - window.reach[1]) // window.strides[1] + 1
        return self.xp.lib.stride_tricks.as_strided(
            padded,
            (groups, len(padded), outputs, width, *window.kernel, channels),
            (
                channels * value,
                sample,
                row * window.strides[0],
                column * window.strides[1],
                row * window.dilation[0],
                column * window.dilation[1],
                value,
            ),
        )
