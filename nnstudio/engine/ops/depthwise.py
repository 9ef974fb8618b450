"""Depthwise convolution: every channel has filters of its own, so there is no matrix product in it.

The taps of the kernel are gone through one by one, each for a few samples at a time. A tap's numbers,
one per channel, are repeated along an image row, so that a whole row is multiplied in one run.
With ``M`` filters per channel every channel is repeated ``M`` times first: ``CM = C·M``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnstudio.core.window import Window
from nnstudio.engine.ops.scratch import ScratchOps

Array = Any

_PRODUCT, _REPEATED, _ROWS, _GRADIENT = 0, 1, 2, 3  # scratch slots


class DepthwiseOps(ScratchOps):
    """Depthwise convolution and its gradients."""

    def depthwise(self, x: Array, kernel: Array, bias: Array | None, window: Window, out: Array) -> Array:
        """``out[..., c·M + m] = x[..., c] ∗ kernel[..., c, m] + bias``.

        Args:
            x: ``(n, H, W, C)``.
            kernel: ``(kh, kw, C, M)``.
            bias: ``(C·M,)``, or None.
            window: How the kernel slides.
            out: ``(n, oH, oW, C·M)``.
        """
        along_rows = self._along_rows(kernel, out.shape[2])
        row_bias = self.xp.zeros(1) if bias is None else self.xp.tile(bias, out.shape[2])  # (oW·CM,)
        for part in self._depthwise_parts(x, out):
            image, y = self._repeated(x[part], kernel.shape[3]), out[part]
            y.reshape(-1, out.shape[2] * out.shape[3])[...] = row_bias
            for tap in window.meetings(*x.shape[1:3]):
                there = y[:, *tap.outputs]  # (b, h, w, CM)
                product = self.scratch(_PRODUCT, there.shape, x.dtype)
                row = along_rows[tap.row, tap.column, : there.shape[2]]  # (w, CM)
                self.xp.multiply(image[:, *tap.inputs], row, out=product)
                self.xp.add(there, product, out=there)
        return out

    def depthwise_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`depthwise`; what is None is left out."""
        for gradient in (d_kernel, d_bias):
            if gradient is not None:
                gradient[...] = 0
        along_rows = self._along_rows(kernel, dz.shape[2])
        for part in self._depthwise_parts(x, dz):
            if d_kernel is not None:
                self._add_filter_gradient(dz[part], x[part], window, d_kernel)
            if d_bias is not None:
                d_bias += self.row_sum(dz[part].reshape(-1, dz.shape[3]), _PRODUCT)
            if dx is not None:
                self._put_filter_gradient(dz[part], along_rows, window, dx[part])

    def _add_filter_gradient(self, dz: Array, x: Array, window: Window, d_kernel: Array) -> None:
        """Adds up pixel times gradient over the samples and positions of a part, tap by tap."""
        image = self._repeated(x, d_kernel.shape[3])
        for tap in window.meetings(*x.shape[1:3]):
            there = dz[:, *tap.outputs]
            product = self.scratch(_PRODUCT, there.shape, dz.dtype)  # (b, h, w, CM)
            self.xp.multiply(image[:, *tap.inputs], there, out=product)
            samples, height, width, channels = product.shape
            rows = product.reshape(samples * height, width * channels).sum(axis=0)
            total = rows.reshape(width, channels).sum(axis=0)  # (CM,)
            d_kernel[tap.row, tap.column] += total.reshape(d_kernel.shape[2:])

    def _put_filter_gradient(self, dz: Array, along_rows: Array, window: Window, dx: Array) -> None:
        """Adds up gradient times kernel at the pixel under each tap, then over a channel's filters."""
        multiplier = dz.shape[3] // dx.shape[3]
        d_image = dx
        if multiplier > 1:
            d_image = self.scratch(_GRADIENT, (*dx.shape[:3], dz.shape[3]), dx.dtype)
        d_image[...] = 0
        for tap in window.meetings(*dx.shape[1:3]):
            there = dz[:, *tap.outputs]
            product = self.scratch(_PRODUCT, there.shape, dz.dtype)  # (b, h, w, CM)
            row = along_rows[tap.row, tap.column, : there.shape[2]]  # (w, CM)
            self.xp.multiply(there, row, out=product)
            d_image[:, *tap.inputs] += product
        if multiplier > 1:
            self.xp.add.reduce(d_image.reshape(*dx.shape, multiplier), axis=4, out=dx)

    def _depthwise_parts(self, x: Array, out: Array) -> Iterator[slice]:
        """Parts of the batch of which image, product and output fit into the cache."""
        height, width = (max(sizes) for sizes in zip(x.shape[1:3], out.shape[1:3], strict=True))
        return self.parts(len(x), 3 * height * width * out.shape[3] * out.dtype.itemsize)

    def _along_rows(self, kernel: Array, width: int) -> Array:
        """The kernel's numbers for each pixel of a row: ``(kh, kw, width, CM)``."""
        kh, kw, channels, multiplier = kernel.shape
        rows = self.scratch(_ROWS, (kh, kw, width, channels * multiplier), kernel.dtype)
        rows[...] = kernel.reshape(kh, kw, 1, channels * multiplier)
        return rows

    def _repeated(self, image: Array, multiplier: int) -> Array:
        """Every channel once per filter: ``(b, H, W, C) -> (b, H, W, CM)``."""
        if multiplier == 1:
            return image
        repeated = self.scratch(_REPEATED, (*image.shape, multiplier), image.dtype)
        repeated[...] = image[..., None]
        return repeated.reshape(*image.shape[:3], -1)
