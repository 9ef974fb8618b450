"""3×3 convolutions with Winograd's transforms: a quarter of the products, and small matrices around them.

See ``ops.winograd_matrices`` and ``kernels/winograd.cu``. Letters in comments: ``T`` tiles of all images,
``F`` frequencies of a tile, 36 or 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnstudio.core.window import Window
from nnstudio.engine.ops.gpu import sources
from nnstudio.engine.ops.gpu.pointwise import PointwiseOps
from nnstudio.engine.ops.winograd_matrices import OUTPUTS

Array = Any

_V, _DU, _U, _PRODUCTS = 1, 2, 3, 4  # scratch slots
TAPS = 9
WIDTH = 3  # of the kernel

WORTH = 0.6
"""Share of a plain convolution's products up to which the transforms are worth their time."""
BLOCK = 64
"""Rows and columns that a block of threads takes of a matrix product."""
LEAST_TILES = 256
"""Tiles that are worth a part of the kernel's gradient of their own."""


@dataclass(frozen=True)
class Tiling:
    """How images are cut into tiles.

    Attributes:
        shape: ``(n, H, W)`` of what the tiles lie on without overlapping.
        outputs: Outputs of a tile along one axis.
    """

    shape: tuple[int, int, int]
    outputs: int

    @property
    def grid(self) -> tuple[int, int]:
        """Tiles of an image: rows and columns."""
        return -(-self.shape[1] // self.outputs), -(-self.shape[2] // self.outputs)

    @property
    def count(self) -> int:
        """Tiles of all images."""
        down, across = self.grid
        return self.shape[0] * down * across

    @property
    def frequencies(self) -> int:
        """Values that a tile's inputs are transformed to."""
        return (self.outputs + 2) ** 2

    @property
    def products(self) -> int:
        """For a channel and a filter."""
        return self.count * self.frequencies

    @property
    def source(self) -> str:
        """The kernels."""
        return sources.winograd(self.outputs)


def tiling_of(shape: tuple[int, int, int]) -> Tiling:
    """The tiles of images ``(n, H, W)`` that need fewest products."""
    return min((Tiling(shape, outputs) for outputs in OUTPUTS), key=lambda tiling: tiling.products)


class WinogradOps(PointwiseOps):
    """Convolutions of stride 1 by ``(3, 3, C, F)`` kernels."""

    winograd_channels = 32
    """Fewest channels and filters for which the transforms are worth their time."""

    @property
    def busy(self) -> int:
        """Blocks of a matrix product that keep the whole GPU busy."""
        return self.device.most_blocks // 16

    def winograd_fits(self, kernel: Array, window: Window, output: tuple[int, ...]) -> bool:
        """Whether a convolution can be, and is faster, done this way.

        Args:
            kernel: ``(kh, kw, C/G, F)``.
            window: How it slides.
            output: ``(n, oH, oW, F)``.
        """
        plain = window.strides == (1, 1) and window.dilation == (1, 1) and window.kernel == (WIDTH, WIDTH)
        if not plain or min(kernel.shape[2:]) < self.winograd_channels:
            return False
        n, height, width = output[:3]
        return tiling_of((n, height, width)).products <= WORTH * TAPS * n * height * width

    def winograd(
        self, x: Array, kernel: Array, before: tuple[int, int], out: Array, *, turned: bool = False
    ) -> None:
        """``out = x ∗ kernel``: ``(n, H, W, C) -> (n, oH, oW, F)``.

        Args:
            x: The images.
            kernel: ``(3, 3, C, F)``; turned it is ``(3, 3, F, C)``, and its taps count backwards.
            before: Rows and columns of zeros in front of the images.
            out: Where to.
            turned: For the gradient of the input.
        """
        tiling = tiling_of(out.shape[:3])
        size = kernel.shape[2] * kernel.shape[3]
        u = self.scratch(_U, (tiling.frequencies, *kernel.shape[2:]), x.dtype)
        self.launch.each("winograd_kernel", size, kernel, u, size, turned, source=tiling.source)
        v = self._transformed(tiling, x, before)
        products = self.scratch(_PRODUCTS, (tiling.frequencies, tiling.count, out.shape[3]), x.dtype)
        self.launch.matmul(v, u.swapaxes(1, 2) if turned else u, products)  # (F, T, C) @ (F, C, F)
        self._tiles("winograd_output", tiling, products, out, out.shape, (0, 0))

    def winograd_kernel_gradient(
        self, x: Array, dz: Array, before: tuple[int, int], d_kernel: Array, *, more: bool
    ) -> None:
        """The kernel's gradient ``(3, 3, C, F)``, or that added to it if there is ``more`` of the batch."""
        tiling = tiling_of(dz.shape[:3])
        channels, filters = d_kernel.shape[2:]
        parts = self._gradient_parts(tiling, channels, filters)
        v = self._transformed(tiling, x, before)
        products = self.scratch(_PRODUCTS, (tiling.frequencies, tiling.count, filters), x.dtype)
        self._tiles("winograd_output_gradient", tiling, dz, products, dz.shape, (0, 0))
        cut = (tiling.frequencies * parts, tiling.count // parts)
        du = self.scratch(_DU, (cut[0], channels, filters), x.dtype)
        columns = v.reshape(*cut, channels).swapaxes(1, 2)
        self.launch.matmul(columns, products.reshape(*cut, filters), du)  # (·, C, T') @ (·, T', F)
        size = channels * filters
        if parts > 1:
            summed = tiling.frequencies * size
            self.launch.each("winograd_sum_parts", summed, du, size, parts, source=tiling.source)
        arguments = (du, d_kernel, size, parts, more)
        self.launch.each("winograd_kernel_gradient", size, *arguments, source=tiling.source)

    def _transformed(self, tiling: Tiling, x: Array, before: tuple[int, int]) -> Array:
        """``V``: ``(n, H, W, C) -> (F, T, C)``."""
        v = self.scratch(_V, (tiling.frequencies, tiling.count, x.shape[3]), x.dtype)
        self._tiles("winograd_input", tiling, x, v, x.shape, before)
        return v

    def _tiles(
        self,
        name: str,
        tiling: Tiling,
        source: Array,
        target: Array,
        images: tuple[int, ...],
        before: tuple[int, int],
    ) -> None:
        """Starts a kernel with a thread for each tile and channel of images ``(n, H, W, C)``."""
        arguments = (source, target, *images, *tiling.grid, *before)
        self.launch.each(name, tiling.count * images[3], *arguments, source=tiling.source)

    def _gradient_parts(self, tiling: Tiling, channels: int, filters: int) -> int:
        """Parts of the tiles whose products are found side by side, where blocks would be too few."""
        blocks = -(-channels // BLOCK) * -(-filters // BLOCK) * tiling.frequencies
        parts = 1
        while blocks * parts < self.busy and tiling.count % (2 * parts) == 0:
            if tiling.count // (2 * parts) < LEAST_TILES:
                break
            parts *= 2
        return parts
